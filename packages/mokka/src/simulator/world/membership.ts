/**
 * Operators who change the members while everything else goes wrong: they add, remove, promote, demote and replace, at any
 * node, going by what that node knew last. In BFT most of them agree on a change first, and each asks at its own node; none of them
 * asks for a set in which more lie than it tolerates.
 */
import {
  changedMembers,
  type Member,
  type MembershipChange,
  validatorsOf,
} from '../../core/members.ts';
import type { NodeId } from '../../core/types.ts';
import { faultyNodes, liarsTolerated, type Scenario } from '../scenario.ts';
import type { Statistics } from '../statistics.ts';
import type { Cluster } from './cluster.ts';
import type { VirtualNode } from './node.ts';
import { Random } from './random.ts';

/** Milliseconds an operator waits for an answer. */
const PATIENCE = 1_500;
/** BFT: longest time between the first operator and the last. */
const SPREAD = 300;
/** Milliseconds after which a newcomer that is still outside is asked for again. */
const AGAIN = 150;

export class MembershipOperators {
  readonly #cluster: Cluster;
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #statistics: Statistics;
  #requests = 0;

  constructor(cluster: Cluster, scenario: Scenario, statistics: Statistics) {
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#random = new Random(scenario.seed, 'membership');
    this.#statistics = statistics;
  }

  /** Asks for changes until `breakFor` has passed. */
  start(): void {
    const { newcomersFrom } = this.#scenario.membership;
    if (newcomersFrom > 0) this.#addNewcomer(newcomersFrom);
    this.#repeat();
  }

  /** At this instant, and again until nobody is outside. */
  #addNewcomer(instant: number): void {
    if (instant >= this.#scenario.breakFor) return;
    this.#cluster.timeline.at(instant, () => {
      const node = this.#random.pick(this.#cluster.nodes);
      const change = this.#add(node.members);
      if (change !== null) this.#agree(node, change);
      this.#addNewcomer(instant + AGAIN);
    });
  }

  #repeat(): void {
    const { interval } = this.#scenario.membership;
    if (interval === 0) return;
    this.#cluster.timeline.after(this.#random.exponential(interval), () => {
      if (this.#cluster.timeline.now >= this.#scenario.breakFor) return;
      this.#ask();
      this.#repeat();
    });
  }

  #ask(): void {
    const first = this.#random.pick(this.#cluster.nodes);
    if (first.state !== 'running') return;
    const change = this.#draw(first.members);
    if (change !== null) this.#agree(first, change);
  }

  #agree(first: VirtualNode, change: MembershipChange): void {
    if (this.#cluster.crashModel === 'CFT') {
      this.#askAt(first, change);
      return;
    }
    // Sometimes too few of them agree.
    const share = this.#random.pick([1, 1, 1, 0.5]);
    for (const node of this.#cluster.nodes) {
      if (!this.#random.chance(share)) continue;
      const delay = this.#random.between(0, SPREAD);
      this.#cluster.timeline.after(delay, () => this.#askAt(node, change));
    }
  }

  #askAt(node: VirtualNode, change: MembershipChange): void {
    if (node.state !== 'running' || !this.#isTolerable(node.members, change)) return;
    this.#requests += 1;
    this.#statistics.faults.membershipRequests += 1;
    const request = this.#requests;
    node.receive({ type: 'propose-membership', request, change, timeout: PATIENCE });
  }

  #isTolerable(members: readonly Member[], change: MembershipChange): boolean {
    const faulty = faultyNodes(this.#scenario);
    if (faulty.length === 0) return true;
    const next = validatorsOf(changedMembers(members, change) ?? members);
    const { keys } = this.#cluster.names;
    const counted = faulty.filter((node) => next.includes(keys[node] as NodeId));
    return counted.length <= liarsTolerated(next.length);
  }

  #draw(members: readonly Member[]): MembershipChange | null {
    const random = this.#random;
    const validators = validatorsOf(members);
    const observers = members.filter(({ role }) => role === 'observer').map(({ id }) => id);
    const kind = random.pick(['add', 'promote', 'replace', 'add', 'promote', 'remove', 'demote']);
    switch (kind) {
      case 'add':
        return this.#add(members);
      case 'promote':
        return observers.length === 0 ? null : { type: 'promote', id: random.pick(observers) };
      case 'replace': {
        if (observers.length === 0) return null;
        return { type: 'replace', id: random.pick(validators), by: random.pick(observers) };
      }
      case 'remove':
        return { type: 'remove', id: random.pick(members).id };
      default:
        return { type: 'demote', id: random.pick(validators) };
    }
  }

  #add(members: readonly Member[]): MembershipChange | null {
    const { names, timeline } = this.#cluster;
    const strangers = names.keys.filter((id) => !members.some((member) => member.id === id));
    const isEarly = timeline.now < this.#scenario.membership.newcomersFrom;
    if (strangers.length === 0 || isEarly) return null;
    const id = this.#random.pick(strangers);
    return { type: 'add', member: { id, host: `host-${id.slice(0, 8)}`, port: 1 } };
  }
}
