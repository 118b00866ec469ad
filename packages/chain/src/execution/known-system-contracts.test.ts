import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeaderFields } from '../block/header-codec.ts';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis } from '../genesis/genesis.ts';
import {
  BEACON_ROOTS,
  BLOCK_HASH_HISTORY,
  CONSOLIDATION_REQUESTS,
  type SystemContract,
  WITHDRAWAL_REQUESTS,
} from '../genesis/system-contracts.ts';
import { type Address, blockNumberOf, bytesOf, type Hash, hashOf, weiOf } from '../primitives.ts';
import { JournaledState } from '../state/journaled-state.ts';
import type { StateView } from '../state/state-view.ts';
import { evmBlock, ForkEvms } from './fork-evm.ts';
import { callKnownContract } from './known-system-contracts.ts';
import { executedCall } from './system-calls.ts';

const CONTRACTS = [BEACON_ROOTS, BLOCK_HASH_HISTORY, WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS];
const genesis = createGenesis(devGenesisFile());
const evms = new ForkEvms(genesis.common, genesis.depositContract);

function slotOf(number: bigint): Hash {
  return hashOf(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
}

/** One account with this code and these slots. */
function worldOf(contract: SystemContract, slots: ReadonlyMap<Hash, Uint8Array>): StateView {
  const code = bytesOf(contract.code);
  const codeHash = hashOf(keccak256(code));
  const account = { nonce: 1n, balance: weiOf(0n), storageRoot: EMPTY_TRIE_ROOT, codeHash };
  return {
    getAccount: (address: Address) => (address === contract.address ? account : undefined),
    getCode: () => code,
    getStorage: (_, slot) => slots.get(slot) ?? new Uint8Array(0),
  };
}

/** Slots whose value is another than before, as the block's difference has them. */
function changed(state: JournaledState, { address }: SystemContract): Record<string, string> {
  const slots = [...(state.writes.storage.get(address)?.slots ?? [])];
  const differing = slots.filter(
    ([slot, value]) => Buffer.compare(value, state.base.getStorage(address, slot)) !== 0,
  );
  return Object.fromEntries(
    differing.map(([slot, value]) => [slot, Buffer.from(value).toString('hex')] as const).sort(),
  );
}

function headerOf(number: number, timestamp: number): HeaderFields {
  const { header } = genesis;
  return { ...header, number: blockNumberOf(header.number + number), timestamp };
}

const word = fc.uint8Array({ minLength: 32, maxLength: 32 });
/** Of a queue: empty, in use, or as before its first call. */
const amount = fc.constantFrom(0n, 0n, 0n, 1n, 2n, 40n, (1n << 256n) - 1n);

describe.each(CONTRACTS)('the system contract $address', (contract) => {
  it('gives what the EVM makes of its code', async () => {
    const inputs = fc.record({
      data: word,
      number: fc.integer({ min: 1, max: 20_000 }),
      timestamp: fc.integer({ min: 1, max: 4_000_000_000 }),
      queue: fc.oneof(
        fc.constant([0n, 0n, 0n, 0n] as const),
        fc.tuple(amount, amount, amount, amount),
      ),
    });
    let shortcuts = 0;
    await fc.assert(
      fc.asyncProperty(inputs, async ({ data, number, timestamp, queue }) => {
        const [excess, count, head, pending] = queue;
        const length = pending > 100n ? 1n : pending;
        const slots = new Map(
          [excess, count, head > 100n ? 5n : head, (head > 100n ? 5n : head) + length]
            .map((value, at) => [slotOf(BigInt(at)), bigintToBytes(value)] as const)
            .filter(([, value]) => value.length > 0),
        );
        const header = headerOf(number, timestamp);
        const evm = await evms.at(header.number, header.timestamp);
        const block = evmBlock(header, evm.rules);
        const input = contract === BEACON_ROOTS || contract === BLOCK_HASH_HISTORY ? data : [];
        const call = new Uint8Array(input);

        const direct = new JournaledState(worldOf(contract, slots));
        const codeHash = direct.getAccount(contract.address)?.codeHash ?? EMPTY_CODE_HASH;
        const to = { address: contract.address, codeHash };
        const output = callKnownContract(direct, to, call, block.header);

        const executed = new JournaledState(worldOf(contract, slots));
        evm.use(
          executed,
          () => undefined,
          () => EMPTY_TRIE_ROOT,
        );
        const context = { evm, state: executed, block };
        const expected = await executedCall(context, contract.address, call);
        if (output === undefined) {
          expect(changed(direct, contract)).toEqual({});
          return;
        }
        shortcuts += 1;
        expect(Buffer.from(output)).toEqual(Buffer.from(expected ?? [1]));
        expect(changed(direct, contract)).toEqual(changed(executed, contract));
      }),
      { numRuns: 60 },
    );
    expect(shortcuts).toBeGreaterThan(0);
  });

  it('is left to the EVM when its code is another', () => {
    const state = new JournaledState(worldOf(contract, new Map()));
    const to = { address: contract.address, codeHash: EMPTY_CODE_HASH };
    const block = { number: 1n, timestamp: 1n };
    expect(callKnownContract(state, to, new Uint8Array(32), block)).toBeUndefined();
    expect(changed(state, contract)).toEqual({});
  });
});
