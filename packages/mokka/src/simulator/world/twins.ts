/**
 * Two machines that hold one validator's key, both honest, in different parts of the network: equivocation without any code that lies
 * (Bano et al., "Twins: BFT Systems Made Robust", OPODIS 2021).
 *
 * The others are divided between the two, again and again and in other ways: either only what they hear of the twins is, or they hear
 * nothing of each other either. Rule *own-key* stops a machine that hears of the other; whoever runs it starts it again.
 */
import type { Observer } from '../observer.ts';
import type { Scenario } from '../scenario.ts';
import type { Cluster } from './cluster.ts';
import { Random } from './random.ts';

/** Mean virtual milliseconds of one division. */
const DIVIDED_FOR = 200;
/** Chance that a node is in reach of both machines. */
const BOTH = 0.25;
/** Chance that the two meet, and everyone hears both. */
const TOGETHER = 0.1;
/** Mean virtual milliseconds until a machine that stopped is started again. */
const STOPPED_FOR = 40;
/** Chance that the others do not reach each other across the division. */
const WHOLE = 0.5;

type Side = 0 | 1 | 'both';

export class TwinDivider {
  readonly #cluster: Cluster;
  readonly #scenario: Scenario;
  readonly #observer: Required<Observer>;
  readonly #random: Random;
  #cuts: (readonly [left: number, right: number])[] = [];

  constructor(cluster: Cluster, scenario: Scenario, observer: Required<Observer>) {
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#observer = observer;
    this.#random = new Random(scenario.seed, 'twins');
  }

  /** Divides them until `breakFor` has passed. */
  start(): void {
    if (this.#scenario.twins.length === 0) return;
    this.#divideAnew();
    this.#watch();
  }

  #divideAnew(): void {
    if (!this.#random.chance(TOGETHER)) this.#divide(this.#random.chance(WHOLE));
    const { timeline } = this.#cluster;
    timeline.after(this.#random.exponential(DIVIDED_FOR), () => {
      if (timeline.now >= this.#scenario.breakFor) return;
      this.#mend();
      this.#divideAnew();
    });
  }

  #watch(): void {
    const { timeline } = this.#cluster;
    timeline.after(this.#random.exponential(STOPPED_FOR), () => {
      if (timeline.now >= this.#scenario.breakFor) return;
      this.#startStopped();
      this.#watch();
    });
  }

  /** What holds while the rest is healed and for good: they stay apart, or meet. All links between `healed` nodes stay open. */
  settle(healed: readonly number[]): void {
    if (this.#scenario.twins.length === 0) return;
    this.#cuts = [];
    this.#startStopped();
    const fate = this.#random.pick(['apart', 'apart', 'together', 'one'] as const);
    this.#observer.fault(`twins end ${fate}`);
    if (fate === 'apart') this.#divide(false, healed);
    if (fate !== 'one') return;
    for (const [, second] of this.#pairs()) {
      this.#cluster.crash(second);
      this.#cluster.abandon(second);
    }
  }

  /** First and second machine of each key that has two. */
  #pairs(): (readonly [first: number, second: number])[] {
    const { twins, nodes } = this.#scenario;
    return twins.map((first, at) => [first, nodes + at] as const);
  }

  #divide(isWhole: boolean, among: readonly number[] = this.#cluster.nodes.map(numberOf)): void {
    const sides = new Map<number, Side>();
    const machines = this.#pairs().flat();
    for (const number of among) if (!machines.includes(number)) sides.set(number, this.#draw());
    const others = [...sides.keys()];
    for (const [first, second] of this.#pairs()) {
      // Other twins may be on either side, too.
      const isSwapped = this.#random.chance(0.5);
      sides.set(first, isSwapped ? 1 : 0);
      sides.set(second, isSwapped ? 0 : 1);
    }
    const all = [...sides.keys()];
    for (const left of all) {
      for (const right of all) {
        if (left >= right || !areApart(sides.get(left), sides.get(right))) continue;
        if (isWhole || !others.includes(left) || !others.includes(right)) this.#cut(left, right);
      }
    }
    const part = (side: Side): string => all.filter((n) => sides.get(n) === side).join(',');
    const how = isWhole ? 'divided' : 'heard apart';
    this.#observer.fault(`twins ${how}: ${part(0)} | ${part(1)}, both ${part('both')}`);
  }

  #draw(): Side {
    if (this.#random.chance(BOTH)) return 'both';
    return this.#random.chance(0.5) ? 0 : 1;
  }

  #cut(left: number, right: number): void {
    const { network, connections } = this.#cluster;
    this.#cuts.push([left, right]);
    network.cut(left, right);
    network.cut(right, left);
    if (this.#random.chance(0.5)) connections.breakLink(left, right);
  }

  #mend(): void {
    const { network, connections } = this.#cluster;
    for (const [left, right] of this.#cuts) {
      network.mend(left, right);
      network.mend(right, left);
    }
    this.#cuts = [];
    connections.reconnect();
  }

  #startStopped(): void {
    for (const number of this.#pairs().flat()) {
      if (this.#cluster.nodes[number]?.state !== 'halted') continue;
      this.#cluster.crash(number);
      this.#cluster.boot(number);
    }
  }
}

function numberOf({ number }: { readonly number: number }): number {
  return number;
}

function areApart(left: Side | undefined, right: Side | undefined): boolean {
  return left !== 'both' && right !== 'both' && left !== right;
}
