import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chain } from '../chain.ts';
import { type DevelopmentState, UNUSED } from '../development/development-state.ts';
import type { DevelopmentOperation } from '../development/operation.ts';
import { type Address, addressOf, bytesOf, type Hex, slotOf, weiOf } from '../primitives.ts';
import { build, NO_MARKER, testChain } from '../testing/test-chain.ts';
import { decodeTransaction } from './decode.ts';
import { stateSender, type UnsignedTransaction } from './sign.ts';
import { decodeWhere } from './stated-sender.ts';

const SOMEBODY = addressOf(Buffer.alloc(20, 0xaa));
const CONTRACT = addressOf(Buffer.alloc(20, 0xbb));
const TARGET = addressOf(Buffer.alloc(20, 0xcc));
const ALL: DevelopmentState = { ...UNUSED, impersonatesAll: true };

/** Stores the size of its caller's code, the caller, and whether a call back to it went well. */
const ASK_CALLER = '0x333b600055336001556000600060006000600033617530f160025500';
/** Stores 5 at slot 7. */
const STORE = '0x600560075500';

type Call = Extract<UnsignedTransaction, { readonly type: 2 }>;

function call(to: Address, nonce = 0n): Call {
  return {
    type: 2,
    chainId: 31_337n,
    nonce,
    gasLimit: 200_000n,
    to,
    value: weiOf(0n),
    input: '0x',
    maxFeePerGas: weiOf(10_000_000_000n),
    maxPriorityFeePerGas: weiOf(1n),
    accessList: [],
  };
}

let requests = 0;
async function operate(chain: Chain, operation: DevelopmentOperation): Promise<void> {
  requests += 1;
  const id = Buffer.alloc(16);
  id.writeUInt32BE(requests);
  const { position } = await chain.applyOperation({ id, operation }, chain.position.id, 1);
  await chain.commit([{ hash: position.id }], NO_MARKER);
}

function account(address: Address, code: Hex | null): DevelopmentOperation {
  const balance = 10n ** 18n;
  const bytes = code === null ? null : bytesOf(code);
  const edit = { address, balance, addedBalance: 0n, nonce: null, code: bytes, slots: [] };
  return { kind: 'edit', accounts: [edit] };
}

function slot(chain: Chain, address: Address, number: bigint): string {
  const value = chain.stateAfter(chain.position.id)?.getStorage(address, slotOf(number));
  return Buffer.from(value ?? []).toString('hex');
}

describe('a transaction that states its sender', () => {
  it('is decoded where the sender is impersonated, and has no valid signature anywhere', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.boolean(),
        (bytes, isLegacy) => {
          const from = addressOf(bytes);
          const { maxFeePerGas: gasPrice, ...fields } = call(TARGET);
          const unsigned = isLegacy ? { ...fields, type: 0 as const, gasPrice } : call(TARGET);
          const raw = stateSender(unsigned, from);
          expect(decodeWhere(ALL, raw).data.from).toBe(from);
          expect(decodeWhere({ ...UNUSED, impersonated: [from] }, raw).data.from).toBe(from);
          const refusal = expect.objectContaining({ code: 'invalid-sender' });
          expect(() => decodeTransaction(raw)).toThrow(refusal);
          expect(() => decodeWhere(UNUSED, raw)).toThrow(refusal);
          expect(() => decodeWhere({ ...UNUSED, impersonated: [TARGET] }, raw)).toThrow(refusal);
        },
      ),
    );
  });

  it('is executed by those who build and those who check a block, while the sender is impersonated', async () => {
    const chain = await testChain();
    const other = await testChain();
    for (const one of [chain, other]) {
      requests = 0;
      await operate(one, account(SOMEBODY, null));
      await operate(one, account(TARGET, STORE));
      await operate(one, { kind: 'impersonate', address: SOMEBODY });
    }
    const raw = stateSender(call(TARGET), SOMEBODY);
    const built = await build(chain, [decodeWhere(ALL, raw)]);
    expect(built.refused).toEqual([]);
    await other.commit([{ raw: built.raw }], NO_MARKER);
    expect(slot(other, TARGET, 7n)).toBe('05');
    expect(other.stateAfter(other.position.id)?.getAccount(SOMEBODY)?.nonce).toBe(1n);
    await chain.commit([{ hash: built.position.id }], NO_MARKER);
    await operate(chain, { kind: 'stop-impersonating', address: SOMEBODY });
    const next = decodeWhere(ALL, stateSender(call(TARGET, 1n), SOMEBODY));
    const { refused } = await build(chain, [next]);
    expect(refused).toMatchObject([{ error: { code: 'invalid-sender' } }]);
  });

  it('voids the block it is in where the sender is not impersonated', async () => {
    const chain = await testChain();
    const plain = await testChain();
    await operate(chain, { kind: 'auto-impersonate', enabled: true });
    await operate(chain, account(SOMEBODY, null));
    const raw = stateSender(call(TARGET), SOMEBODY);
    const built = await build(chain, [decodeWhere(ALL, raw)]);
    await expect(plain.executeBlock(built.raw, plain.head.hash)).rejects.toMatchObject({
      fault: 'transaction',
    });
  });

  it('can be of a contract, whose code is there for whoever asks meanwhile, and after it', async () => {
    const chain = await testChain();
    await operate(chain, account(CONTRACT, STORE));
    await operate(chain, account(TARGET, ASK_CALLER));
    await operate(chain, { kind: 'impersonate', address: CONTRACT });
    const first = decodeWhere(ALL, stateSender(call(TARGET), CONTRACT));
    const second = decodeWhere(ALL, stateSender(call(CONTRACT, 1n), CONTRACT));
    const built = await build(chain, [first, second]);
    expect(built.refused).toEqual([]);
    expect(built.transactions.map(({ receipt }) => receipt.outcome)).toEqual([1, 1]);
    await chain.commit([{ hash: built.position.id }], NO_MARKER);
    expect(slot(chain, TARGET, 0n)).toBe('06');
    expect(slot(chain, TARGET, 1n)).toBe(CONTRACT.slice(2));
    expect(slot(chain, TARGET, 2n)).toBe('01');
    expect(slot(chain, CONTRACT, 7n)).toBe('05');
    const state = chain.stateAfter(chain.position.id);
    const after = state?.getAccount(CONTRACT);
    expect(after?.nonce).toBe(2n);
    const code = after === undefined ? undefined : state?.getCode(after.codeHash);
    expect(Buffer.from(code ?? []).toString('hex')).toBe(STORE.slice(2));
  });
});
