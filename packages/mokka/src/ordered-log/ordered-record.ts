/** The two durable records of the ordered log: its state with the place it stands for, and the number of this node's run. */
import { decodeItem, encodeItem, hexItem, integerItem, readFields } from '../codec/rlp.ts';
import type { EntryId, NodeId } from '../core/types.ts';
import type { OrderedState, OriginProgress } from './ordered-state.ts';
import type { PushPlace } from './push.ts';

/** Names in the storage's `records`. */
export const ORDERED_RECORDS = {
  state: 'ordered-log/state',
  session: 'ordered-log/session',
} as const;

/** State, place and certificate in one value: they are written together or not at all. */
export interface OrderedRecord {
  readonly applied: EntryId;
  readonly certificate: Uint8Array;
  readonly state: OrderedState;
  /** The last push that counted, or null. */
  readonly lastPush: PushPlace | null;
}

export function encodeOrderedRecord(record: OrderedRecord): Uint8Array {
  const { applied, certificate, state, lastPush } = record;
  return encodeItem([
    integerItem(applied.index),
    hexItem(applied.hash),
    certificate,
    hexItem(state.digest),
    [...state.origins].map(([origin, { session, next }]) => [
      hexItem(origin),
      integerItem(session),
      integerItem(next),
    ]),
    lastPush === null ? [] : [[integerItem(lastPush.index), integerItem(lastPush.position)]],
  ]);
}

/** Throws `DecodeError`, as the other decoder here. */
export function decodeOrderedRecord(bytes: Uint8Array): OrderedRecord {
  return readFields(decodeItem(bytes), (fields) => ({
    applied: { index: fields.index(), hash: fields.hash() },
    certificate: fields.bytes(),
    state: {
      digest: fields.digest(),
      origins: new Map(
        fields.list((item) =>
          readFields(item, (row): [NodeId, OriginProgress] => [
            row.nodeId(),
            { session: row.integer(), next: row.integer() },
          ]),
        ),
      ),
    },
    lastPush: fields.optional((item) =>
      readFields(item, (place) => ({ index: place.index(), position: place.integer() })),
    ),
  }));
}

export function encodeSession(session: number): Uint8Array {
  return encodeItem([integerItem(session)]);
}

export function decodeSession(bytes: Uint8Array): number {
  return readFields(decodeItem(bytes), (fields) => fields.integer());
}
