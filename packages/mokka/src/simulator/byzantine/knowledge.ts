/** What a liar has seen and can use: entries, statements and certificates of everyone, and whole old messages. */
import type { Certificate } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import type { Message } from '../../core/message.ts';
import type { PreVote, TermVote, Vote, Yield } from '../../core/statements.ts';
import type { Random } from '../world/random.ts';

/** Terms from here on are lies of other liars. */
const FAR = 1e9;
/** Most items of a kind; a random one gives way to a new one, so that old ones stay. */
const MEMORY = 48;

export class Knowledge {
  readonly entries: Entry[] = [];
  readonly votes: Vote[] = [];
  readonly termVotes: TermVote[] = [];
  readonly preVotes: (PreVote | Yield)[] = [];
  readonly certificates: Certificate[] = [];
  readonly messages: Message[] = [];
  /** Highest term seen in anything. */
  term = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  learn(message: Message): void {
    this.#keep(this.messages, message);
    switch (message.type) {
      case 'propose':
        this.#entry(message.entry);
        return;
      case 'entries':
        for (const entry of message.entries) this.#entry(entry);
        return;
      case 'vote':
        this.#keep(this.votes, message.vote);
        this.#seen(message.vote.term);
        return;
      case 'term-vote':
        this.#keep(this.termVotes, message.termVote);
        this.#seen(message.termVote.term);
        if (message.lockCertificate !== undefined) {
          this.#keep(this.certificates, message.lockCertificate);
        }
        return;
      case 'pre-vote':
        this.#keep(this.preVotes, message.preVote);
        return;
      case 'yield':
        this.#keep(this.preVotes, message.yield);
        return;
      case 'certificate':
        this.#keep(this.certificates, message.certificate);
        return;
      case 'heartbeat':
        this.#seen(message.term);
        return;
      default:
        return;
    }
  }

  #entry(entry: Entry): void {
    this.#seen(entry.term);
    if (!this.entries.includes(entry)) this.#keep(this.entries, entry);
  }

  #seen(term: number): void {
    if (term < FAR) this.term = Math.max(this.term, term);
  }

  #keep<Item>(items: Item[], item: Item): void {
    if (items.length < MEMORY) items.push(item);
    else items[this.#random.integer(0, MEMORY - 1)] = item;
  }
}
