/**
 * Imposes the schedule on the network. At every tick the conditions that should hold are computed from the faults in
 * force, and whatever differs from the conditions that do hold is changed.
 */
import { callRpc } from '../../../harness/json-rpc.ts';
import type { ProcessEnd } from '../../../harness/praline-process.ts';
import type { IsolatedNetwork } from '../network/isolated-network.ts';
import type { Observer } from '../network/observer.ts';
import type { ImposedFault, NodeState, NodeStateSpan, Span } from '../timeline.ts';
import {
  type ActiveFault,
  type Conditions,
  conditionsOf,
  type Direction,
  describeFault,
  type Episode,
  type Fault,
  hasHealthyQuorum,
} from './fault.ts';

export interface NemesisOptions {
  readonly schedule: readonly Episode[];
  readonly quorum: number;
  /** Nodes that run the product; a node that misbehaves on purpose is owed nothing. */
  readonly honest: readonly number[];
  /** A process that was asked to end did so, but not in good order. */
  readonly onBadStop: (node: number, end: ProcessEnd, output: string) => void;
}

export interface NemesisModules {
  readonly network: IsolatedNetwork;
  readonly observer: Observer;
  /** Milliseconds since the start of the run. */
  readonly now: () => number;
  readonly announce: (line: string) => void;
}

const TICK_MS = 50;
/** Between two starts of a node that ends at once. */
const RESTART_INTERVAL_MS = 1_000;
/** Between two resets of the same connections. */
const RESET_INTERVAL_MS = 300;
/** Longer than a node tries. */
const HAND_OVER_MS = 7_000;

interface Imposed {
  readonly episode: Episode;
  readonly victim: number | null;
  readonly from: number;
}

const CALM = conditionsOf([], []);

export class Nemesis {
  readonly faults: ImposedFault[] = [];
  readonly states: NodeStateSpan[] = [];
  readonly healthy: Span[] = [];
  readonly #options: NemesisOptions;
  readonly #modules: NemesisModules;
  readonly #active = new Map<number, Imposed>();
  readonly #begun = new Set<number>();
  /** Nodes whose disk was full during the life of their present process. */
  readonly #sufferedFull = new Set<number>();
  /** Nodes that answered since their present process began, by the count of their processes. */
  readonly #answered = new Map<number, number>();
  readonly #current = new Map<number, { state: NodeState; since: number }>();
  readonly #startedAt = new Map<number, number>();
  #conditions: Conditions = CALM;
  #healthySince: number | null = null;
  #lastResetAt = 0;
  #from = 0;
  #timer: NodeJS.Timeout | null = null;
  #isTicking = false;
  #isHealing = false;
  #failure: unknown;

  constructor(options: NemesisOptions, modules: NemesisModules) {
    this.#options = options;
    this.#modules = modules;
  }

  start(): void {
    this.#from = this.#modules.now();
    this.#timer = setInterval(() => this.#turn(), TICK_MS);
  }

  /** No fault from now on; nodes that are down come back. The watch over their states goes on until `stop`. */
  heal(): void {
    this.#isHealing = true;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    const now = this.#modules.now();
    for (const node of this.#modules.network.numbers) this.#enter(node, null, now);
    if (this.#healthySince !== null) this.healthy.push({ from: this.#healthySince, to: now });
    this.#healthySince = null;
  }

  /** All faults are over and every process runs. */
  get isCalm(): boolean {
    const { network } = this.#modules;
    return (
      this.#isHealing &&
      this.#active.size === 0 &&
      !this.#isTicking &&
      this.#options.honest.every((number) => network.machine(number).isRunning)
    );
  }

  get activeKinds(): readonly string[] {
    return [...this.#active.values()].map(({ episode }) => episode.fault.kind);
  }

  wasFull(node: number): boolean {
    return this.#sufferedFull.has(node);
  }

  /** Throws what went wrong in imposing a fault, if anything did. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #turn(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#tick()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#isTicking = false;
      });
  }

  async #tick(): Promise<void> {
    const now = this.#modules.now();
    this.#updateActive(now);
    const active = [...this.#active.values()].map(
      ({ episode, victim, from }): ActiveFault => ({ episode, victim, ageMs: now - from }),
    );
    const wanted = conditionsOf(active, this.#modules.network.numbers);
    await this.#apply(wanted, now);
    this.#watch(this.#modules.now());
  }

  #updateActive(now: number): void {
    const { announce } = this.#modules;
    for (const [id, { episode, victim, from }] of this.#active) {
      if (!this.#isHealing && now < from + episode.durationMs) continue;
      this.#active.delete(id);
      const description = describeFault(episode.fault, victim);
      const { kind } = episode.fault;
      const nodes = victimsOf(episode.fault, victim);
      this.faults.push({ episode: id, kind, from, to: now, nodes, description });
      announce(`end of ${description}`);
    }
    if (this.#isHealing) return;
    for (const episode of this.#options.schedule) {
      if (this.#begun.has(episode.id) || now < this.#from + episode.atMs) continue;
      this.#begun.add(episode.id);
      const victim = this.#resolve(episode.fault);
      this.#active.set(episode.id, { episode, victim, from: now });
      announce(describeFault(episode.fault, victim));
      if (episode.fault.kind === 'hand-over') void this.#handOver(victim, episode.fault.to);
    }
  }

  #resolve(fault: Fault): number | null {
    if (!('target' in fault) || fault.target === null) return null;
    if ('number' in fault.target) return fault.target.number;
    return this.#modules.observer.leader ?? this.#modules.network.numbers[0] ?? 1;
  }

  /** Changes what differs from before. A process that ended by itself is started again once its disk is not full. */
  async #apply(wanted: Conditions, now: number): Promise<void> {
    const { network } = this.#modules;
    const before = this.#conditions;
    this.#conditions = wanted;
    for (const node of difference(before.full, wanted.full)) network.machine(node).freeDisk();
    for (const node of difference(wanted.full, before.full)) {
      this.#sufferedFull.add(node);
      network.machine(node).fillDisk();
    }
    for (const node of difference(before.paused, wanted.paused)) network.machine(node).resume();
    for (const node of difference(wanted.paused, before.paused)) network.machine(node).pause();
    for (const node of difference(before.unplugged, wanted.unplugged)) {
      network.machine(node).setPlugged(true);
    }
    for (const node of difference(wanted.unplugged, before.unplugged)) {
      network.machine(node).setPlugged(false);
    }
    await Promise.all(
      difference(wanted.down, before.down).map((node) => network.machine(node).kill()),
    );
    for (const node of difference(wanted.stopped, before.stopped)) this.#stop(node);
    for (const machine of network.machines) {
      const { number } = machine;
      if (
        machine.isRunning ||
        [wanted.down, wanted.stopped, wanted.full].some((away) => away.has(number))
      )
        continue;
      if (now - (this.#startedAt.get(number) ?? -RESTART_INTERVAL_MS) < RESTART_INTERVAL_MS)
        continue;
      this.#sufferedFull.delete(number);
      this.#startedAt.set(number, now);
      machine.start();
      if (wanted.paused.has(number)) machine.pause();
    }
    this.#applyLinks(wanted, now);
  }

  /** In a network that trusts nobody the leader itself has to be asked. Disturbed nodes may refuse: that is no failure. */
  async #handOver(leader: number | null, to: number | null): Promise<void> {
    const { network, announce } = this.#modules;
    if (leader === null || leader === to) return;
    const receiver = to === null ? [] : [network.publicKeys[to - 1]];
    const asked = callRpc(network.url(leader), 'mokka_transferLeadership', receiver, HAND_OVER_MS);
    await asked.catch((error: unknown) => {
      announce(`no hand-over: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  #stop(node: number): void {
    const machine = this.#modules.network.machine(node);
    void machine.stop().then((end) => {
      if (end === null || end.code === 0) return;
      this.#options.onBadStop(node, end, machine.output);
    });
  }

  #applyLinks(wanted: Conditions, now: number): void {
    const { network } = this.#modules;
    for (const from of network.numbers) {
      for (const to of network.numbers) {
        if (from === to) continue;
        const direction: Direction = `${from}>${to}`;
        const state = network.link(direction);
        state.isBlocked = wanted.blocked.has(direction);
        state.delay = wanted.delays.get(direction) ?? null;
      }
    }
    network.flush();
    if (wanted.resetting.size > 0 && now - this.#lastResetAt >= RESET_INTERVAL_MS) {
      this.#lastResetAt = now;
      network.reset(wanted.resetting);
    }
  }

  #watch(now: number): void {
    const { network, observer } = this.#modules;
    const usable: number[] = [];
    for (const machine of network.machines) {
      const { number } = machine;
      const seen = observer.latest(number)?.at ?? -1;
      if (seen > (this.#startedAt.get(number) ?? -1)) this.#answered.set(number, machine.starts);
      const state = this.#stateOf(number, machine.isRunning);
      if (state === 'up' && this.#options.honest.includes(number)) usable.push(number);
      this.#enter(number, state, now);
    }
    const isHealthy = hasHealthyQuorum(usable, this.#conditions, this.#options.quorum);
    if (isHealthy) {
      this.#healthySince ??= now;
    } else if (this.#healthySince !== null) {
      this.healthy.push({ from: this.#healthySince, to: now });
      this.#healthySince = null;
    }
  }

  #stateOf(node: number, isRunning: boolean): NodeState {
    const { stopped, paused, unplugged, full } = this.#conditions;
    if (!isRunning || stopped.has(node)) return 'down';
    if (paused.has(node)) return 'paused';
    if (unplugged.has(node)) return 'unplugged';
    if (full.has(node)) return 'disk-full';
    const { starts } = this.#modules.network.machine(node);
    return this.#answered.get(node) === starts ? 'up' : 'starting';
  }

  #enter(node: number, state: NodeState | null, now: number): void {
    const current = this.#current.get(node);
    if (current?.state === state) return;
    if (current !== undefined) {
      this.states.push({ node, state: current.state, from: current.since, to: now });
    }
    if (state === null) this.#current.delete(node);
    else this.#current.set(node, { state, since: now });
  }
}

function difference(one: ReadonlySet<number>, other: ReadonlySet<number>): readonly number[] {
  return [...one].filter((item) => !other.has(item));
}

function victimsOf(fault: Fault, victim: number | null): readonly number[] {
  if (victim !== null) return [victim];
  switch (fault.kind) {
    case 'halves':
    case 'bridge':
      return fault.part;
    case 'restart-all':
    case 'rolling-restart':
      return fault.order;
    case 'kill-many':
      return fault.nodes;
    default:
      return [];
  }
}
