/** Counts what a run shows of Rule *membership*: changes asked for, proposed, refused and committed, and epochs that begin. */
import type { Effect } from '../../core/effect.ts';
import type { CoreEvent } from '../../core/event.ts';
import { type Member, validatorsOf } from '../../core/members.ts';
import type { Message } from '../../core/message.ts';
import type { EntryHash, NodeId, Role } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import type { Rule } from './rules.ts';

/** What is remembered of one node. */
class Watched {
  role: Role = 'follower';
  epoch = 0;
  members: readonly Member[];
  readonly proposed = new Set<EntryHash>();

  constructor(members: readonly Member[]) {
    this.members = members;
  }
}

export class MembershipCoverage implements Observer {
  readonly #ids: readonly NodeId[];
  readonly #count: (rule: Rule) => void;
  readonly #nodes: readonly Watched[];

  constructor(ids: readonly NodeId[], genesis: readonly Member[], count: (rule: Rule) => void) {
    this.#ids = ids;
    this.#count = count;
    this.#nodes = ids.map(() => new Watched(genesis));
  }

  effect(node: number, effect: Effect): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    if (effect.type === 'send') this.#sent(watched, effect.message);
    if (effect.type === 'event') this.#event(watched, this.#ids[node], effect.event);
  }

  #sent(watched: Watched, message: Message): void {
    switch (message.type) {
      case 'membership-request':
        this.#count('membership: request passed to the leader');
        return;
      case 'membership-refusal':
        this.#count(
          message.code === 'not-approved'
            ? 'membership: too few operators agree'
            : 'membership: request refused',
        );
        return;
      case 'readiness':
        this.#count('membership: readiness shown');
        return;
      case 'recertify':
        this.#count('membership: certified again in place');
        return;
      case 'certificate':
        if (message.certificate.epoch < watched.epoch) {
          this.#count('membership: shown how an epoch ended');
        }
        return;
      case 'propose': {
        const { kind, hash } = message.entry;
        if (kind !== 'membership' || watched.proposed.has(hash)) return;
        watched.proposed.add(hash);
        this.#count('membership: change proposed');
        return;
      }
      default:
        return;
    }
  }

  #event(watched: Watched, self: NodeId | undefined, event: CoreEvent): void {
    if (event.type === 'state') watched.role = event.role;
    if (event.type === 'error' && event.message.includes('did not approve')) {
      this.#count('membership: unapproved change not voted for');
    }
    if (event.type !== 'epoch') return;
    this.#count('membership: epoch begun');
    const [before, after] = [watched.members, event.members];
    const [left, right] = [validatorsOf(before), validatorsOf(after)];
    watched.epoch = event.epoch;
    watched.members = after;
    if (after.length > before.length) this.#count('membership: observer added');
    if (right.some((id) => !left.includes(id))) this.#count('membership: observer promoted');
    const isRemoved = left.some((id) => !right.includes(id));
    if (isRemoved) this.#count('membership: validator removed or demoted');
    const isLeader = watched.role === 'leader' && self !== undefined;
    if (isLeader && !right.includes(self)) this.#count('membership: leader removed or demoted');
  }
}
