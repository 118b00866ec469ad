/**
 * One run from one seed: break the cluster for a while, then heal a part of it and demand that this part recovers.
 *
 * The healed part holds at least a quorum and is fully connected; the rest stays dead, cut off, deaf or mute. Within
 * `RECOVERY_LIMIT` a command sent after healing must be applied by every healed node, and the healed nodes must agree.
 */
import type { CrashModel } from '../core/types.ts';
import type { CoreBinding } from './binding.ts';
import { createCheckers, quorumOf } from './checkers/checkers.ts';
import type { ReadChecker } from './checkers/reads.ts';
import { combineObservers, type Observer } from './observer.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { emptyStatistics, type Statistics } from './statistics.ts';
import { VirtualClient } from './world/client.ts';
import { Cluster } from './world/cluster.ts';
import { FaultInjector } from './world/faults.ts';
import { Random } from './world/random.ts';
import { VirtualReader } from './world/reader.ts';
import { ViolationError } from './world/violation.ts';

/** Virtual milliseconds a healed cluster may take until every node has applied a new command. */
const RECOVERY_LIMIT = 15_000;
/** Virtual milliseconds that a recovered cluster goes on, under load. */
const CALM_TIME = 400;
/** Virtual milliseconds for the last entries to reach every healed node once the load has ended. */
const SETTLE_LIMIT = 10_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes: number;
  /** CFT when it is left out. */
  readonly crashModel?: CrashModel;
  readonly binding: CoreBinding;
  /** Listens beside the checkers, given the virtual time. */
  readonly trace?: (now: () => number) => Observer;
  /** Replaces what the seed says, for directed tests. */
  readonly adjust?: (scenario: Scenario) => Scenario;
}

export interface Violation {
  readonly rule: string;
  readonly message: string;
  /** Virtual milliseconds. */
  readonly at: number;
}

export interface SimulationResult {
  readonly scenario: Scenario;
  readonly statistics: Statistics;
  readonly violation: Violation | null;
}

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const drawn = drawScenario(options.seed, options.nodes, options.crashModel);
  const scenario = options.adjust?.(drawn) ?? drawn;
  const simulation = new Simulation(scenario, options);
  const violation = await simulation.run();
  return { scenario, statistics: simulation.statistics, violation };
}

class Simulation {
  readonly statistics = emptyStatistics();
  readonly #scenario: Scenario;
  readonly #cluster: Cluster;
  readonly #client: VirtualClient;
  readonly #reader: VirtualReader;
  readonly #reads: ReadChecker;
  readonly #faults: FaultInjector;
  readonly #observer: Required<Observer>;
  readonly #random: Random;

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario;
    this.#random = new Random(scenario.seed, 'healing');
    const observers: Observer[] = [];
    this.#observer = combineObservers(observers);
    const { statistics } = this;
    const modules = { binding: options.binding, observer: this.#observer, statistics };
    this.#cluster = new Cluster(scenario, modules);
    if (options.trace !== undefined) {
      observers.push(options.trace(() => this.#cluster.timeline.now));
    }
    const checkers = createCheckers(this.#cluster, options.binding, statistics);
    observers.push(...checkers.observers);
    this.#reads = checkers.reads;
    this.#reader = new VirtualReader(this.#cluster, scenario.seed);
    this.#client = new VirtualClient(this.#cluster, scenario.seed);
    this.#faults = new FaultInjector(this.#cluster, scenario, {
      counts: statistics.faults,
      observer: this.#observer,
    });
  }

  /** Null when nothing was violated. */
  async run(): Promise<Violation | null> {
    try {
      await this.#cluster.start();
      this.#client.start(this.#scenario.commandInterval);
      this.#reader.start();
      this.#faults.start();
      await this.#cluster.run(this.#scenario.breakFor);
      const healed = this.#heal();
      await this.#awaitRecovery(healed);
      await this.#cluster.run(this.#cluster.timeline.now + CALM_TIME);
      this.#client.stop();
      this.#reader.stop();
      for (const number of healed) this.#reader.ask(number);
      await this.#awaitConvergence(healed);
      this.#observer.finished(healed);
      return null;
    } catch (error) {
      return describeViolation(error, this.#cluster.timeline.now);
    } finally {
      this.statistics.messages = this.#cluster.network.messages;
      this.statistics.reads = this.#reads.confirmed;
      this.statistics.virtualTime = this.#cluster.timeline.now;
    }
  }

  #heal(): number[] {
    const { nodes, network, connections } = this.#cluster;
    const quorum = quorumOf(this.#scenario.crashModel, nodes.length);
    const size = this.#random.chance(0.5)
      ? nodes.length
      : this.#random.integer(quorum, nodes.length);
    const all = nodes.map((node) => node.number);
    const healed = this.#random.sample(all, size).sort();
    this.#observer.fault(`heal ${healed}`);
    network.heal();
    for (const left of healed) {
      for (const right of healed) network.open(left, right);
    }
    for (const number of all.filter((candidate) => !healed.includes(candidate))) {
      this.#abandon(number, healed);
    }
    for (const number of healed) this.#repair(number);
    connections.reconnect();
    return healed;
  }

  #repair(number: number): void {
    const node = this.#cluster.nodes[number];
    if (node === undefined) return;
    node.crashInStep = 0;
    node.stepCost = 0;
    node.application.refusal = 0;
    node.disk.meanSync = Math.min(node.disk.meanSync, 5);
    node.application.meanAnswer = Math.min(node.application.meanAnswer, 5);
    node.resume();
    this.#cluster.bootAfter(number, this.#random.between(0, 50));
  }

  /** A node outside of the healed part: dead, or cut off in one way or another. */
  #abandon(number: number, healed: readonly number[]): void {
    const { network, connections } = this.#cluster;
    const fate = this.#random.pick(['dead', 'dead', 'cut off', 'deaf', 'mute'] as const);
    this.#observer.fault(`node ${number} stays ${fate}`);
    if (fate === 'dead') {
      this.#cluster.crash(number);
      this.#cluster.abandon(number);
      return;
    }
    for (const peer of healed) {
      if (fate === 'deaf') network.open(number, peer);
      else network.cut(number, peer);
      if (fate === 'mute') network.open(peer, number);
      else network.cut(peer, number);
      if (this.#random.chance(0.5)) connections.breakLink(number, peer);
    }
  }

  async #awaitRecovery(healed: readonly number[]): Promise<void> {
    const { timeline, nodes } = this.#cluster;
    const healedAt = timeline.now;
    const command = this.#client.send(healed);
    const hasRecovered = (): boolean =>
      healed.every((number) => nodes[number]?.application.hasApplied(command));
    if (!(await this.#cluster.run(healedAt + RECOVERY_LIMIT, hasRecovered))) {
      throw new ViolationError(
        'liveness',
        `healed nodes ${healed} did not all apply a new command within ${RECOVERY_LIMIT} ms`,
      );
    }
    this.statistics.recovery = timeline.now - healedAt;
  }

  async #awaitConvergence(healed: readonly number[]): Promise<void> {
    const { timeline } = this.#cluster;
    const isConverged = (): boolean =>
      healed.every((number) => this.#appliedIndex(number) === this.#appliedIndex(healed[0] ?? 0)) &&
      healed.every((number) => this.#reads.isAnswered(number));
    await this.#cluster.run(timeline.now + CALM_TIME);
    if (!(await this.#cluster.run(timeline.now + SETTLE_LIMIT, isConverged))) {
      const last = healed.map((number) => this.#appliedIndex(number));
      throw new ViolationError(
        'convergence',
        `healed nodes ${healed} stay at different entries (${last}) or have open reads`,
      );
    }
  }

  #appliedIndex(number: number): number {
    return this.#cluster.nodes[number]?.application.appliedIndex ?? -1;
  }
}

function describeViolation(error: unknown, at: number): Violation {
  if (error instanceof ViolationError) return { rule: error.rule, message: error.message, at };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { rule: 'exception', message: `exception: ${message}`, at };
}
