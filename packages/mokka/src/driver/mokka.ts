/** A node of a cluster: the core with its driver, behind one object. */
import { randomInt } from 'node:crypto';
import type { Application } from '../application.ts';
import type { StoreIdentity } from '../codec/record-codec.ts';
import { sha256, toHex } from '../core/bytes.ts';
import type { CommitCertificate, LeaderProof } from '../core/certificate.ts';
import { Core } from '../core/core.ts';
import type { Entry } from '../core/entry.ts';
import type { CoreEvent } from '../core/event.ts';
import type { Evidence } from '../core/evidence.ts';
import { type Member, type MembershipChange, validatorsOf } from '../core/members.ts';
import {
  type CoreOptions,
  DEFAULT_LIMITS,
  DEFAULT_TIMING,
  type Limits,
  type Timing,
} from '../core/options.ts';
import type { Retention } from '../core/pruning.ts';
import type { SignatureScheme } from '../core/statements.ts';
import type { CoreStatus } from '../core/status.ts';
import type {
  ClusterId,
  CrashModel,
  EntryHash,
  EntryId,
  LogIndex,
  NodeId,
  Term,
} from '../core/types.ts';
import { userFrame, userFrameBody } from '../ordered-log/application-frame.ts';
import { OrderedLog } from '../ordered-log/ordered-log.ts';
import type { JsonValue, OrderedLogOptions, PushPlace } from '../ordered-log/push.ts';
import { PushError } from '../ordered-log/push-error.ts';
import type { Storage } from '../storage/storage.ts';
import type { Channel, PeerAddress, Transport } from '../transport/transport.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import { Driver, type StopReason } from './driver.ts';
import { type Logger, SILENT_LOGGER } from './logger.ts';
import { type CommittedMembership, MembershipCalls } from './membership-calls.ts';
import { MokkaError } from './mokka-error.ts';
import { EventListeners, type MokkaEvents, type MokkaListener } from './mokka-events.ts';
import { ReadWaits } from './read-waits.ts';
import { restoreCore } from './restore.ts';
import { type EntryCertificate, StoredLog } from './stored-log.ts';

/** Entries that `getEntriesAfter` reads at most. */
const MAX_ENTRIES_READ = 1024;
const MAX_ENTRIES_BYTES = 64 * 1024 * 1024;
/** How long `proposeMembership` waits for the commit. */
const DEFAULT_MEMBERSHIP_TIMEOUT_MS = 10_000;
/** Milliseconds after which `readIndex` gives up. */
const DEFAULT_READ_TIMEOUT = 5_000;

/** With an application of its own, or with `push` and an `apply` for what was pushed. */
export type MokkaOptions = NodeOptions &
  (
    | ({ readonly application?: never } & OrderedLogOptions)
    | ({ readonly application: Application } & {
        readonly [Name in keyof OrderedLogOptions]?: never;
      })
  );

/** What every node needs, whatever its application. */
export interface NodeOptions {
  readonly identity: { readonly id: NodeId; readonly signatures: SignatureScheme };
  readonly clusterId: ClusterId;
  readonly crashModel: CrashModel;
  /** The validators of genesis in their agreed order. This node need not be among them: it follows once it is added. */
  readonly validators: readonly PeerAddress[];
  /** The observers of genesis. */
  readonly observers?: readonly PeerAddress[];
  /** Present members, for a node that joins a cluster, or comes back to one, whose earlier members may be gone. */
  readonly contacts?: readonly PeerAddress[];
  /** Started and closed by this node. */
  readonly transport: Transport;
  /** Created with `createStore`; opened and closed by the caller. */
  readonly storage: Storage;
  readonly timing?: Partial<Timing>;
  readonly limits?: Partial<Limits>;
  /** What is kept of the log: everything (`archive`, the default), or at least so many applied entries. */
  readonly retention?: Retention;
  /**
   * An entry that is known to be right. While it is still to come, nothing is taken from peers that does not hold it; what
   * contradicts it stops the node (`trusted-entry-mismatch`). Rule *snapshot*.
   */
  readonly trustedEntry?: EntryId;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Where a node's log stands. */
export interface LogInfo {
  readonly term: Term;
  readonly last: EntryId;
  readonly committed: EntryId;
  /** Covers `committed`; null at the root. */
  readonly certificate: CommitCertificate | null;
  /** The first entry that is kept; 1 when nothing is pruned. */
  readonly lowest: LogIndex;
}

function withRole(addresses: readonly PeerAddress[], role: Member['role']): Member[] {
  return addresses.map(({ id, host, port }) => ({ id, host, port, role }));
}

/** The hash that stands for the empty log of a cluster. */
export function rootHashOf(clusterId: ClusterId): EntryHash {
  return toHex(sha256(new TextEncoder().encode(`mokka/1 root ${clusterId}`))) as EntryHash;
}

/** What `createStore` writes for a node with these options. */
export function storeIdentityOf(
  options: Pick<MokkaOptions, 'identity' | 'clusterId' | 'crashModel'>,
): StoreIdentity {
  const { identity, clusterId, crashModel } = options;
  return { clusterId, crashModel, self: identity.id, rootHash: rootHashOf(clusterId) };
}

/** One node: starts once, runs until `stop` or until something makes it doubt its own state, then is done. */
export class Mokka {
  /** Resolves once the node no longer runs, with the reason. Never rejects. */
  readonly stopped: Promise<StopReason>;
  readonly #options: MokkaOptions;
  readonly #coreOptions: CoreOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners = new EventListeners();
  readonly #storedLog: StoredLog;
  /** Null when the user brings an application. */
  readonly #orderedLog: OrderedLog | null;
  readonly #membershipCalls = new MembershipCalls();
  readonly #reads: ReadWaits;
  #resolveStopped: (reason: StopReason) => void = () => undefined;
  #core: Core | null = null;
  #driver: Driver | null = null;
  #phase: 'new' | 'running' | 'stopping' | 'stopped' = 'new';

  /** @throws {PushError} `invalid-limits`. */
  constructor(options: MokkaOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.#storedLog = new StoredLog(options.storage);
    const { validators, observers = [], contacts = [] } = options;
    this.#reads = new ReadWaits(this.#clock);
    this.#coreOptions = {
      self: options.identity.id,
      clusterId: options.clusterId,
      crashModel: options.crashModel,
      validators: validators.map((validator) => validator.id),
      members: [...withRole(validators, 'validator'), ...withRole(observers, 'observer')],
      contacts: withRole(contacts, 'observer'),
      rootHash: rootHashOf(options.clusterId),
      signatures: options.identity.signatures,
      timing: { ...DEFAULT_TIMING, ...options.timing },
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      seed: randomInt(2 ** 32),
      snapshots: options.application?.snapshots !== undefined,
      retention: options.retention ?? 'archive',
      ...(options.trustedEntry === undefined ? {} : { trustedEntry: options.trustedEntry }),
    };
    this.#orderedLog = options.application === undefined ? this.#createOrderedLog(options) : null;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  /**
   * Restores what is durable and joins the cluster. Rejects with `RestoreError` when the store can not be used, `MokkaError`
   * `already-started`, or what the transport throws when its address is taken.
   */
  async start(): Promise<void> {
    if (this.#phase !== 'new') {
      throw new MokkaError('already-started', 'a node object starts once; make a new one');
    }
    const { storage, transport } = this.#options;
    const application = this.#application();
    const restored = await restoreCore(storage, await application.info(), this.#coreOptions);
    await this.#orderedLog?.open();
    const core = new Core(this.#coreOptions, restored);
    const driver = new Driver({
      core,
      transport,
      storage,
      application,
      clock: this.#clock,
      logger: this.#logger,
      limits: this.#coreOptions.limits,
      onEvent: (event) => this.#onEvent(event),
      onMembershipResult: (request, result) => this.#membershipCalls.answer(request, result),
      onReadCurrent: (through, index) => this.#reads.confirm(through, index),
      onHalt: (reason) => void this.#onHalt(reason),
    });
    this.#core = core;
    this.#driver = driver;
    this.#phase = 'running';
    try {
      transport.setPeers(core.peerAddresses());
      await transport.listen({
        onFrame: (from, channel, frame) => this.#onFrame(from, channel, frame),
        onConnected: (peer) => driver.input({ type: 'peer-connected', peer }),
        onDisconnected: (peer) => driver.input({ type: 'peer-disconnected', peer }),
      });
    } catch (error) {
      this.#phase = 'stopped';
      this.#orderedLog?.close();
      await driver.close();
      throw error;
    }
    driver.input({ type: 'tick' });
  }

  /** Hands leadership over if this node leads, waiting a bounded time for it, then leaves the cluster. */
  async stop(): Promise<void> {
    if (this.#phase === 'new') this.#phase = 'stopped';
    if (this.#phase !== 'running') return;
    this.#phase = 'stopping';
    await this.#leaveLeadership();
    await this.#shutDown({ kind: 'stopped' });
  }

  /**
   * Orders a key and a value: exactly once, in the order of the calls on this node, wherever the leader is. Resolves once
   * it is committed and applied here; waits as long as no quorum is connected. Rejects with {@link PushError}.
   */
  async push(key: string, value: JsonValue): Promise<PushPlace> {
    if (this.#orderedLog !== null) return this.#orderedLog.push(key, value);
    throw new PushError('own-application', 'this node has an application: propose through it');
  }

  /** The application has something to propose. */
  notifyPending(): void {
    this.#driver?.input({ type: 'pending' });
  }

  /** Throws {@link MokkaError} `not-started` before `start`. */
  status(): CoreStatus {
    return this.#started().status();
  }

  /** Throws {@link MokkaError} `not-started` before `start`. */
  getInfo(): LogInfo {
    const core = this.#started();
    return { term: core.status().term, ...core.position() };
  }

  /** A stored entry, committed or not; null when there is none, or none any more. */
  async getEntry(index: LogIndex): Promise<Entry | null> {
    if (this.#isPruned(index)) return null;
    return this.#storedLog.entry(index);
  }

  /** Stored entries above `index`, at most `limit` of them and 1,024; null when the first of them are pruned. */
  async getEntriesAfter(index: LogIndex, limit: number): Promise<readonly Entry[] | null> {
    if (this.#isPruned(index + 1)) return null;
    const maxCount = Math.min(limit, MAX_ENTRIES_READ);
    if (maxCount < 1) return [];
    const from = (index + 1) as LogIndex;
    const to = (index + maxCount) as LogIndex;
    return this.#storedLog.entries(from, to, { maxCount, maxBytes: MAX_ENTRIES_BYTES });
  }

  /** The smallest certificate that covers an entry, with the entries that link them; null when it is not committed, or pruned. */
  async getCertificate(index: LogIndex): Promise<EntryCertificate | null> {
    if (this.#isPruned(index)) return null;
    return this.#storedLog.certificateCovering(index, this.#core?.position().certificate ?? null);
  }

  /** The proof of the leader of a term, if this node has seen an entry of it and still keeps one. */
  async getLeaderProof(term: Term): Promise<LeaderProof | null> {
    return this.#storedLog.leaderProof(term);
  }

  /**
   * BFT: proofs that validators contradicted themselves, at most 1,024. Check them with `verifyEvidence`. Throws {@link MokkaError}
   * `not-started` before `start`.
   */
  getEvidence(): readonly Evidence[] {
    return this.#started().evidence();
  }

  /**
   * BFT, rule *progress*: asks for another leader, until told otherwise or until one starts. Only for what this node itself sent to
   * the leader, and what could have been proposed in each of the last blocks while they had room.
   */
  complain(active: boolean): void {
    this.#driver?.input({ type: 'complaint', active });
  }

  /** Asks this node, if it leads, to give its leadership to another validator; null: to any. */
  transferLeadership(to: NodeId | null): void {
    this.#driver?.input({ type: 'transfer-leadership', to });
  }

  /**
   * Asks the leader, from any node, for a change of the members, and resolves once an entry with exactly the members that the
   * change makes of the present ones is committed here. In BFT mode the same has to be proposed on a quorum of the validators at about
   * the same time, or it ends with `not-approved`. Rejects with {@link MembershipError}.
   */
  async proposeMembership(
    change: MembershipChange,
    { timeoutMs = DEFAULT_MEMBERSHIP_TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
  ): Promise<CommittedMembership> {
    const driver = this.#runningDriver();
    return this.#membershipCalls.propose(change, timeoutMs, (input) => driver.input(input));
  }

  /**
   * Resolves once the application has everything that any node had shown as committed before the call: what it is asked after that
   * is linearizable. Costs one exchange with a quorum, shared by reads that are asked for meanwhile. Answers the index that is
   * applied. Rejects with {@link MokkaError} `read-timed-out` after `timeout` milliseconds, or `not-started`.
   */
  async readIndex(timeout = DEFAULT_READ_TIMEOUT): Promise<LogIndex> {
    const driver = this.#runningDriver();
    return this.#reads.wait(timeout, (read) => driver.input({ type: 'read-index', read }));
  }

  /** Sends bytes on the application channel. False when they were dropped. */
  send(to: NodeId, bytes: Uint8Array): boolean {
    if (this.#phase !== 'running') return false;
    const frame = this.#orderedLog === null ? bytes : userFrame(bytes);
    return this.#options.transport.write(to, 'application', frame);
  }

  /** Sends bytes to every other member; those that are away miss them. */
  broadcast(bytes: Uint8Array): void {
    for (const { id } of this.#core?.peerAddresses() ?? []) this.send(id, bytes);
  }

  on<Type extends keyof MokkaEvents>(type: Type, listener: MokkaListener<Type>): void {
    this.#listeners.on(type, listener);
  }

  off<Type extends keyof MokkaEvents>(type: Type, listener: MokkaListener<Type>): void {
    this.#listeners.off(type, listener);
  }

  #isPruned(index: number): boolean {
    return index < (this.#core?.position().lowest ?? 0);
  }

  #runningDriver(): Driver {
    if (this.#driver === null || this.#phase !== 'running') {
      throw new MokkaError('not-started', 'the node does not run');
    }
    return this.#driver;
  }

  #started(): Core {
    if (this.#core === null) throw new MokkaError('not-started', 'the node was not started');
    return this.#core;
  }

  #onFrame(from: NodeId, channel: Channel, frame: Uint8Array): void {
    if (this.#phase === 'stopped') return;
    if (channel === 'consensus') this.#driver?.frame(from, frame);
    else if (this.#orderedLog?.frame(from, frame) !== true) this.#onUserFrame(from, frame);
  }

  #onUserFrame(from: NodeId, frame: Uint8Array): void {
    const bytes = this.#orderedLog === null ? frame : userFrameBody(frame);
    if (bytes !== null) this.#emit('application-message', { from, bytes });
  }

  #application(): Application {
    const application = this.#options.application ?? this.#orderedLog?.application;
    if (application === undefined) throw new Error('a node has one application');
    return application;
  }

  #createOrderedLog(options: OrderedLogOptions): OrderedLog {
    const { identity, clusterId, crashModel, storage, transport } = this.#options;
    return new OrderedLog(options, {
      ...{ clusterId, crashModel, storage, self: identity.id, signatures: identity.signatures },
      rootHash: this.#coreOptions.rootHash,
      limits: this.#coreOptions.limits,
      clock: this.#clock,
      logger: this.#logger,
      send: (to, frame) => this.#phase !== 'stopped' && transport.write(to, 'application', frame),
      notifyPending: () => this.notifyPending(),
    });
  }

  #onEvent(event: CoreEvent): void {
    if (event.type === 'error') this.#logger.warn({ code: event.code }, event.message);
    this.#orderedLog?.onEvent(event);
    this.#emit(event.type, event as never);
  }

  #emit<Type extends keyof MokkaEvents>(type: Type, event: MokkaEvents[Type]): void {
    this.#listeners.emit(type, event, (error) =>
      this.#logger.error({ type, error: String(error) }, 'a listener threw'),
    );
  }

  async #onHalt(reason: Extract<StopReason, { kind: 'halted' }>): Promise<void> {
    this.#logger.error({ code: reason.code }, reason.reason);
    this.#emit('error', { type: 'error', code: reason.code, message: reason.reason });
    await this.#shutDown(reason);
  }

  async #shutDown(reason: StopReason): Promise<void> {
    if (this.#phase === 'stopped') return;
    this.#phase = 'stopped';
    this.#orderedLog?.close();
    this.#reads.close();
    await this.#options.transport.close();
    await this.#driver?.close();
    this.#membershipCalls.close();
    this.#resolveStopped(reason);
  }

  /** Waits until this node no longer leads, for two election timeouts at most. */
  async #leaveLeadership(): Promise<void> {
    const leads = () => this.#core?.status().role === 'leader';
    if (!leads() || validatorsOf(this.status().members).length === 1) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        this.off('state', onState);
        resolve();
      };
      const onState = () => {
        if (!leads()) done();
      };
      const cancel = this.#clock.schedule(2 * this.#coreOptions.timing.electionTimeout, done);
      this.on('state', onState);
      this.transferLeadership(null);
    });
  }
}
