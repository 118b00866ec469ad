/**
 * Pushes of this node that are not yet applied, in order: what is to be sent to the leader, again where needed, and
 * whom to tell.
 */
import type { LogIndex } from '../core/types.ts';
import type { PushLimits, PushPlace } from './push.ts';
import { CHUNK_PUSHES_MAX, type EncodedPush, sizeOfPush } from './push-codec.ts';
import { PushError } from './push-error.ts';

/** Bytes after which a chunk is closed; one larger push makes a chunk of its own. */
const CHUNK_BYTES_TARGET = 64 * 1024;

interface Waiting {
  readonly push: EncodedPush;
  readonly resolve: (place: PushPlace) => void;
  readonly reject: (error: PushError) => void;
}

export interface OutgoingChunk {
  readonly first: number;
  readonly pushes: readonly EncodedPush[];
}

export class PushQueue {
  readonly #limits: PushLimits;
  /** By sequence; a `Map` keeps insertion order and gives its oldest cheaply. */
  readonly #waiting = new Map<number, Waiting>();
  #bytes = 0;
  #nextSequence = 1;
  #nextUnsent = 1;

  constructor(limits: PushLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Sequence of the oldest push that waits, or null. */
  get oldest(): number | null {
    for (const sequence of this.#waiting.keys()) return sequence;
    return null;
  }

  /** Rejects with {@link PushError} `queue-full`. */
  add(push: EncodedPush): Promise<PushPlace> {
    const size = sizeOfPush(push);
    const { maxWaiting, maxWaitingBytes } = this.#limits;
    if (this.#waiting.size >= maxWaiting || this.#bytes + size > maxWaitingBytes) {
      const message = `${this.#waiting.size} pushes of ${this.#bytes} bytes wait to be applied: wait for some of them`;
      return Promise.reject(new PushError('queue-full', message));
    }
    this.#bytes += size;
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#nextSequence, { push, resolve, reject });
      this.#nextSequence += 1;
    });
  }

  /** The next chunk that was not sent yet; null when all were. */
  nextChunk(): OutgoingChunk | null {
    const first = Math.max(this.#nextUnsent, this.oldest ?? this.#nextUnsent);
    const pushes: EncodedPush[] = [];
    let bytes = 0;
    for (let sequence = first; pushes.length < CHUNK_PUSHES_MAX; sequence += 1) {
      const waiting = this.#waiting.get(sequence);
      if (waiting === undefined || (pushes.length > 0 && bytes >= CHUNK_BYTES_TARGET)) break;
      const size = sizeOfPush(waiting.push);
      if (pushes.length > 0 && bytes + size > CHUNK_BYTES_TARGET) break;
      pushes.push(waiting.push);
      bytes += size;
    }
    return pushes.length === 0 ? null : { first, pushes };
  }

  sent(chunk: OutgoingChunk): void {
    this.#nextUnsent = chunk.first + chunk.pushes.length;
  }

  /** Everything that waits is to be sent again. */
  rewind(): void {
    this.#nextUnsent = this.oldest ?? this.#nextSequence;
  }

  applied(sequence: number, index: LogIndex, position: number): void {
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) return;
    this.#waiting.delete(sequence);
    this.#bytes -= sizeOfPush(waiting.push);
    waiting.resolve({ index, position });
  }

  rejectAll(error: PushError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#bytes = 0;
  }
}
