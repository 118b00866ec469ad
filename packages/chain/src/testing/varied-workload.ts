/**
 * Signed transactions of every type a fork has, over generated contracts: deployments, calls, precompiles, access lists,
 * blobs, delegations (EIP-7702) and the system contracts. The same steps on the same chain give the same bytes.
 */
import type { Common } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { createBlob4844Tx } from '@ethereumjs/tx';
import fc from 'fast-check';
import type { AccessListItem, AuthorizationData } from '../block/block-data.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes, bytesToBigint } from '../encoding/quantity.ts';
import { DEV_MNEMONIC, deriveAccounts } from '../genesis/dev-accounts.ts';
import {
  BEACON_ROOTS,
  BLOCK_HASH_HISTORY,
  CONSOLIDATION_REQUESTS,
  WITHDRAWAL_REQUESTS,
} from '../genesis/system-contracts.ts';
import {
  type Address,
  addressOf,
  bytesOf,
  type Hex,
  hashOf,
  hexOf,
  slotOf,
  weiOf,
} from '../primitives.ts';
import { decodeTransaction } from '../transaction/decode.ts';
import { signTransaction } from '../transaction/sign.ts';
import { signatureScheme } from '../transaction/signature.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { assemble, type Program, programs } from './evm-program.ts';
import { deployCode } from './workload.ts';

const SENDERS = deriveAccounts(DEV_MNEMONIC, 4);
/** They sign delegations and send nothing, so that only delegations count their nonces. */
const AUTHORITIES = deriveAccounts(DEV_MNEMONIC, 7).slice(4);
const SYSTEM = [WITHDRAWAL_REQUESTS, CONSOLIDATION_REQUESTS, BEACON_ROOTS, BLOCK_HASH_HISTORY];
const MAX_FEE = weiOf(10_000_000_000n);
const PRECOMPILES = 17;
/** EIP-7702. */
const AUTHORIZATION_MAGIC = 5;

type Action =
  /** `isInit`: the program runs as the deployment itself and leaves no code. */
  | { readonly kind: 'deploy'; readonly program: Program; readonly isInit: boolean }
  | { readonly kind: 'call'; readonly account: number; readonly data: Uint8Array }
  | { readonly kind: 'system'; readonly contract: number; readonly bytes: number };

export interface VariedStep {
  readonly sender: number;
  readonly action: Action;
  readonly type: number;
  readonly value: bigint;
  readonly gasLimit: bigint;
  /** Accounts and slots of an access list. */
  readonly accessed: readonly (readonly [account: number, slot: number])[];
  readonly delegations: readonly {
    readonly authority: number;
    readonly account: number;
    readonly isStale: boolean;
  }[];
}

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('deploy' as const), program: programs, isInit: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      account: fc.nat(30),
      data: fc.uint8Array({ maxLength: 200 }),
    }),
  },
  fc.record({
    kind: fc.constant('system' as const),
    contract: fc.nat(SYSTEM.length - 1),
    // What the contracts take, and one that none does.
    bytes: fc.constantFrom(56, 96, 32, 0, 7),
  }),
);

export function variedSteps(types: readonly number[]): fc.Arbitrary<VariedStep[]> {
  const step = fc.record({
    sender: fc.nat(SENDERS.length - 1),
    action,
    type: fc.constantFrom(...types),
    value: fc.bigInt(0n, 3n),
    gasLimit: fc.constantFrom(150_000n, 400_000n, 1_500_000n),
    accessed: fc.array(fc.tuple(fc.nat(30), fc.nat(3)), { maxLength: 3 }),
    delegations: fc.array(
      fc.record({ authority: fc.nat(2), account: fc.nat(30), isStale: fc.boolean() }),
      { minLength: 1, maxLength: 2 },
    ),
  });
  return fc.array(step, { minLength: 1, maxLength: 8 });
}

export class VariedWorkload {
  readonly #common: Common;
  readonly #contracts: Address[] = [];
  readonly #delegated = new Map<number, bigint>();

  /** `common`: at the fork of the chain. */
  constructor(common: Common) {
    this.#common = common;
  }

  /** Transactions for one block, whose senders have these nonces before it. */
  block(steps: readonly VariedStep[], nonceOf: (address: Address) => bigint): SignedTransaction[] {
    const nonces = new Map<number, bigint>();
    return steps.map((step) => {
      const address = SENDERS[step.sender]?.address;
      if (address === undefined) throw new RangeError('no such sender');
      const nonce = nonces.get(step.sender) ?? nonceOf(address);
      nonces.set(step.sender, nonce + 1n);
      return decodeTransaction(this.#sign(step, address, nonce));
    });
  }

  #sign(step: VariedStep, from: Address, nonce: bigint): Uint8Array {
    const key = SENDERS[step.sender]?.privateKey ?? new Uint8Array(0);
    const { to, input } = this.#target(step.action, from, nonce);
    const accessList: AccessListItem[] = step.accessed.map(([account, slot]) => ({
      address: this.#account(account),
      storageKeys: [slotOf(BigInt(slot))],
    }));
    const shared = {
      chainId: this.#common.chainId(),
      nonce,
      gasLimit: step.gasLimit,
      value: weiOf(step.value),
      input,
      accessList,
    };
    const fees = { maxFeePerGas: MAX_FEE, maxPriorityFeePerGas: weiOf(1_000n) };
    // Neither blobs nor delegations can deploy.
    const type = to === null ? Math.min(step.type, 2) : step.type;
    if (type === 3 && to !== null) return this.#blob({ ...shared, ...fees, to }, key);
    if (type === 4 && to !== null) {
      const authorizationList = step.delegations.map((one) => this.#delegation(one));
      return signTransaction({ type: 4, ...shared, ...fees, to, authorizationList }, key);
    }
    if (type === 2) return signTransaction({ type: 2, ...shared, ...fees, to }, key);
    const legacy = { ...shared, gasPrice: MAX_FEE, to };
    return signTransaction({ type: type === 1 ? 1 : 0, ...legacy }, key);
  }

  #target(action: Action, from: Address, nonce: bigint): { to: Address | null; input: Hex } {
    if (action.kind === 'call') {
      return { to: this.#account(action.account), input: hexOf(action.data) };
    }
    if (action.kind === 'system') {
      const to = SYSTEM[action.contract]?.address ?? WITHDRAWAL_REQUESTS.address;
      return { to, input: hexOf(new Uint8Array(action.bytes).fill(1)) };
    }
    const code = assemble(action.program, (index) => this.#account(index));
    const created = keccak256(RLP.encode([bytesOf(from), bigintToBytes(nonce)]));
    this.#contracts.push(addressOf(created.subarray(12)));
    return { to: null, input: action.isInit ? `0x${code}` : deployCode(code) };
  }

  /** Half of the indexes are contracts so far, the others precompiles, authorities and accounts without code. */
  #account(index: number): Address {
    const contract = this.#contracts[Math.floor(index / 2) % Math.max(this.#contracts.length, 1)];
    if (index % 2 === 0 && contract !== undefined) return contract;
    const authority = AUTHORITIES[index % 8];
    if (authority !== undefined) return authority.address;
    const number = index % 3 === 0 ? 0xabcd00 + index : 1 + (index % PRECOMPILES);
    return addressOf(bytesOf(`0x${number.toString(16).padStart(40, '0')}`));
  }

  #delegation({
    authority,
    account,
    isStale,
  }: VariedStep['delegations'][number]): AuthorizationData {
    const chainId = this.#common.chainId();
    const address = this.#account(account);
    const next = this.#delegated.get(authority) ?? 0n;
    if (!isStale) this.#delegated.set(authority, next + 1n);
    const nonce = isStale ? next + 7n : next;
    const fields = RLP.encode([bigintToBytes(chainId), bytesOf(address), bigintToBytes(nonce)]);
    const digest = keccak256(Buffer.concat([Uint8Array.of(AUTHORIZATION_MAGIC), fields]));
    const key = AUTHORITIES[authority]?.privateKey ?? new Uint8Array(0);
    const { compact, yParity } = signatureScheme.sign(digest, key);
    const r = bytesToBigint(compact.subarray(0, 32));
    const s = bytesToBigint(compact.subarray(32));
    return { chainId, address, nonce, yParity: yParity === 1 ? 1 : 0, r, s };
  }

  #blob(
    fields: {
      readonly chainId: bigint;
      readonly nonce: bigint;
      readonly gasLimit: bigint;
      readonly value: bigint;
      readonly input: Hex;
      readonly accessList: readonly AccessListItem[];
      readonly maxFeePerGas: bigint;
      readonly maxPriorityFeePerGas: bigint;
      readonly to: Address;
    },
    key: Uint8Array,
  ): Uint8Array {
    const { input, accessList, ...rest } = fields;
    const hash = bytesOf(hashOf(keccak256(bytesOf(input))));
    hash[0] = 1;
    const transaction = createBlob4844Tx(
      {
        ...rest,
        data: input,
        accessList: accessList.map(({ address, storageKeys }) => ({
          address,
          storageKeys: [...storageKeys],
        })),
        maxFeePerBlobGas: 1_000_000_000n,
        blobVersionedHashes: [hexOf(hash)],
      },
      { common: this.#common },
    );
    return transaction.sign(key).serialize();
  }
}
