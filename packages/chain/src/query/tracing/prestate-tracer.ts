/** geth's `prestateTracer`: the accounts and slots a transaction reads, as they were before; or what it changed of them. */
import type { InterpreterStep } from '@ethereumjs/evm';
import { generateAddress, generateAddress2 } from '@ethereumjs/util';
import { bigintToBytes, padLeft } from '../../encoding/quantity.ts';
import {
  type Address,
  addressOf,
  bytesOf,
  type Hash,
  type Hex,
  hexOf,
  weiOf,
} from '../../primitives.ts';
import { EMPTY_ACCOUNT } from '../../state/journaled-state.ts';
import { EMPTY_STATE, type StateView } from '../../state/state-view.ts';
import { authorityOf } from '../authorizations.ts';
import { addressOfWord, hashOfWord, memoryAt } from './evm-tracer.ts';
import type { TraceOptions, TraceValue } from './trace-request.ts';
import type { AccountChange, AccountSide } from './transaction-replay.ts';
import {
  hexQuantity,
  type TraceBudget,
  type TraceSubject,
  type TransactionTracer,
} from './transaction-tracer.ts';

/** An account without code, and a slot, as JSON, bytes: generous. */
const ACCOUNT_BYTES = 250;
const SLOT_BYTES = 300;

const ZERO_WORD = `0x${'00'.repeat(32)}`;

const SLOAD = 0x54;
const SSTORE = 0x55;
const CREATE = 0xf0;
const CREATE2 = 0xf5;
/** Where the stack names an account, from its top: BALANCE, EXTCODE*, SELFDESTRUCT, and the calls. */
const ACCOUNT_AT: ReadonlyMap<number, number> = new Map([
  [0x31, 1],
  [0x3b, 1],
  [0x3c, 1],
  [0x3f, 1],
  [0xff, 1],
  [0xf1, 2],
  [0xf2, 2],
  [0xf4, 2],
  [0xfa, 2],
]);

interface SeenAccount {
  readonly exists: boolean;
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: Map<Hash, Hex>;
}

export class PrestateTracer implements TransactionTracer {
  readonly #options: TraceOptions & { readonly tracer: 'prestateTracer' };
  readonly #budget: TraceBudget;
  readonly #seen = new Map<Address, SeenAccount>();
  readonly #created = new Set<Address>();
  #state: StateView = EMPTY_STATE;

  constructor(options: TraceOptions & { readonly tracer: 'prestateTracer' }, budget: TraceBudget) {
    this.#options = options;
    this.#budget = budget;
  }

  begin(subject: TraceSubject, state: StateView): void {
    this.#state = state;
    const { from, to, nonce, coinbase, chainId } = subject;
    this.#see(from);
    if (to === null) this.#seeCreated(createdBy(from, nonce));
    else this.#see(to);
    this.#see(coinbase);
    for (const authorization of subject.authorizationList) {
      const authority = authorityOf(authorization, chainId);
      if (authority !== undefined) this.#see(authority);
    }
  }

  step(step: InterpreterStep): void {
    const { opcode, stack } = step;
    const { code } = opcode;
    const self = addressOf(step.address.bytes);
    const top = stack.at(-1);
    if ((code === SLOAD || code === SSTORE) && top !== undefined) {
      this.#seeSlot(self, hashOfWord(top));
    }
    const named = stack.at(-(ACCOUNT_AT.get(code) ?? stack.length + 1));
    if (named !== undefined) this.#see(addressOfWord(named));
    if (code === CREATE) {
      const { nonce } = this.#state.getAccount(self) ?? EMPTY_ACCOUNT;
      this.#seeCreated(createdBy(self, nonce));
    }
    if (code === CREATE2) this.#seeCreated2(step, self);
  }

  result(): TraceValue {
    if (this.#options.diffMode) return this.#difference();
    return Object.fromEntries(
      [...this.#seen]
        .filter(([address, account]) => !this.#created.has(address) || !isEmpty(account))
        .map(([address, account]) => [address, this.#format(account)]),
    );
  }

  /** What is other than before, of all that the transaction could change. */
  changes(): readonly AccountChange[] {
    return [...this.#seen].flatMap(([address, before]) => {
      const after = this.#read(address);
      const storage = this.#changedSlots(address, before);
      const members = this.#changedMembers(before, after);
      if (storage.length === 0 && Object.keys(members).length === 0) return [];
      return [{ address, before: sideOf(before), after: sideOf(after), storage }];
    });
  }

  #see(address: Address): void {
    if (this.#seen.has(address)) return;
    const account = this.#read(address);
    this.#budget.take(ACCOUNT_BYTES + (this.#options.disableCode ? 0 : 2 * account.code.length));
    this.#seen.set(address, account);
  }

  #seeCreated(address: Address): void {
    this.#see(address);
    this.#created.add(address);
  }

  #seeCreated2(step: InterpreterStep, self: Address): void {
    const [salt, size, offset] = step.stack.slice(-4);
    if (salt === undefined || size === undefined || offset === undefined) return;
    const code = memoryAt(step, offset, size);
    if (code === undefined) return;
    const address = generateAddress2(bytesOf(self), bytesOf(hashOfWord(salt)), code);
    this.#seeCreated(addressOf(address));
  }

  #seeSlot(address: Address, slot: Hash): void {
    if (this.#options.disableStorage) return;
    this.#see(address);
    const storage = this.#seen.get(address)?.storage;
    if (storage === undefined || storage.has(slot)) return;
    this.#budget.take(SLOT_BYTES);
    storage.set(slot, this.#slotOf(address, slot));
  }

  #read(address: Address): SeenAccount {
    const account = this.#state.getAccount(address);
    const { balance, nonce, codeHash } = account ?? EMPTY_ACCOUNT;
    const code = this.#state.getCode(codeHash);
    return { exists: account !== undefined, balance, nonce, code, storage: new Map() };
  }

  #slotOf(address: Address, slot: Hash): Hex {
    return hexOf(padLeft(this.#state.getStorage(address, slot), 32));
  }

  #format({ balance, code, nonce, storage }: SeenAccount): TraceValue {
    return {
      balance: hexQuantity(balance),
      ...(code.length > 0 && !this.#options.disableCode && { code: hexOf(code) }),
      ...(nonce > 0n && { nonce: Number(nonce) }),
      ...(storage.size > 0 && { storage: Object.fromEntries(storage) }),
    };
  }

  /** Before and after, of accounts that changed; an account that is gone is in `pre` alone. */
  #difference(): TraceValue {
    const pre: Record<Address, TraceValue> = {};
    const post: Record<Address, TraceValue> = {};
    for (const [address, before] of this.#seen) {
      const after = this.#read(address);
      const changed = this.#changedSlots(address, before);
      const members = this.#changedMembers(before, after);
      if (changed.length === 0 && Object.keys(members).length === 0) continue;
      const nonZero = (values: readonly (readonly [Hash, Hex])[]) =>
        new Map(values.filter(([, value]) => value !== ZERO_WORD));
      const wasThere = nonZero(changed.map((one) => [one.slot, one.before]));
      if (!isEmpty({ ...before, storage: wasThere }) || !this.#created.has(address)) {
        pre[address] = this.#format({ ...before, storage: wasThere });
      }
      if (before.exists && !after.exists) continue;
      const isThere = nonZero(changed.map((one) => [one.slot, one.after]));
      post[address] = {
        ...members,
        ...(isThere.size > 0 && { storage: Object.fromEntries(isThere) }),
      };
    }
    return { post, pre };
  }

  #changedSlots(address: Address, { storage }: SeenAccount): AccountChange['storage'] {
    return [...storage]
      .map(([slot, before]) => ({ slot, before, after: this.#slotOf(address, slot) }))
      .filter(({ before, after }) => before !== after);
  }

  #changedMembers(before: SeenAccount, after: SeenAccount): { [name: string]: TraceValue } {
    const hasNewCode = Buffer.compare(before.code, after.code) !== 0;
    return {
      ...(before.balance !== after.balance && { balance: hexQuantity(after.balance) }),
      ...(hasNewCode && !this.#options.disableCode && { code: hexOf(after.code) }),
      ...(before.nonce !== after.nonce && { nonce: Number(after.nonce) }),
    };
  }
}

/** An account without anything is none (EIP-161). */
function sideOf(account: SeenAccount): AccountSide | null {
  const { balance, nonce, code } = account;
  if (balance === 0n && nonce === 0n && code.length === 0) return null;
  return { balance: weiOf(balance), nonce, code: hexOf(code) };
}

function isEmpty({ balance, nonce, code, storage }: SeenAccount): boolean {
  return balance === 0n && nonce === 0n && code.length === 0 && storage.size === 0;
}

function createdBy(from: Address, nonce: bigint): Address {
  return addressOf(generateAddress(bytesOf(from), bigintToBytes(nonce)));
}
