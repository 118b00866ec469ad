/**
 * One virtual node: carries out the core's effects on the virtual disk, network and application, and feeds it what comes
 * back. It can be slow, paused, crashed (also between two effects of one step) and booted again.
 */
import type { CommitCertificate } from '../../core/certificate.ts';
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { Input } from '../../core/input.ts';
import type { Member } from '../../core/members.ts';
import type { SnapshotEffect, SnapshotOffer } from '../../core/snapshot-exchange.ts';
import type { Epoch, NodeId } from '../../core/types.ts';
import { RestoreError } from '../../driver/restore.ts';
import type { SnapshotManifest } from '../../snapshot.ts';
import { StorageError } from '../../storage/storage-error.ts';
import type { BootRequest, ConsensusCore, CoreBinding } from '../binding.ts';
import type { Observer } from '../observer.ts';
import type { Statistics } from '../statistics.ts';
import type { VirtualApplication } from './application.ts';
import type { VirtualClock } from './clock.ts';
import type { CrashedWrites, VirtualDisk } from './disk.ts';
import type { VirtualNetwork } from './network.ts';
import { readOffer } from './offers.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { ViolationError } from './violation.ts';

/** Steps at one instant of virtual time after which a node is considered to spin. */
const MAX_TICKS_AT_ONE_INSTANT = 50;
/** Rounding error of a deadline, in milliseconds. */
const DEADLINE_TOLERANCE = 1e-6;

export interface NodeSettings {
  readonly number: number;
  readonly ids: readonly NodeId[];
  readonly binding: CoreBinding;
  readonly bootRequest: Omit<BootRequest, 'application' | 'storage' | 'seed'>;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly disk: VirtualDisk;
  readonly clock: VirtualClock;
  readonly application: VirtualApplication;
  readonly network: VirtualNetwork;
  readonly observer: Required<Observer>;
  readonly statistics: Statistics;
}

/** `refused`: its store can not be trusted, so it stays down for good. */
export type NodeState = 'down' | 'booting' | 'running' | 'halted' | 'refused';

export class VirtualNode {
  state: NodeState = 'down';
  /** Chance per step to die between two of its effects. */
  crashInStep = 0;
  /** Mean milliseconds a step takes; 0 for a fast node. */
  stepCost = 0;
  onCrashInStep: () => void = () => {};
  /** A bit of its disk flipped, or the disk is another one: then, and only then, it may refuse to start. */
  hasDoubtfulStore = false;
  /** Members of the last epoch that this node told of. */
  members: readonly Member[] = [];
  /** Numbers of the nodes to which it keeps links. */
  readonly peers = new Set<number>();
  onPeers: () => void = () => {};
  readonly #settings: NodeSettings;
  /** The machines of each key. */
  readonly #numbers = new Map<NodeId, number[]>();
  #core: ConsensusCore | null = null;
  #boot = 0;
  #inbox: Input[] = [];
  #freeAt = 0;
  #draining = false;
  #wakeAt = Number.POSITIVE_INFINITY;
  #wakeNumber = 0;
  #lastTick = -1;
  #ticksAtInstant = 0;

  constructor(settings: NodeSettings) {
    this.#settings = settings;
    for (const [number, id] of settings.ids.entries()) {
      this.#numbers.set(id, [...(this.#numbers.get(id) ?? []), number]);
    }
    settings.disk.onSynced = (operations) => settings.observer.synced(settings.number, operations);
    settings.application.onApplied = (entries) =>
      settings.observer.applied(settings.number, entries);
    settings.application.onRestored = (entry) => settings.observer.restored(settings.number, entry);
  }

  get number(): number {
    return this.#settings.number;
  }

  get application(): VirtualApplication {
    return this.#settings.application;
  }

  get disk(): VirtualDisk {
    return this.#settings.disk;
  }

  /** How often the node was booted. */
  get boots(): number {
    return this.#boot;
  }

  get clock(): VirtualClock {
    return this.#settings.clock;
  }

  #request(): BootRequest {
    const { bootRequest, disk, application, random } = this.#settings;
    return { ...bootRequest, storage: disk, application: application.info, seed: random.word() };
  }

  /** Prepares the disk, once, before the first boot. */
  async initialise(): Promise<void> {
    await this.#settings.binding.initialise(this.#request());
  }

  /** Boots a node that is down, from its disk and its application. */
  async boot(): Promise<void> {
    if (this.state !== 'down') return;
    const { clock, timeline, random, observer, number } = this.#settings;
    this.state = 'booting';
    this.#boot += 1;
    this.#inbox = [];
    this.#freeAt = 0;
    this.#draining = false;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#wakeNumber += 1;
    clock.boot(timeline.now, random.between(0, 1e6));
    observer.booted(number);
    const core = await this.#start();
    if (core === null) return;
    this.#core = core;
    this.state = 'running';
    this.receive({ type: 'tick' });
  }

  /** Null when the store can not be trusted. Rule *durability*: an empty store must never start. */
  async #start(): Promise<ConsensusCore | null> {
    const { binding, disk, observer, number, statistics } = this.#settings;
    const isEmpty = disk.content.isEmpty();
    let core: ConsensusCore;
    try {
      core = await binding.boot(this.#request());
    } catch (error) {
      const isRefusal = error instanceof RestoreError || error instanceof StorageError;
      if (!isRefusal || !this.hasDoubtfulStore) throw error;
      this.state = 'refused';
      statistics.faults.refusedStarts += 1;
      observer.fault(`node ${number} refuses to start: ${error.code}`);
      return null;
    }
    if (isEmpty)
      throw new ViolationError('durability', `node ${number} starts with an empty store`);
    return core;
  }

  /** A read of its own disk failed its checksum: the node stops, as its host does. */
  #refuse(reason: string): void {
    const { disk, application, observer, statistics } = this.#settings;
    this.state = 'refused';
    this.#retire();
    this.#boot += 1;
    this.#inbox = [];
    disk.crash();
    application.crash();
    statistics.faults.refusedStarts += 1;
    observer.crashed(this.number);
    observer.fault(`node ${this.number} stops for good: ${reason}`);
  }

  /** The run is over. */
  finish(): void {
    this.#retire();
  }

  /** Tells what the core has ignored; it ends here. */
  #retire(): void {
    const ignored = this.#core?.ignored?.();
    if (ignored !== undefined) this.#settings.observer.ignored(this.number, ignored);
    this.#core = null;
  }

  /** Power is cut. */
  crash(): CrashedWrites {
    if (this.state === 'down') return { lost: 0, kept: 0 };
    this.state = 'down';
    this.#retire();
    this.#boot += 1;
    this.#inbox = [];
    const writes = this.#settings.disk.crash();
    this.#settings.application.crash();
    this.#settings.observer.crashed(this.number);
    return writes;
  }

  /** Stops the node, as SIGSTOP does; what arrives meanwhile waits. The clock may stand still with it, as in a frozen machine. */
  pause(duration: number, withClock: boolean): void {
    const { timeline, clock } = this.#settings;
    const until = Math.max(this.#freeAt, timeline.now + duration);
    if (withClock && this.#freeAt <= timeline.now) clock.freeze(timeline.now, duration);
    this.#freeAt = until;
  }

  resume(): void {
    this.#freeAt = 0;
    this.#settings.clock.thaw(this.#settings.timeline.now);
    this.#scheduleDrain();
    // A deadline of a clock that runs again is nearer than it was.
    if (this.state === 'running') this.#armTimer();
  }

  receive(input: Input): void {
    if (this.state !== 'running') return;
    if (this.#inbox.length > 0 || this.#freeAt > this.#settings.timeline.now) {
      this.#inbox.push(input);
      this.#scheduleDrain();
    } else this.#step(input);
  }

  #scheduleDrain(): void {
    if (this.#inbox.length === 0) return;
    const boot = this.#boot;
    const freeAt = this.#freeAt;
    if (this.#draining && freeAt > 0) return;
    this.#draining = true;
    this.#settings.timeline.at(freeAt, () => {
      this.#draining = false;
      if (boot !== this.#boot || this.state !== 'running') return;
      if (this.#freeAt <= this.#settings.timeline.now) {
        const input = this.#inbox.shift();
        if (input !== undefined) this.#step(input);
      }
      this.#scheduleDrain();
    });
  }

  #step(input: Input, atLeast = 0): void {
    const { timeline, random, clock, observer, statistics, number } = this.#settings;
    const core = this.#core;
    if (core === null) return;
    statistics.steps += 1;
    observer.input(number, input);
    const effects = core.step(input, clock.read(timeline.now, atLeast));
    if (this.stepCost > 0) this.#freeAt = timeline.now + random.exponential(this.stepCost);
    const diesAfter = random.chance(this.crashInStep) ? random.integer(0, effects.length) : -1;
    const boot = this.#boot;
    for (const [done, effect] of effects.entries()) {
      if (done === diesAfter) break;
      observer.effect(number, effect);
      this.#carryOut(effect);
      if (boot !== this.#boot || this.state !== 'running') return;
    }
    if (diesAfter >= 0) this.onCrashInStep();
    else this.#armTimer();
  }

  #armTimer(): void {
    const { timeline, clock, random } = this.#settings;
    const deadline = this.#core?.nextDeadline() ?? null;
    if (deadline === null) return;
    const instant = Math.max(clock.virtualInstant(deadline) + random.fraction(), timeline.now);
    if (instant >= this.#wakeAt) return;
    this.#wakeAt = instant;
    this.#wakeNumber += 1;
    const wake = this.#wakeNumber;
    timeline.at(instant, () => {
      if (wake === this.#wakeNumber) this.#wakeUp();
    });
  }

  #wakeUp(): void {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    if (this.state !== 'running') return;
    const { timeline, clock } = this.#settings;
    const deadline = this.#core?.nextDeadline() ?? null;
    if (deadline === null) return;
    if (clock.read(timeline.now).now < deadline - DEADLINE_TOLERANCE) {
      this.#armTimer();
      return;
    }
    if (this.#inbox.length > 0 || this.#freeAt > timeline.now) {
      this.receive({ type: 'tick' });
      return;
    }
    this.#watchSpinning();
    this.#step({ type: 'tick' }, deadline);
  }

  #watchSpinning(): void {
    const { timeline, number } = this.#settings;
    this.#ticksAtInstant = this.#lastTick === timeline.now ? this.#ticksAtInstant + 1 : 0;
    this.#lastTick = timeline.now;
    if (this.#ticksAtInstant > MAX_TICKS_AT_ONE_INSTANT) {
      throw new ViolationError('timer', `node ${number} asks for ticks without time passing`);
    }
  }

  #carryOut(effect: Effect): void {
    const { network, application, disk, random, timeline } = this.#settings;
    switch (effect.type) {
      case 'send':
        for (const to of this.#machinesOf(effect.to)) {
          network.send(this.number, to, effect.message);
        }
        return;
      case 'persist': {
        const { ticket } = effect;
        disk.submit(effect.operations, this.#answer({ type: 'persisted', ticket }));
        return;
      }
      case 'read-entries': {
        const boot = this.#boot;
        timeline.after(random.exponential(disk.meanSync / 4), () => {
          if (boot === this.#boot) this.#answerRead(effect);
        });
        return;
      }
      case 'prepare-proposal': {
        const { ticket } = effect;
        application.prepare(effect.parent, (proposal) =>
          this.#answer({ type: 'proposal-prepared', ticket, proposal })(),
        );
        return;
      }
      case 'process-proposal': {
        const { ticket, entry } = effect;
        application.process(entry, (verdict) =>
          this.#answer({ type: 'proposal-processed', ticket, hash: entry.hash, verdict })(),
        );
        return;
      }
      case 'commit':
        this.#commit(effect.entries, effect);
        return;
      case 'rollback':
        application.rollback(effect.to);
        return;
      case 'peers':
        this.peers.clear();
        for (const { id } of effect.peers) {
          for (const number of this.#machinesOf(id)) this.peers.add(number);
        }
        this.onPeers();
        return;
      case 'event':
        if (effect.event.type === 'epoch') this.members = effect.event.members;
        return;
      case 'membership-result':
      case 'read-current':
        return;
      case 'offer-snapshot':
      case 'read-chunk':
      case 'begin-restore':
      case 'restore-chunk':
      case 'abandon-restore':
      case 'finish-restore':
        this.#runSnapshot(effect);
        return;
      case 'halt':
        this.state = 'halted';
        return;
    }
  }

  #commit(entries: readonly Entry[], effect: Effect & { type: 'commit' }): void {
    this.#settings.application.commit(entries, effect.certificate, (index, stateDigest) =>
      this.#answer({ type: 'applied', index, stateDigest })(),
    );
  }

  #runSnapshot(effect: SnapshotEffect): void {
    const boot = this.#boot;
    this.application.snapshots.run(
      effect,
      (manifest, { ticket, newest, epoch }) => ({
        type: 'snapshot-offered',
        ticket,
        at: manifest.entry.index,
        offer: this.#offer(manifest, newest, epoch),
      }),
      (input) => {
        if (boot === this.#boot) this.receive(input);
      },
    );
  }

  #offer(
    manifest: SnapshotManifest,
    newest: CommitCertificate | null,
    epoch: Epoch,
  ): SnapshotOffer | null {
    try {
      return readOffer(this.disk, this.#settings.binding, manifest, newest, epoch);
    } catch (error) {
      if (!(error instanceof StorageError) || !this.hasDoubtfulStore) throw error;
      this.#refuse(error.code);
      return null;
    }
  }

  /** An input that arrives only if the node was not booted anew in between. */
  #answer(input: Input): () => void {
    const boot = this.#boot;
    return () => {
      if (boot === this.#boot) this.receive(input);
    };
  }

  #answerRead(effect: Effect & { type: 'read-entries' }): void {
    let input: Input;
    try {
      input = this.#readEntries(effect);
    } catch (error) {
      if (!(error instanceof StorageError) || !this.hasDoubtfulStore) throw error;
      this.#refuse(error.code);
      return;
    }
    this.receive(input);
  }

  #readEntries(effect: Effect & { type: 'read-entries' }): Input {
    const { binding } = this.#settings;
    const entries: Entry[] = [];
    const limits = { maxCount: effect.to - effect.from + 1, maxBytes: effect.maxBytes };
    let next: number = effect.from;
    for (const { key, value } of this.disk.read('entries', effect.from, effect.to, limits)) {
      if (key !== next) break;
      entries.push(binding.decodeEntry(value));
      next = key + 1;
    }
    const all = { maxCount: limits.maxCount, maxBytes: Number.MAX_SAFE_INTEGER };
    const bytes = this.disk.read('certificates', effect.from, next - 1, all).at(-1)?.value;
    const certificate = bytes === undefined ? null : binding.decodeCertificate(bytes);
    return { type: 'entries-read', ticket: effect.ticket, entries, certificate };
  }

  /** Which of them hears it is up to the network. */
  #machinesOf(id: NodeId): readonly number[] {
    const numbers = this.#numbers.get(id);
    if (numbers === undefined) throw new ViolationError('address', `a message is sent to ${id}`);
    return numbers;
  }
}
