/** Counts how the two machines of one key contradict each other, and that Rule *own-key* stops them when they hear of it. */
import type { Effect } from '../../core/effect.ts';
import type { Message } from '../../core/message.ts';
import type { NodeId } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import type { Rule } from './rules.ts';

export class TwinCoverage implements Observer {
  readonly #ids: readonly NodeId[];
  readonly #twins: ReadonlySet<number>;
  readonly #count: (rule: Rule) => void;
  /** What was said first at each place. */
  readonly #said = new Map<string, string>();
  readonly #counted = new Set<string>();

  /** `ids` has the key of each machine. */
  constructor(ids: readonly NodeId[], twins: ReadonlySet<number>, count: (rule: Rule) => void) {
    this.#ids = ids;
    this.#twins = twins;
    this.#count = count;
  }

  effect(node: number, effect: Effect): void {
    const self = this.#ids[node];
    if (self === undefined || !this.#twins.has(node)) return;
    if (effect.type === 'send') this.#sent(self, effect.message);
    if (effect.type === 'halt' && effect.code === 'own-key') {
      this.#count('own-key: twin stopped by the other');
    }
  }

  #sent(self: NodeId, message: Message): void {
    if (message.type === 'vote' && message.vote.voter === self) {
      const { phase, epoch, term, index, hash } = message.vote;
      const place = `${self} ${phase} ${epoch}/${term}/${index}`;
      this.#note('own-key: twins vote for two entries', place, hash);
    }
    if (message.type === 'term-vote' && message.termVote.voter === self) {
      const { epoch, term, lock } = message.termVote;
      const content = `${lock.term}/${lock.index}/${lock.hash}`;
      this.#note('own-key: twins report two locks', `${self} term ${epoch}/${term}`, content);
    }
    if (message.type === 'propose' && message.entry.proposer === self) {
      const { epoch, term, index, hash } = message.entry;
      const place = `${self} proposal ${epoch}/${term}/${index}`;
      this.#note('own-key: twins propose two entries', place, hash);
    }
  }

  #note(rule: Rule, place: string, content: string): void {
    const known = this.#said.get(place);
    if (known === undefined) this.#said.set(place, content);
    if (known === undefined || known === content || this.#counted.has(place)) return;
    this.#counted.add(place);
    this.#count(rule);
  }
}
