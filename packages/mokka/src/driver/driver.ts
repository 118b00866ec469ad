/**
 * Runs a core against the world: carries out its effects in order and feeds back what comes of them.
 *
 * It holds the host's contract (see the entry file): effects in order, a `persisted` only after the sync, application calls one at
 * a time. A failed write or commit stops the node, since what is durable is no longer known.
 */
import type { Application } from '../application.ts';
import { DecodeError } from '../codec/decode-error.ts';
import { decodeMessage, encodeMessage } from '../codec/message-codec.ts';
import type { Core } from '../core/core.ts';
import type { Effect } from '../core/effect.ts';
import type { CoreEvent } from '../core/event.ts';
import type { Input } from '../core/input.ts';
import type { MembershipResult } from '../core/membership.ts';
import type { Message } from '../core/message.ts';
import type { Limits } from '../core/options.ts';
import type { LogIndex, NodeId } from '../core/types.ts';
import type { Storage } from '../storage/storage.ts';
import type { Transport } from '../transport/transport.ts';
import { ApplicationCalls } from './application-calls.ts';
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import { SnapshotCalls } from './snapshot-calls.ts';
import { StoredLog } from './stored-log.ts';

/** Why a node no longer runs. */
export type StopReason =
  /** `stop()` was called. */
  | { readonly kind: 'stopped' }
  /** It stopped by itself; `code` is a halt code of the core, or one of the driver. */
  | { readonly kind: 'halted'; readonly code: string; readonly reason: string };

export interface DriverModules {
  readonly core: Core;
  readonly transport: Transport;
  readonly storage: Storage;
  readonly application: Application;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  readonly onEvent: (event: CoreEvent) => void;
  readonly onMembershipResult: (request: number, result: MembershipResult) => void;
  /** Reads numbered up to `through` may be answered. */
  readonly onReadCurrent: (through: number, index: LogIndex) => void;
  readonly onHalt: (reason: Extract<StopReason, { kind: 'halted' }>) => void;
}

export class Driver {
  readonly #modules: DriverModules;
  readonly #calls = new ApplicationCalls();
  readonly #storedLog: StoredLog;
  readonly #snapshotCalls: SnapshotCalls;
  readonly #inputs: Input[] = [];
  #busy = false;
  #running = true;
  #cancelTimer: (() => void) | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #encoded: { readonly message: Message; readonly frame: Uint8Array } | null = null;

  constructor(modules: DriverModules) {
    this.#modules = modules;
    this.#storedLog = new StoredLog(modules.storage);
    this.#snapshotCalls = new SnapshotCalls({
      application: modules.application,
      storedLog: this.#storedLog,
      calls: this.#calls,
      logger: modules.logger,
      input: (input) => this.input(input),
      failed: (error) => this.#fail('storage-failed', 'stored entries could not be read', error),
    });
  }

  /** Feeds one input; what it causes is carried out before this returns. */
  input(input: Input): void {
    if (!this.#running) return;
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        this.#step(next);
      }
    } finally {
      this.#busy = false;
    }
    this.#armTimer();
  }

  /** A frame of the consensus channel. */
  frame(from: NodeId, bytes: Uint8Array): void {
    let message: Message;
    try {
      message = decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#modules.logger.warn({ from, code: error.code }, 'a peer sent a malformed message');
      return;
    }
    this.input({ type: 'message', from, message });
  }

  /** Stops feeding the core, and resolves when the application's present call has answered. */
  async close(): Promise<void> {
    this.#running = false;
    this.#inputs.length = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    await Promise.all([this.#calls.close(), this.#snapshotCalls.close()]);
  }

  #step(input: Input): void {
    const { core, clock } = this.#modules;
    let effects: Effect[];
    try {
      effects = core.step(input, { now: clock.now(), unixTime: clock.unixTime() });
    } catch (error) {
      // A defect: what the core's state is worth is no longer known.
      this.#fail('invariant', `the core failed on ${input.type}`, error);
      return;
    }
    for (const effect of effects) {
      if (!this.#running) return;
      this.#run(effect);
    }
  }

  /** One timer for the earliest deadline; one that fires too early is armed again without a step. */
  #armTimer(): void {
    const { core, clock } = this.#modules;
    const deadline = this.#running ? core.nextDeadline() : null;
    if (deadline === null || (this.#cancelTimer !== null && this.#timerAt <= deadline)) return;
    this.#cancelTimer?.();
    this.#timerAt = deadline;
    this.#cancelTimer = clock.schedule(Math.max(0, Math.ceil(deadline - clock.now())), () => {
      // After a busy stretch, what waits in the sockets is read before a timeout is believed.
      setImmediate(() => this.#onTimer());
    });
  }

  #onTimer(): void {
    this.#cancelTimer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (!this.#running) return;
    const deadline = this.#modules.core.nextDeadline();
    if (deadline !== null && deadline <= this.#modules.clock.now()) this.input({ type: 'tick' });
    else this.#armTimer();
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#modules.transport.write(effect.to, 'consensus', this.#encode(effect.message));
        break;
      case 'persist':
        this.#persist(effect);
        break;
      case 'read-entries':
        void this.#readEntries(effect);
        break;
      case 'prepare-proposal':
        this.#prepare(effect);
        break;
      case 'process-proposal':
        this.#process(effect);
        break;
      case 'commit':
        this.#commit(effect);
        break;
      case 'rollback':
        this.#calls.run(
          () => this.#modules.application.rollback(effect.to),
          () => undefined,
          (error) => this.#fail('application-failed', 'the application could not roll back', error),
        );
        break;
      case 'offer-snapshot':
      case 'read-chunk':
      case 'begin-restore':
      case 'restore-chunk':
      case 'abandon-restore':
      case 'finish-restore':
        this.#snapshotCalls.run(effect);
        break;
      case 'peers':
        this.#modules.transport.setPeers(effect.peers);
        break;
      case 'membership-result':
        this.#modules.onMembershipResult(effect.request, effect.result);
        break;
      case 'read-current':
        this.#modules.onReadCurrent(effect.through, effect.index);
        break;
      case 'event':
        this.#modules.onEvent(effect.event);
        break;
      case 'halt':
        this.#halt(effect.code, effect.reason);
        break;
    }
  }

  /** A broadcast is the same object for every peer: encoded once. */
  #encode(message: Message): Uint8Array {
    if (this.#encoded?.message !== message) {
      this.#encoded = { message, frame: encodeMessage(message) };
    }
    return this.#encoded.frame;
  }

  #persist(effect: Extract<Effect, { type: 'persist' }>): void {
    this.#modules.storage.write(effect.operations).then(
      () => this.input({ type: 'persisted', ticket: effect.ticket }),
      (error: unknown) => this.#fail('storage-failed', 'a write was not made durable', error),
    );
  }

  async #readEntries(effect: Extract<Effect, { type: 'read-entries' }>): Promise<void> {
    const { ticket, from, to, maxBytes } = effect;
    try {
      const limits = { maxCount: to - from + 1, maxBytes };
      const entries = await this.#storedLog.entries(from, to, limits);
      const last = entries[entries.length - 1];
      const certificate =
        last === undefined ? null : await this.#storedLog.highestCertificate(from, last.index);
      this.input({ type: 'entries-read', ticket, entries, certificate });
    } catch (error) {
      this.#fail('storage-failed', 'stored entries could not be read', error);
    }
  }

  #prepare(effect: Extract<Effect, { type: 'prepare-proposal' }>): void {
    const { parent, term, timestamp, ticket } = effect;
    const maxBytes = this.#modules.limits.maxPayloadBytes;
    this.#calls.run(
      () => this.#modules.application.prepareProposal({ parent, term, timestamp, maxBytes }),
      (proposal) => this.input({ type: 'proposal-prepared', ticket, proposal }),
      (error) => {
        this.#report('application-failed', `prepareProposal failed: ${describe(error)}`);
        this.input({ type: 'proposal-prepared', ticket, proposal: null });
      },
    );
  }

  #process(effect: Extract<Effect, { type: 'process-proposal' }>): void {
    const { entry, ticket } = effect;
    this.#calls.run(
      () => this.#modules.application.processProposal(entry),
      (verdict) => this.input({ type: 'proposal-processed', ticket, hash: entry.hash, verdict }),
      (error) => {
        this.#report('application-failed', `processProposal failed: ${describe(error)}`);
        const verdict = { accepted: false, reason: 'the application failed' } as const;
        this.input({ type: 'proposal-processed', ticket, hash: entry.hash, verdict });
      },
    );
  }

  #commit(effect: Extract<Effect, { type: 'commit' }>): void {
    const { entries, certificate } = effect;
    const last = entries[entries.length - 1];
    if (last === undefined) return;
    this.#calls.run(
      () => this.#modules.application.commit(entries, certificate),
      ({ stateDigest }) => this.input({ type: 'applied', index: last.index, stateDigest }),
      (error) => this.#fail('application-failed', `entry ${last.index} was not committed`, error),
    );
  }

  #report(code: string, message: string): void {
    this.#modules.onEvent({ type: 'error', code, message });
  }

  #fail(code: string, what: string, error: unknown): void {
    this.#halt(code, `${what}: ${describe(error)}`);
  }

  #halt(code: string, reason: string): void {
    if (!this.#running) return;
    this.#running = false;
    this.#modules.onHalt({ kind: 'halted', code, reason });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
