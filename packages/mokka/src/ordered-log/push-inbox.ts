/**
 * What a leader has been sent and is not yet committed: per origin a run of consecutive chunks, bounded. Chunks leave when
 * what they hold is committed, so a proposal that is dropped costs nothing.
 */
import type { NodeId } from '../core/types.ts';
import type { OriginProgress } from './ordered-state.ts';
import { CHUNK_OVERHEAD_BYTES, type Chunk, PAYLOAD_CHUNKS_MAX } from './push-codec.ts';

interface Held {
  readonly session: number;
  /** Consecutive, oldest first; neighbours may overlap. */
  readonly chunks: Chunk[];
  bytes: number;
}

export class PushInbox {
  readonly #maxBytes: number;
  readonly #held = new Map<NodeId, Held>();
  /** Origin that was served last: the next proposal begins after it. */
  #lastServed: NodeId | null = null;

  /** `maxBytes` bounds what is held for each origin. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `applied` is the origin's row of the committed state. False when nothing new was taken. */
  add(chunk: Chunk, applied: OriginProgress | undefined): boolean {
    const { origin, session, first } = chunk;
    const end = endOf(chunk);
    if (applied !== undefined && session < applied.session) return false;
    const next = applied?.session === session ? applied.next : 1;
    let held = this.#held.get(origin);
    if (held !== undefined && session < held.session) return false;
    if (held === undefined || session > held.session) {
      held = { session, chunks: [], bytes: 0 };
      this.#held.set(origin, held);
    }
    const last = held.chunks[held.chunks.length - 1];
    const expected = Math.max(next, last === undefined ? next : endOf(last));
    if (end <= expected || first > expected) return false;
    if (held.bytes + chunk.bytes.length > this.#maxBytes) return false;
    held.chunks.push(chunk);
    held.bytes += chunk.bytes.length;
    return true;
  }

  /** Chunks that go on from `origins`, up to `maxBytes`; each origin gets a fair share, and what others leave. */
  take(origins: ReadonlyMap<NodeId, OriginProgress>, maxBytes: number): readonly Chunk[] {
    const waiting = this.#inTurn().flatMap((origin) => {
      const chunks = this.#chunksAfter(origin, origins.get(origin));
      return chunks.length === 0 ? [] : [{ origin, chunks }];
    });
    const taken: Chunk[] = [];
    let room = maxBytes;
    waiting.forEach(({ origin, chunks }, at) => {
      let share = room / (waiting.length - at);
      for (const chunk of chunks) {
        const size = chunk.bytes.length + CHUNK_OVERHEAD_BYTES;
        // The first of all always fits: limits are checked where pushes are made.
        if (taken.length >= PAYLOAD_CHUNKS_MAX || size > room) break;
        if (size > share && chunk !== chunks[0]) break;
        taken.push(chunk);
        share -= size;
        room -= size;
        this.#lastServed = origin;
      }
    });
    return taken;
  }

  /** Forgets what is committed. */
  prune(origins: ReadonlyMap<NodeId, OriginProgress>): void {
    for (const [origin, held] of this.#held) {
      const left = this.#chunksAfter(origin, origins.get(origin));
      if (left.length === held.chunks.length) continue;
      held.chunks.splice(0, held.chunks.length, ...left);
      held.bytes = left.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
      if (left.length === 0) this.#held.delete(origin);
    }
  }

  clear(): void {
    this.#held.clear();
  }

  #inTurn(): readonly NodeId[] {
    const origins = [...this.#held.keys()].sort();
    const at = origins.findIndex((origin) => origin > (this.#lastServed ?? ''));
    return at === -1 ? origins : [...origins.slice(at), ...origins.slice(0, at)];
  }

  #chunksAfter(origin: NodeId, progress: OriginProgress | undefined): readonly Chunk[] {
    const held = this.#held.get(origin);
    if (held === undefined || held.session < (progress?.session ?? 0)) return [];
    const next = progress?.session === held.session ? progress.next : 1;
    return held.chunks.filter((chunk) => endOf(chunk) > next);
  }
}

/** The sequence after a chunk's last. */
function endOf(chunk: Chunk): number {
  return chunk.first + chunk.pushes.length;
}
