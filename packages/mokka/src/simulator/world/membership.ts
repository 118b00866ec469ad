/**
 * Operators who change the members while everything else goes wrong: they add, remove, promote, demote and replace, at any
 * node, going by what that node knew last.
 */
import { type Member, type MembershipChange, validatorsOf } from '../../core/members.ts';
import type { Scenario } from '../scenario.ts';
import type { Statistics } from '../statistics.ts';
import type { Cluster } from './cluster.ts';
import { Random } from './random.ts';

/** Milliseconds an operator waits for an answer. */
const PATIENCE = 1_500;

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
    const { interval } = this.#scenario.membership;
    if (interval === 0) return;
    this.#cluster.timeline.after(this.#random.exponential(interval), () => {
      if (this.#cluster.timeline.now >= this.#scenario.breakFor) return;
      this.#ask();
      this.start();
    });
  }

  #ask(): void {
    const node = this.#random.pick(this.#cluster.nodes);
    if (node.state !== 'running') return;
    const change = this.#draw(node.members);
    if (change === null) return;
    this.#requests += 1;
    this.#statistics.faults.membershipRequests += 1;
    const request = this.#requests;
    node.receive({ type: 'propose-membership', request, change, timeout: PATIENCE });
  }

  #draw(members: readonly Member[]): MembershipChange | null {
    const random = this.#random;
    const validators = validatorsOf(members);
    const observers = members.filter(({ role }) => role === 'observer').map(({ id }) => id);
    const strangers = this.#cluster.names.ids.filter(
      (id) => !members.some((member) => member.id === id),
    );
    const kind = random.pick(['add', 'promote', 'replace', 'add', 'promote', 'remove', 'demote']);
    switch (kind) {
      case 'add': {
        if (strangers.length === 0) return null;
        const id = random.pick(strangers);
        return { type: 'add', member: { id, host: `host-${id.slice(0, 8)}`, port: 1 } };
      }
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
}
