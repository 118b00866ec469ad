/**
 * Makes things go wrong while the cluster is to be broken: crashes, partitions of several shapes, pauses, slow nodes,
 * broken connections, clock jumps and requests to transfer leadership.
 */
import type { Observer } from '../observer.ts';
import { faultyNodes, type Scenario } from '../scenario.ts';
import type { FaultCounts } from '../statistics.ts';
import type { Cluster } from './cluster.ts';
import { Random } from './random.ts';

/** Milliseconds by which a clock jumps at most, either way. */
const MAX_CLOCK_JUMP = 30_000;

/** How many times longer some pauses are: far beyond every timeout. */
const LONG_PAUSE = 6;

type Link = readonly [from: number, to: number];

export class FaultInjector {
  readonly #cluster: Cluster;
  readonly #scenario: Scenario;
  readonly #counts: FaultCounts;
  readonly #observer: Required<Observer>;
  readonly #random: Random;
  readonly #numbers: readonly number[];

  constructor(
    cluster: Cluster,
    scenario: Scenario,
    modules: { counts: FaultCounts; observer: Required<Observer> },
  ) {
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#counts = modules.counts;
    this.#observer = modules.observer;
    this.#random = new Random(scenario.seed, 'faults');
    this.#numbers = cluster.nodes.map((node) => node.number);
  }

  /** Schedules faults of every enabled kind until `breakFor` has passed. */
  start(): void {
    const { faults } = this.#scenario;
    this.#repeat(faults.crash, () => this.#crash());
    this.#repeat(faults.blackout, () => this.#blackout());
    this.#repeat(faults.partition, () => this.#partition());
    this.#repeat(faults.disconnect, () => this.#disconnect());
    this.#repeat(faults.pause, () => this.#pause());
    this.#repeat(faults.slowdown, () => this.#slowdown());
    this.#repeat(faults.clockJump, () => this.#jumpClock());
    this.#repeat(faults.transfer, () => this.#transferLeadership());
    this.#repeat(faults.slowLink, () => this.#slowLink());
    this.#repeat(faults.diskFull, () => this.#fillDisk());
    this.#repeat(faults.diskDamage, () => this.#loseStore('damage'));
    this.#repeat(faults.diskWipe, () => this.#loseStore('wipe'));
  }

  #repeat(interval: number, strike: () => void): void {
    if (interval === 0) return;
    this.#cluster.timeline.after(this.#random.exponential(interval), () => {
      if (!this.#isBreaking()) return;
      strike();
      this.#repeat(interval, strike);
    });
  }

  #isBreaking(): boolean {
    return this.#cluster.timeline.now < this.#scenario.breakFor;
  }

  #crash(): void {
    const number = this.#random.pick(this.#numbers);
    this.#observer.fault(`crash node ${number}`);
    this.#cluster.crash(number);
    this.#cluster.bootAfter(number, this.#random.exponential(this.#scenario.faults.downtime));
  }

  #blackout(): void {
    this.#counts.blackouts += 1;
    this.#observer.fault('crash every node');
    for (const number of this.#numbers) {
      this.#cluster.crash(number);
      this.#cluster.bootAfter(number, this.#random.between(0, 200));
    }
  }

  #partition(): void {
    if (this.#numbers.length < 2) return;
    const { description, links } = this.#drawPartition();
    const { network, connections, timeline } = this.#cluster;
    this.#observer.fault(`partition: ${description}`);
    for (const [from, to] of links) network.cut(from, to);
    if (this.#random.chance(0.5)) {
      timeline.after(this.#random.between(0, 300), () => {
        for (const [from, to] of links) {
          if (!network.isOpen(from, to)) connections.breakLink(from, to);
        }
      });
    }
    timeline.after(this.#random.exponential(this.#scenario.faults.partitionFor), () => {
      if (!this.#isBreaking()) return;
      this.#observer.fault(`end of partition: ${description}`);
      for (const [from, to] of links) network.mend(from, to);
      connections.reconnect();
    });
  }

  #drawPartition(): { description: string; links: Link[] } {
    const random = this.#random;
    const all = this.#numbers;
    const shape = random.pick(['split', 'split', 'one-way', 'bridge', 'star', 'link'] as const);
    const group = random.sample(all, random.integer(1, all.length - 1));
    const rest = all.filter((number) => !group.includes(number));
    const hub = random.pick(all);
    switch (shape) {
      case 'split':
        this.#counts.partitions += 1;
        return { description: `${group} | ${rest}`, links: bothWays(group, rest) };
      case 'one-way':
        this.#counts.oneWayPartitions += 1;
        return { description: `${group} not heard by ${rest}`, links: pairs(group, rest) };
      case 'bridge': {
        this.#counts.bridges += 1;
        const without = (group: number[]): number[] => group.filter((number) => number !== hub);
        const links = bothWays(without(group), without(rest));
        return { description: `${group} | ${rest} with ${hub} in both`, links };
      }
      case 'star': {
        this.#counts.stars += 1;
        const leaves = all.filter((number) => number !== hub);
        return { description: `star around ${hub}`, links: pairs(leaves, leaves) };
      }
      case 'link': {
        this.#counts.partitions += 1;
        const [left = 0, right = 0] = random.sample(all, 2);
        return { description: `link ${left}-${right}`, links: bothWays([left], [right]) };
      }
    }
  }

  #disconnect(): void {
    const [left, right] = this.#random.sample(this.#numbers, 2);
    if (left === undefined || right === undefined) return;
    this.#counts.disconnects += 1;
    this.#observer.fault(`connection ${left}-${right} breaks`);
    this.#cluster.connections.breakLink(left, right);
    this.#cluster.connections.reconnect();
  }

  #pause(): void {
    const node = this.#random.pick(this.#cluster.nodes);
    const factor = this.#random.chance(0.15) ? LONG_PAUSE : 1;
    const duration = factor * this.#random.exponential(this.#scenario.faults.pauseFor);
    const withClock = this.#random.chance(0.3);
    this.#counts.pauses += 1;
    if (withClock) this.#counts.frozenClocks += 1;
    const clock = withClock ? ' with its clock' : '';
    this.#observer.fault(`pause node ${node.number}${clock} for ${duration.toFixed(0)} ms`);
    node.pause(duration, withClock);
  }

  #slowLink(): void {
    const [from, to] = this.#random.sample(this.#numbers, 2);
    if (from === undefined || to === undefined) return;
    const factor = this.#random.between(5, 60);
    this.#counts.slowLinks += 1;
    this.#observer.fault(`link ${from}->${to} is ${factor.toFixed(0)} times slower`);
    this.#cluster.network.slow(from, to, factor);
    this.#cluster.timeline.after(this.#random.exponential(800), () => {
      this.#cluster.network.slow(from, to, 1);
    });
  }

  /** Every write fails, so the node stops; it is started again when there is space. */
  #fillDisk(): void {
    const node = this.#random.pick(this.#cluster.nodes);
    if (node.disk.isFull) return;
    const duration = this.#random.exponential(400);
    this.#counts.fullDisks += 1;
    node.disk.isFull = true;
    this.#observer.fault(`disk of node ${node.number} is full for ${duration.toFixed(0)} ms`);
    this.#cluster.timeline.after(duration, () => {
      node.disk.isFull = false;
      this.#cluster.boot(node.number);
    });
  }

  /** A store that can not be trusted any more, on as many nodes as the cluster can lose for good. */
  #loseStore(how: 'damage' | 'wipe'): void {
    const { nodes, names } = this.#cluster;
    const faulty = faultyNodes(this.#scenario).map((number) => names.keys[number]);
    const spare = names.keys.length - this.#scenario.quorum - faulty.length;
    const node = this.#random.pick(nodes);
    const lost = nodes.filter((each) => each.hasDoubtfulStore).length;
    if (faulty.includes(names.ids[node.number]) || node.hasDoubtfulStore || lost >= spare) return;
    this.#cluster.crash(node.number);
    node.hasDoubtfulStore = true;
    if (how === 'wipe') {
      this.#counts.wipedDisks += 1;
      node.disk.wipe();
      if (this.#random.chance(0.5)) node.application.wipe();
      this.#observer.fault(`disk of node ${node.number} is replaced by an empty one`);
    } else {
      this.#counts.damagedDisks += 1;
      this.#observer.fault(`disk of node ${node.number} loses a bit of ${node.disk.damage()}`);
    }
    this.#cluster.bootAfter(node.number, this.#random.exponential(this.#scenario.faults.downtime));
  }

  #slowdown(): void {
    const node = this.#random.pick(this.#cluster.nodes);
    this.#counts.slowdowns += 1;
    node.stepCost = this.#random.between(0.5, 15);
    this.#observer.fault(`node ${node.number} needs ${node.stepCost.toFixed(1)} ms a step`);
    this.#cluster.timeline.after(this.#random.exponential(600), () => {
      node.stepCost = 0;
    });
  }

  #jumpClock(): void {
    const node = this.#random.pick(this.#cluster.nodes);
    this.#counts.clockJumps += 1;
    node.clock.unixError = this.#random.between(-MAX_CLOCK_JUMP, MAX_CLOCK_JUMP);
    this.#observer.fault(
      `clock of node ${node.number} off by ${node.clock.unixError.toFixed(0)} ms`,
    );
  }

  #transferLeadership(): void {
    const to = this.#random.chance(0.5) ? this.#random.pick(this.#cluster.names.keys) : null;
    this.#counts.transfers += 1;
    this.#observer.fault('every node is asked to transfer leadership');
    for (const node of this.#cluster.nodes) node.receive({ type: 'transfer-leadership', to });
  }
}

function pairs(from: readonly number[], to: readonly number[]): Link[] {
  return from.flatMap((left) =>
    to.filter((right) => right !== left).map((right): Link => [left, right]),
  );
}

function bothWays(left: readonly number[], right: readonly number[]): Link[] {
  return [...pairs(left, right), ...pairs(right, left)];
}
