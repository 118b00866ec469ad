/**
 * What development operations have set, beside the chain itself: agreed like it, since every node applies the same log.
 * Immutable. A chain on which none was ever used has `UNUSED`, and then nothing of it is stored or agreed on.
 */
import { keccak256 } from '../crypto/keccak.ts';
import {
  address,
  amount,
  bytes,
  decodeField,
  encodeField,
  type Field,
  flag,
  hash,
  integer,
  itemsIn,
  listOf,
  nullable,
  type RlpValue,
  record,
  signedInteger,
} from '../encoding/rlp-fields.ts';
import { corruptStore } from '../errors.ts';

/** Snapshots kept; taking more forgets the oldest. */
export const SNAPSHOTS_MAX = 1_000;
/** Requests remembered, so that one that is repeated is not applied again. */
export const REQUESTS_MAX = 256;
/** Blocks that can be rolled back: nodes of a network in development mode keep at least so many states. */
export const ROLLBACK_DEPTH_MAX = 1_024;
/** Accounts impersonated at a time. */
export const IMPERSONATED_MAX = 10_000;

const settings = record({
  /** Seconds added to the agreed clock; negative after a return to a snapshot. */
  timeOffset: signedInteger,
  /** Unix time of the next block, seconds. */
  nextTimestamp: nullable(integer),
  /** Seconds from a block to the next. */
  timestampInterval: nullable(integer),
  /** Of the next block, wei per gas. */
  nextBaseFee: nullable(amount),
  /** Of the next block. */
  nextPrevRandao: nullable(hash),
  /** Of all blocks from the next on; null: the parent's. */
  gasLimit: nullable(amount),
  /** Of all blocks from the next on; null: the proposer's own. */
  coinbase: nullable(address),
});

const snapshot = record({
  id: integer,
  /** Hash of the block that was the head. */
  head: hash,
  stateRoot: hash,
  /** Agreed Unix time at which it was taken, seconds. */
  takenAt: integer,
  settings,
});

const mining = record({
  automine: flag,
  /** Milliseconds; 0 for none. */
  intervalMs: integer,
});

const described = record({
  /** Operations applied so far. Tells positions apart that are equal otherwise. */
  operations: integer,
  nextSnapshot: integer,
  settings,
  /** Null: as the genesis configuration says. */
  mining: nullable(mining),
  impersonated: listOf(address, IMPERSONATED_MAX),
  impersonatesAll: flag,
  /** Oldest first. */
  snapshots: listOf(snapshot, SNAPSHOTS_MAX),
  /** Ids of the last requests, oldest first. */
  requests: listOf(bytes, REQUESTS_MAX),
});
const FIELDS = 8;

/** What a snapshot keeps and a return to it restores. */
export type DevelopmentSettings = ReturnType<(typeof settings)['decode']>;
export type DevelopmentSnapshot = ReturnType<(typeof snapshot)['decode']>;
export type MiningMode = ReturnType<(typeof mining)['decode']>;
export type DevelopmentState = ReturnType<(typeof described)['decode']> & {
  /** The lowest block that a rollback can lead to: nodes may have removed the states below while the head was higher. */
  readonly rollbackFloor: number;
};

/** The floor follows the record where it is not zero, so states without one are encoded as before there was any. */
const state: Field<DevelopmentState> = {
  encode: (value) => {
    const floor = value.rollbackFloor;
    return [...itemsOf(described.encode(value)), ...(floor > 0 ? [integer.encode(floor)] : [])];
  },
  decode: (item) => {
    const items = itemsIn(item);
    const floor = items.length > FIELDS ? items[FIELDS] : undefined;
    if (floor === undefined) return { ...described.decode(items), rollbackFloor: 0 };
    const rollbackFloor = integer.decode(floor);
    if (rollbackFloor === 0 || items.length > FIELDS + 1)
      throw new RangeError('a floor is above 0');
    return { ...described.decode(items.slice(0, FIELDS)), rollbackFloor };
  },
};

export const INITIAL_SETTINGS: DevelopmentSettings = {
  timeOffset: 0,
  nextTimestamp: null,
  timestampInterval: null,
  nextBaseFee: null,
  nextPrevRandao: null,
  gasLimit: null,
  coinbase: null,
};

export const UNUSED: DevelopmentState = {
  operations: 0,
  nextSnapshot: 1,
  settings: INITIAL_SETTINGS,
  mining: null,
  impersonated: [],
  impersonatesAll: false,
  snapshots: [],
  requests: [],
  rollbackFloor: 0,
};

/** Whether a development operation was ever applied. */
export function isUsed({ operations }: DevelopmentState): boolean {
  return operations > 0;
}

function itemsOf(value: RlpValue): readonly RlpValue[] {
  return Array.isArray(value) ? value : [value];
}

interface Encoded {
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
}

/** States never change, so each is encoded once, however many blocks follow. */
const encodings = new WeakMap<DevelopmentState, Encoded>();

function encodingOf(development: DevelopmentState): Encoded {
  const known = encodings.get(development);
  if (known !== undefined) return known;
  const encoded = encodeField(state, development);
  const made = { bytes: encoded, digest: keccak256(encoded) };
  encodings.set(development, made);
  return made;
}

export function encodeDevelopmentState(development: DevelopmentState): Uint8Array {
  return encodingOf(development).bytes;
}

/** 32 bytes. */
export function developmentDigest(development: DevelopmentState): Uint8Array {
  return encodingOf(development).digest;
}

/** Throws `corrupt-store`. */
export function decodeDevelopmentState(encoded: Uint8Array): DevelopmentState {
  try {
    return decodeField(state, encoded);
  } catch (error) {
    throw corruptStore('the development state can not be decoded', { reason: String(error) });
  }
}
