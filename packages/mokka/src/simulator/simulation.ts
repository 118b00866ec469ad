/**
 * One run from one seed: break the cluster for a while, then heal a part of it and demand that this part recovers.
 *
 * The healed part holds at least a quorum and is fully connected; the rest stays dead, cut off, deaf or mute. Within
 * `RECOVERY_LIMIT` a command sent after healing must be applied by every healed node, and the healed nodes must agree.
 */
import type { CrashModel, NodeId } from '../core/types.ts';
import type { CoreBinding } from './binding.ts';
import type { Habit } from './byzantine/habits.ts';
import { withLiars } from './byzantine/liar.ts';
import { Outsider } from './byzantine/outsider.ts';
import { createCheckers } from './checkers/checkers.ts';
import type { EpochBook } from './checkers/epochs.ts';
import type { ReadChecker } from './checkers/reads.ts';
import { CoverageCounter } from './coverage/coverage.ts';
import { MembershipCoverage } from './coverage/membership.ts';
import type { Rule } from './coverage/rules.ts';
import { SnapshotCoverage } from './coverage/snapshots.ts';
import { TwinCoverage } from './coverage/twins.ts';
import { combineObservers, type Observer, ofCorrectNodes } from './observer.ts';
import { drawScenario, faultyNodes, type Scenario } from './scenario.ts';
import { emptyStatistics, type Statistics } from './statistics.ts';
import { AbsenceInjector } from './world/absence.ts';
import { VirtualClient } from './world/client.ts';
import { Cluster, genesisMembers } from './world/cluster.ts';
import { FaultInjector } from './world/faults.ts';
import { SnapshotInterrupter } from './world/interruptions.ts';
import { MembershipOperators } from './world/membership.ts';
import { Random } from './world/random.ts';
import { VirtualReader } from './world/reader.ts';
import { TwinDivider } from './world/twins.ts';
import { ViolationError } from './world/violation.ts';

/** Virtual milliseconds a healed cluster may take until every node has applied a new command. */
const RECOVERY_LIMIT = 15_000;
/** Each liar may lead a term, and is left only when it makes no progress. */
const RECOVERY_LIMIT_WITH_LIARS = 90_000;
/** Virtual milliseconds that a recovered cluster goes on, under load. */
const CALM_TIME = 400;
/** Virtual milliseconds for the last entries to reach every healed node once the load has ended. */
const SETTLE_LIMIT = 10_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly nodes: number;
  /** CFT by default. */
  readonly crashModel?: CrashModel;
  readonly binding: CoreBinding;
  /** Listens beside the checkers, given the virtual time. */
  readonly trace?: (now: () => number) => Observer;
  /** Of the rules checked, `agreement` alone: whether a mistake leads to a fork in the end. */
  readonly only?: 'agreement';
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
  readonly #absence: AbsenceInjector;
  readonly #epochs: EpochBook;
  readonly #operators: MembershipOperators;
  readonly #observer: Required<Observer>;
  readonly #random: Random;
  readonly #twins: TwinDivider;
  /** Machines that nothing is demanded of: liars, and both machines of a key. */
  readonly #faulty: ReadonlySet<number>;

  constructor(scenario: Scenario, options: SimulationOptions) {
    this.#scenario = scenario;
    this.#random = new Random(scenario.seed, 'healing');
    const observers: Observer[] = [];
    this.#observer = combineObservers(observers);
    const { statistics } = this;
    const plans = new Map(
      scenario.liars.map(({ node, habits, eagerness }) => {
        const onLie = (habit: Habit): void => {
          statistics.lies[habit] += 1;
        };
        return [node, { habits: new Set(habits), eagerness, onLie }];
      }),
    );
    const binding = withLiars(
      options.binding,
      plans,
      (node) => new Random(scenario.seed, `liar ${node}`),
    );
    const modules = { binding, observer: this.#observer, statistics };
    this.#cluster = new Cluster(scenario, modules);
    const { ids } = this.#cluster.names;
    const faultyIds = faultyNodes(scenario).map((number) => ids[number]);
    this.#faulty = new Set([...ids.keys()].filter((number) => faultyIds.includes(ids[number])));
    if (options.trace !== undefined) {
      observers.push(options.trace(() => this.#cluster.timeline.now));
    }
    const checkers = createCheckers(this.#cluster, options.binding, {
      statistics,
      only: options.only ?? null,
      liars: this.#faulty,
      twins: this.#twinMachines(),
    });
    observers.push(...checkers.observers);
    for (const each of this.#coverage()) observers.push(ofCorrectNodes(each, this.#faulty));
    if (scenario.twins.length > 0) observers.push(this.#twinCoverage());
    this.#reads = checkers.reads;
    this.#epochs = checkers.epochs;
    this.#operators = new MembershipOperators(this.#cluster, scenario, statistics);
    this.#reader = new VirtualReader(this.#cluster, scenario.seed);
    if (scenario.outsider) {
      const outsider = new Outsider(this.#cluster, scenario.seed, () => {
        statistics.faults.outsiderMessages += 1;
      });
      observers.push(outsider);
      outsider.start();
    }
    this.#client = new VirtualClient(this.#cluster, scenario.seed);
    const reported = { counts: statistics.faults, observer: this.#observer };
    this.#faults = new FaultInjector(this.#cluster, scenario, reported);
    this.#twins = new TwinDivider(this.#cluster, scenario, this.#observer);
    statistics.twins = scenario.twins.length;
    this.#absence = new AbsenceInjector(this.#cluster, scenario.snapshots.absence, reported);
    if (scenario.snapshots.interruption > 0) {
      observers.push(new SnapshotInterrupter(this.#cluster, scenario, reported));
    }
  }

  #twinMachines(): ReadonlySet<number> {
    const { ids, keys } = this.#cluster.names;
    const twinned = this.#scenario.twins.map((number) => keys[number]);
    return new Set([...ids.keys()].filter((number) => twinned.includes(ids[number])));
  }

  #twinCoverage(): Observer {
    const { rules } = this.statistics;
    return new TwinCoverage(this.#cluster.names.ids, this.#twinMachines(), (rule) => {
      rules[rule] += 1;
    });
  }

  #coverage(): Observer[] {
    const { names, timeline, validators } = this.#cluster;
    const { rules } = this.statistics;
    const count = (rule: Rule): void => {
      rules[rule] += 1;
    };
    const general = new CoverageCounter({
      ids: names.ids,
      quorum: this.#scenario.quorum,
      counts: rules,
      heartbeatInterval: this.#scenario.timing.heartbeatInterval,
      now: () => timeline.now,
    });
    return [
      general,
      new SnapshotCoverage(names.ids.length, count),
      new MembershipCoverage(names.ids, genesisMembers(validators), count),
    ];
  }

  /** Null when nothing was violated. */
  async run(): Promise<Violation | null> {
    try {
      await this.#cluster.start();
      this.#client.start(this.#scenario.commandInterval);
      this.#reader.start();
      this.#faults.start();
      this.#operators.start();
      this.#absence.start();
      this.#twins.start();
      await this.#cluster.run(this.#scenario.breakFor);
      const healed = this.#heal();
      await this.#awaitRecovery(healed);
      await this.#cluster.run(this.#cluster.timeline.now + CALM_TIME);
      this.#client.stop();
      this.#reader.stop();
      for (const number of this.#membersAmong(healed)) this.#reader.ask(number);
      await this.#awaitConvergence(healed);
      for (const node of this.#cluster.nodes) node.finish();
      this.#observer.finished(this.#membersAmong(healed));
      return null;
    } catch (error) {
      return describeViolation(error, this.#cluster.timeline.now);
    } finally {
      const { faults, rules } = this.statistics;
      rules['durability: lost store refused'] = faults.refusedStarts;
      rules['durability: stopped by a failed write'] = faults.failedWrites;
      this.statistics.messages = this.#cluster.network.messages;
      this.statistics.reads = this.#reads.confirmed;
      this.statistics.virtualTime = this.#cluster.timeline.now;
    }
  }

  #heal(): number[] {
    const { nodes, network, connections } = this.#cluster;
    const all = nodes.map((node) => node.number);
    // A store that is in doubt may be refused at the next start: nothing can be demanded of its node.
    const able = all.filter(
      (number) => nodes[number]?.hasDoubtfulStore === false && !this.#faulty.has(number),
    );
    // Which members there will be is not known yet where operators are at work: everyone may be needed.
    const isWhole = this.#random.chance(0.5) || this.#scenario.membership.interval > 0;
    const size = isWhole ? able.length : this.#random.integer(this.#scenario.quorum, able.length);
    const away = this.#scenario.snapshots.absence?.node ?? -1;
    const sample = this.#random.sample(able, size);
    // Whoever was away shall come to take its snapshot.
    const healed = able.filter((number) => sample.includes(number) || number === away);
    this.#observer.fault(`heal ${healed}`);
    this.#absence.end();
    network.heal();
    // Liars keep their connections: they do their worst. So do twins, apart or together.
    const connected = [...healed, ...this.#faulty];
    for (const left of connected) {
      for (const right of connected) network.open(left, right);
    }
    for (const number of all.filter((candidate) => !connected.includes(candidate))) {
      this.#abandon(number, healed);
    }
    for (const number of connected) this.#repair(number);
    this.#twins.settle(healed);
    connections.reconnect();
    return healed;
  }

  #repair(number: number): void {
    const node = this.#cluster.nodes[number];
    if (node === undefined) return;
    node.crashInStep = 0;
    node.stepCost = 0;
    node.application.refusal = 0;
    node.application.snapshots.isReliable = true;
    node.disk.isFull = false;
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
    const limit = this.#faulty.size === 0 ? RECOVERY_LIMIT : RECOVERY_LIMIT_WITH_LIARS;
    const command = this.#client.send(healed);
    const hasRecovered = (): boolean =>
      this.#membersAmong(healed).every((number) => nodes[number]?.application.hasApplied(command));
    if (!(await this.#cluster.run(healedAt + limit, hasRecovered))) {
      throw new ViolationError(
        'liveness',
        `healed nodes ${healed} did not all apply a new command within ${limit} ms`,
      );
    }
    this.statistics.recovery = timeline.now - healedAt;
  }

  async #awaitConvergence(healed: readonly number[]): Promise<void> {
    const { timeline, nodes } = this.#cluster;
    const correct = nodes.map(({ number }) => number).filter((node) => !this.#faulty.has(node));
    const isConverged = (): boolean => {
      const members = this.#membersAmong(healed);
      // A member that is alone in its epoch may still be on its way to where it begins.
      const farthest = Math.max(...correct.map((number) => this.#appliedIndex(number)));
      return (
        members.every((number) => this.#appliedIndex(number) === farthest) &&
        members.every((number) => this.#reads.isAnswered(number))
      );
    };
    await this.#cluster.run(timeline.now + CALM_TIME);
    if (!(await this.#cluster.run(timeline.now + SETTLE_LIMIT, isConverged))) {
      const last = healed.map((number) => this.#appliedIndex(number));
      throw new ViolationError(
        'convergence',
        `healed nodes ${healed} stay at different entries (${last}) or have open reads`,
      );
    }
  }

  /** Nobody else has to follow. */
  #membersAmong(numbers: readonly number[]): number[] {
    const members = new Set(this.#epochs.members.map(({ id }) => id));
    return numbers.filter((number) => members.has(this.#cluster.names.ids[number] as NodeId));
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
