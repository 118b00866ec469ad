/**
 * `push` from any node: numbers what is pushed here, brings it to whoever leads until it is seen applied, and collects as a
 * leader what the others push.
 *
 * Nothing but being applied acknowledges a push. Frames may be lost and leaders change: what waits is sent again, and the
 * replicated state drops what it has seen.
 */
import type { Application } from '../application.ts';
import { DecodeError } from '../codec/decode-error.ts';
import type { Entry } from '../core/entry.ts';
import type { CoreEvent } from '../core/event.ts';
import type { Limits } from '../core/options.ts';
import type { SignatureScheme } from '../core/statements.ts';
import type { ClusterId, CrashModel, EntryHash, NodeId } from '../core/types.ts';
import type { Clock } from '../driver/clock.ts';
import type { Logger } from '../driver/logger.ts';
import type { Storage } from '../storage/storage.ts';
import { isPushFrame, pushFrame, pushFrameBody } from './application-frame.ts';
import { encodeKey, encodeValue } from './json-value.ts';
import { OrderedApplication } from './ordered-application.ts';
import { decodeSession, encodeSession, ORDERED_RECORDS } from './ordered-record.ts';
import type { Execution } from './ordered-state.ts';
import {
  DEFAULT_PUSH_LIMITS,
  type JsonValue,
  type OrderedLogOptions,
  type PushLimits,
  type PushPlace,
} from './push.ts';
import {
  CHUNK_OVERHEAD_BYTES,
  ChunkCodec,
  PAYLOAD_OVERHEAD_BYTES,
  sizeOfPush,
} from './push-codec.ts';
import { PushError } from './push-error.ts';
import { PushInbox } from './push-inbox.ts';
import { PushQueue } from './push-queue.ts';

/** What every transport carries in one application frame, in bytes. */
const FRAME_MAX_BYTES = 1024 * 1024;
/** A transport that takes no more is asked again after this many milliseconds. */
const BLOCKED_RETRY_MS = 20;
/** The interval of sending again doubles while nothing moves, up to this factor. */
const BACK_OFF_MAX = 16;

export interface OrderedLogModules {
  readonly self: NodeId;
  readonly clusterId: ClusterId;
  readonly crashModel: CrashModel;
  readonly signatures: SignatureScheme;
  readonly rootHash: EntryHash;
  readonly limits: Limits;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sends an application frame; false when it was dropped. */
  readonly send: (to: NodeId, frame: Uint8Array) => boolean;
  readonly notifyPending: () => void;
}

export class OrderedLog {
  readonly #modules: OrderedLogModules;
  readonly #limits: PushLimits;
  readonly #codec: ChunkCodec;
  readonly #inbox: PushInbox;
  readonly #queue: PushQueue;
  readonly #application: OrderedApplication;
  #session = 0;
  #leader: NodeId | null = null;
  #leads = false;
  #phase: 'new' | 'open' | 'closed' = 'new';
  #flushScheduled = false;
  #cancelTimer: (() => void) | null = null;
  #backOff = 1;

  /** @throws {PushError} `invalid-limits`. */
  constructor(options: OrderedLogOptions, modules: OrderedLogModules) {
    this.#modules = modules;
    this.#limits = checkLimits({ ...DEFAULT_PUSH_LIMITS, ...options.pushLimits }, modules.limits);
    const isSigned = modules.crashModel === 'BFT';
    this.#codec = new ChunkCodec(modules.clusterId, isSigned ? modules.signatures : null);
    this.#inbox = new PushInbox(2 * this.#limits.maxWaitingBytes);
    this.#queue = new PushQueue(this.#limits);
    this.#application = new OrderedApplication({
      storage: modules.storage,
      codec: this.#codec,
      inbox: this.#inbox,
      rootHash: modules.rootHash,
      apply: options.apply ?? null,
      appliedUpTo: options.appliedUpTo ?? null,
      onCommitted: (entry, execution) => this.#onCommitted(entry, execution),
    });
  }

  get application(): Application {
    return this.#application;
  }

  /** Makes the number of this run durable. Call before the node joins its cluster. */
  async open(): Promise<void> {
    const { storage } = this.#modules;
    const stored = await storage.record(ORDERED_RECORDS.session);
    this.#session = (stored === undefined ? 0 : decodeSession(stored)) + 1;
    const value = encodeSession(this.#session);
    await storage.write([{ type: 'put-record', name: ORDERED_RECORDS.session, value }]);
    this.#phase = 'open';
  }

  /** Resolves once the push is committed and applied here. Rejects with {@link PushError}. */
  async push(key: string, value: JsonValue): Promise<PushPlace> {
    if (this.#phase === 'new') throw new PushError('not-started', 'start the node before you push');
    if (this.#phase === 'closed') throw stopped();
    const push = { key: encodeKey(key), value: encodeValue(value) };
    const { maxKeyBytes, maxValueBytes } = this.#limits;
    if (push.key.length > maxKeyBytes || push.value.length > maxValueBytes) {
      const sizes = `key ${push.key.length} of ${maxKeyBytes}, value ${push.value.length} of ${maxValueBytes}`;
      throw new PushError('too-large', `the push is too large (bytes: ${sizes})`);
    }
    const applied = this.#queue.add(push);
    this.#scheduleFlush();
    return applied;
  }

  /** A frame of a peer. False when it is none of the ordered log's. */
  frame(from: NodeId, frame: Uint8Array): boolean {
    if (!isPushFrame(frame)) return false;
    if (!this.#leads) return true;
    try {
      const chunk = this.#codec.decode(pushFrameBody(frame));
      // In CFT the link's identity stands for the origin.
      if (chunk.origin !== from) throw new DecodeError('bad-field', 'pushes of another node');
      if (this.#take(chunk)) this.#modules.notifyPending();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#modules.logger.warn({ from, code: error.code }, 'a peer sent malformed pushes');
    }
    return true;
  }

  onEvent(event: CoreEvent): void {
    if (event.type === 'state') this.#onState(event.role === 'leader', event.leader);
    else if (event.type === 'join' && event.peer === this.#leader) this.#sendAgain();
  }

  /** What waits is rejected as `stopped`. */
  close(): void {
    this.#phase = 'closed';
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#queue.rejectAll(stopped());
    this.#inbox.clear();
  }

  #onState(leads: boolean, leader: NodeId | null): void {
    if (this.#leads && !leads) this.#inbox.clear();
    this.#leads = leads;
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#sendAgain();
  }

  #sendAgain(): void {
    this.#queue.rewind();
    this.#backOff = 1;
    this.#scheduleFlush();
  }

  /** Pushes of one turn of the event loop travel together. */
  #scheduleFlush(): void {
    if (this.#flushScheduled || this.#queue.isEmpty) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#phase !== 'open' || this.#queue.isEmpty) return;
    let isBlocked = false;
    let isPending = false;
    for (;;) {
      const chunk = this.#leader === null ? null : this.#queue.nextChunk();
      if (chunk === null) break;
      const { self } = this.#modules;
      const bytes = this.#codec.encode(self, this.#session, chunk.first, chunk.pushes);
      if (this.#leader === self) {
        isPending = this.#take(this.#codec.decode(bytes)) || isPending;
      } else if (this.#leader !== null && !this.#modules.send(this.#leader, pushFrame(bytes))) {
        isBlocked = true;
        break;
      }
      this.#queue.sent(chunk);
    }
    if (isPending) this.#modules.notifyPending();
    this.#armTimer(isBlocked ? BLOCKED_RETRY_MS : this.#limits.resendInterval * this.#backOff);
  }

  #armTimer(delay: number): void {
    if (this.#cancelTimer !== null) return;
    const { oldest } = this.#queue;
    this.#cancelTimer = this.#modules.clock.schedule(delay, () => {
      this.#cancelTimer = null;
      if (delay === BLOCKED_RETRY_MS) return this.#flush();
      const isStuck = oldest !== null && this.#queue.oldest === oldest;
      this.#backOff = isStuck ? Math.min(2 * this.#backOff, BACK_OFF_MAX) : 1;
      if (isStuck) this.#queue.rewind();
      this.#flush();
    });
  }

  #take(chunk: Parameters<PushInbox['add']>[0]): boolean {
    return this.#inbox.add(chunk, this.#application.state.origins.get(chunk.origin));
  }

  #onCommitted(entry: Entry, { pushes }: Execution): void {
    for (const { origin, session, sequence, position } of pushes) {
      if (origin !== this.#modules.self || session !== this.#session) continue;
      this.#queue.applied(sequence, entry.index, position);
    }
  }
}

function checkLimits(limits: PushLimits, { maxPayloadBytes }: Limits): PushLimits {
  const { maxKeyBytes, maxValueBytes, maxWaiting, maxWaitingBytes, resendInterval } = limits;
  const empty = new Uint8Array();
  const largest = maxKeyBytes + maxValueBytes + sizeOfPush({ key: empty, value: empty });
  const room = Math.min(FRAME_MAX_BYTES, maxPayloadBytes - PAYLOAD_OVERHEAD_BYTES);
  const isUsable =
    largest + 2 * CHUNK_OVERHEAD_BYTES <= room &&
    largest <= maxWaitingBytes &&
    maxKeyBytes >= 1 &&
    maxValueBytes >= 1 &&
    maxWaiting >= 1 &&
    resendInterval >= 1;
  if (isUsable) return limits;
  throw new PushError(
    'invalid-limits',
    `the largest push (${largest} bytes) must fit into ${room} bytes of a frame and an entry, and into maxWaitingBytes; all limits are at least 1`,
  );
}

function stopped(): PushError {
  return new PushError(
    'stopped',
    'the node stopped: what was pushed and not answered may have been committed or not',
  );
}
