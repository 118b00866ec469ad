/**
 * The replicated state behind `push`: for each origin the run it was last heard of and the next sequence of that run,
 * and a running hash over everything that was ordered.
 *
 * Rule of order: a push counts when its sequence is the next one of its origin's newest session. Lower ones came before;
 * higher ones wait to be sent again behind what is missing; pushes of an older session come from a process that is gone.
 * So every push counts at most once, and those of one origin in the order in which they were made.
 *
 * A leader takes pushes of members only, so the table has a row for each node that ever was one and pushed. Its bound is
 * for a leader that lies: it can order pushes of strangers, as it can its own, but not make the table grow for ever.
 */
import { encodeItem, hexItem, integerItem, MAX_LIST_ITEMS } from '../codec/rlp.ts';
import { sha256, toHex } from '../core/bytes.ts';
import type { NodeId, StateDigest } from '../core/types.ts';
import type { Chunk, DecodedPush } from './push-codec.ts';

/** Rows of the table; pushes of further origins do not count. */
export const ORIGINS_MAX = MAX_LIST_ITEMS;

export interface OriginProgress {
  readonly session: number;
  /** Sequence that counts next. */
  readonly next: number;
}

export interface OrderedState {
  readonly digest: StateDigest;
  readonly origins: ReadonlyMap<NodeId, OriginProgress>;
}

/** A push that counts. */
export interface OrderedPush extends DecodedPush {
  readonly origin: NodeId;
  readonly session: number;
  readonly sequence: number;
  /** Among all pushes of the entry, those that do not count included; from 0. */
  readonly position: number;
}

export interface Execution {
  readonly state: OrderedState;
  readonly pushes: readonly OrderedPush[];
}

export const EMPTY_STATE: OrderedState = {
  digest: toHex(sha256(new TextEncoder().encode('mokka/1 ordered log'))) as StateDigest,
  origins: new Map(),
};

/** The state after a payload. */
export function executePayload(
  before: OrderedState,
  payload: Uint8Array,
  chunks: readonly Chunk[],
): Execution {
  const origins = new Map(before.origins);
  const pushes: OrderedPush[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    executeChunk(origins, chunk, offset, pushes);
    offset += chunk.pushes.length;
  }
  return { state: { digest: digestAfter(before.digest, payload, pushes), origins }, pushes };
}

function executeChunk(
  origins: Map<NodeId, OriginProgress>,
  chunk: Chunk,
  offset: number,
  into: OrderedPush[],
): void {
  const { origin, session, first } = chunk;
  const known = origins.get(origin);
  if (known === undefined && origins.size >= ORIGINS_MAX) return;
  if (known !== undefined && session < known.session) return;
  let next = known?.session === session ? known.next : 1;
  if (first > next) return;
  for (let at = next - first; at < chunk.pushes.length; at += 1) {
    const push = chunk.pushes[at];
    if (push === undefined) break;
    into.push({ ...push, origin, session, sequence: next, position: offset + at });
    next += 1;
  }
  origins.set(origin, { session, next });
}

/** Over the payload and over what was found to count in it, so that nodes that judge differently notice. */
function digestAfter(
  before: StateDigest,
  payload: Uint8Array,
  pushes: readonly OrderedPush[],
): StateDigest {
  const places = new Uint8Array(pushes.length * 4);
  const view = new DataView(places.buffer);
  pushes.forEach((push, at) => {
    view.setUint32(at * 4, push.position);
  });
  const bytes = encodeItem([hexItem(before), integerItem(pushes.length), sha256(payload), places]);
  return toHex(sha256(bytes)) as StateDigest;
}
