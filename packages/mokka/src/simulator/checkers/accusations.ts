/** Evidence found by correct nodes names nobody but liars. */
import type { Effect } from '../../core/effect.ts';
import type { NodeId } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import { ViolationError } from '../world/violation.ts';

export class AccusationChecker implements Observer {
  readonly #liars: ReadonlySet<NodeId>;
  /** Liars that were found out. */
  readonly convicted = new Set<NodeId>();

  constructor(liars: ReadonlySet<NodeId>) {
    this.#liars = liars;
  }

  effect(node: number, effect: Effect): void {
    if (effect.type === 'event' && effect.event.type === 'evidence') {
      this.#judge(node, effect.event.offender);
    }
    if (effect.type === 'send' && effect.message.type === 'evidence') {
      this.#judge(node, effect.message.evidence.first.voter);
    }
  }

  #judge(node: number, offender: NodeId): void {
    if (!this.#liars.has(offender)) {
      throw new ViolationError('evidence', `node ${node} accuses ${offender}, who is correct`);
    }
    this.convicted.add(offender);
  }
}
