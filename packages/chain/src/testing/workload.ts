/**
 * Signed transactions that exercise the state: transfers, contracts that store, clear, log, create, revert and destroy
 * themselves, delegations. Generated, so the same seed gives the same transactions.
 */
import fc from 'fast-check';
import { DEV_MNEMONIC, deriveAccounts } from '../genesis/dev-accounts.ts';
import { DEV_CHAIN_ID } from '../genesis/dev-genesis.ts';
import { type Address, type Hex, hexOf, parseAddress, weiOf } from '../primitives.ts';
import { decodeTransaction } from '../transaction/decode.ts';
import { signTransaction } from '../transaction/sign.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';

const WORKLOAD_ACCOUNTS = deriveAccounts(DEV_MNEMONIC, 4);

const GAS_PRICE = weiOf(10_000_000_000n);
const GAS_LIMIT = 400_000n;

/**
 * Calldata is 2 words, slot and value: stores value at slot and logs it; a value with a first byte reverts after storing,
 * and value 7 destroys the contract.
 */
const STORE_RUNTIME = [
  '60203560003555', // store the value
  '60203560005260003560206000a1', // log it under its slot
  '60203560001a602857', // revert when the first byte is not zero
  '602035600714602d57', // destroy when it is 7
  '00',
  '5b600080fd',
  '5b33ff',
].join('');

/** Deploys `runtime`. */
export function deployCode(runtime: string): Hex {
  const length = (runtime.length / 2).toString(16).padStart(4, '0');
  return `0x61${length}600e60003961${length}6000f3${runtime}`;
}

export type Action =
  | { readonly kind: 'transfer'; readonly to: Address; readonly value: bigint }
  | { readonly kind: 'deploy' }
  | {
      readonly kind: 'call';
      readonly contract: number;
      readonly slot: number;
      readonly value: bigint;
    };

export interface Step {
  readonly sender: number;
  readonly action: Action;
}

const someAddress = fc
  .integer({ min: 1_000, max: 1_020 })
  .map((number) => parseAddress(`0x${number.toString(16).padStart(40, '0')}`));

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('transfer' as const), to: someAddress, value: fc.bigInt(0n, 5n) }),
  fc.record({ kind: fc.constant('deploy' as const) }),
  fc.record({
    kind: fc.constant('call' as const),
    contract: fc.nat(5),
    slot: fc.nat(3),
    value: fc.oneof(fc.bigInt(0n, 8n), fc.constant(2n ** 256n - 1n)),
  }),
);

export const steps = fc.array(fc.record({ sender: fc.nat(WORKLOAD_ACCOUNTS.length - 1), action }), {
  minLength: 1,
  maxLength: 12,
});

/** Turns steps into transactions, counting nonces and contract addresses. */
export class Workload {
  readonly #nonces = new Map<number, bigint>();
  readonly #contracts: Address[] = [];
  readonly #createAddress: (from: Address, nonce: bigint) => Address;

  constructor(createAddress: (from: Address, nonce: bigint) => Address) {
    this.#createAddress = createAddress;
  }

  sign(step: Step): SignedTransaction {
    const account = WORKLOAD_ACCOUNTS[step.sender];
    if (account === undefined) throw new RangeError('no such sender');
    const nonce = this.#nonces.get(step.sender) ?? 0n;
    this.#nonces.set(step.sender, nonce + 1n);
    const { to, value, input } = this.#fieldsOf(step.action, account.address, nonce);
    const raw = signTransaction(
      {
        type: 0,
        chainId: BigInt(DEV_CHAIN_ID),
        nonce,
        gasPrice: GAS_PRICE,
        gasLimit: GAS_LIMIT,
        to,
        value: weiOf(value),
        input,
      },
      account.privateKey,
    );
    return decodeTransaction(raw);
  }

  #fieldsOf(action: Action, from: Address, nonce: bigint) {
    if (action.kind === 'transfer')
      return { to: action.to, value: action.value, input: '0x' as Hex };
    if (action.kind === 'deploy') {
      this.#contracts.push(this.#createAddress(from, nonce));
      return { to: null, value: 0n, input: deployCode(STORE_RUNTIME) };
    }
    const contract = this.#contracts[action.contract % Math.max(this.#contracts.length, 1)];
    const words = Buffer.concat([word(BigInt(action.slot)), word(action.value)]);
    return { to: contract ?? from, value: 0n, input: hexOf(words) };
  }
}

function word(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
