/**
 * Development operations: what test clients do to a chain beside sending transactions. Each is an agreed entry of the
 * log, so its encoding outlives releases: kinds are never renumbered, fields never reordered.
 */
import { RLP } from '@ethereumjs/rlp';
import {
  address,
  amount,
  bytes,
  decodeField,
  encodeField,
  type Field,
  type Fields,
  flag,
  hash,
  integer,
  itemsIn,
  listOf,
  nullable,
  type RecordOf,
  record,
} from '../encoding/rlp-fields.ts';
import { readRlp } from '../encoding/rlp-reader.ts';
import { ChainError } from '../errors.ts';
import type { Hash } from '../primitives.ts';

/** Accounts, and slots of one account, in one edit. The entry's bytes bound them further. */
const ITEMS_MAX = 65_536;

const slotEdit = record({
  slot: hash,
  /** 32 bytes. */
  value: hash,
});

const accountEdit = record({
  address,
  /** Wei. Null leaves what is there, as in all fields. */
  balance: nullable(amount),
  /** Wei, added to the balance. */
  addedBalance: amount,
  nonce: nullable(amount),
  code: nullable(bytes),
  slots: listOf(slotEdit, ITEMS_MAX),
});

/** Changes to one account outside any transaction. */
export type AccountEdit = NonNullable<ReturnType<(typeof accountEdit)['decode']>>;

/** Of different accounts, or in the order in which they are made. */
export const accountEdits = listOf(accountEdit, ITEMS_MAX);

/** In the order of their numbers, from 1 on. Append only. */
const KINDS = {
  /** Remembers head, state and settings. Outcome: its id. */
  snapshot: {},
  /** Goes back to a snapshot, which is gone then with all later ones. Outcome: false when there is no such one. */
  revert: { snapshot: integer },
  /** Goes back to the genesis block; all settings and snapshots are gone. */
  reset: {},
  /** Changes accounts. */
  edit: { accounts: accountEdits },
  /** Seconds added to the clock. Outcome: all that was added so far. */
  'increase-time': { seconds: integer },
  /** Lets the clock show this Unix time, seconds. Outcome: seconds added to the real one. */
  'set-time': { timestamp: integer },
  /** Unix time of the next block, seconds, from where the clock then goes on. */
  'set-next-timestamp': { timestamp: integer },
  /** Seconds between a block and its parent; null: by the clock. Outcome: whether there was such an interval. */
  'set-timestamp-interval': { seconds: nullable(integer) },
  /** Of the next block, wei per gas. */
  'set-next-base-fee': { fee: amount },
  /** Of the next block (EIP-4399). */
  'set-next-prevrandao': { value: hash },
  /** From the next block on. */
  'set-gas-limit': { gasLimit: amount },
  /** From the next block on. */
  'set-coinbase': { address },
  /** When blocks are made: at once, or every `intervalMs`, or both; 0 is no interval. */
  'set-mining': { automine: flag, intervalMs: integer },
  /** Takes transactions of the account without its key. */
  impersonate: { address },
  /** Outcome: whether it was impersonated. */
  'stop-impersonating': { address },
  /** Whether transactions of any account are taken without its key. */
  'auto-impersonate': { enabled: flag },
  /** Removes from the pools: this transaction, or all when null. */
  'drop-transactions': { hash: nullable(hash) },
  /** Takes so many blocks off the chain; settings stay, and snapshots of what stays. */
  rollback: { depth: integer },
  /** Changes accounts as `edit` does, but lowers no nonce; `archive`: as `archiveOf` writes it. */
  load: { archive: bytes },
} as const;

export type OperationKind = keyof typeof KINDS;

export type DevelopmentOperation = {
  readonly [Kind in OperationKind]: { readonly kind: Kind } & RecordOf<(typeof KINDS)[Kind]>;
}[OperationKind];

/** Number of a snapshot, or of seconds; or whether there was something to do. */
export type OperationOutcome = number | boolean;

/** An operation on its way into the log. */
export interface OperationRequest {
  /** 16 bytes: a request that is repeated is applied once. */
  readonly id: Uint8Array;
  readonly operation: DevelopmentOperation;
}

/** As an entry of the log holds it. */
export interface AgreedOperation extends OperationRequest {
  /** Root of the state after it, as a block's header has one: only execution tells that of an edit. */
  readonly stateRoot: Hash;
}

const names = Object.keys(KINDS) as readonly OperationKind[];
const REQUEST_ID_BYTES = 16;
const agreed = record({ id: bytes, stateRoot: hash, operation: bytes });

function fieldsOf(kind: OperationKind): Field<object> {
  return record<Fields>(KINDS[kind]);
}

/** `[kind, [fields]]`. */
export function encodeOperation(operation: DevelopmentOperation): Uint8Array {
  const kind = names.indexOf(operation.kind) + 1;
  return RLP.encode([integer.encode(kind), fieldsOf(operation.kind).encode(operation)]);
}

/** Throws `ChainError` `invalid-request` for anything but what `encodeOperation` writes. */
export function decodeOperation(encoded: Uint8Array): DevelopmentOperation {
  return decoded(() => {
    const [number, fields, ...rest] = itemsIn(readRlp(encoded, 8));
    if (number === undefined || fields === undefined || rest.length > 0) throw new RangeError();
    const kind = names[integer.decode(number) - 1];
    if (kind === undefined) throw new RangeError('of a kind this release does not know');
    return { ...fieldsOf(kind).decode(fields), kind } as DevelopmentOperation;
  });
}

export function encodeAgreedOperation({ id, stateRoot, operation }: AgreedOperation): Uint8Array {
  return encodeField(agreed, { id, stateRoot, operation: encodeOperation(operation) });
}

/** Throws `ChainError` `invalid-request` for anything but what `encodeAgreedOperation` writes. */
export function decodeAgreedOperation(encoded: Uint8Array): AgreedOperation {
  return decoded(() => {
    const { id, stateRoot, operation } = decodeField(agreed, encoded);
    if (id.length !== REQUEST_ID_BYTES) throw new RangeError('a request id has 16 bytes');
    return { id, stateRoot, operation: decodeOperation(operation) };
  });
}

function decoded<Value>(decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChainError('invalid-request', `a development operation is malformed: ${reason}`);
  }
}
