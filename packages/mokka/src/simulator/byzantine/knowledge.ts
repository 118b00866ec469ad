/** What a liar has seen and can use: entries, statements and certificates of everyone, and whole old messages. */
import { DecodeError } from '../../codec/decode-error.ts';
import { decodeMembership } from '../../codec/membership-codec.ts';
import type { Certificate } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import { validatorsOf } from '../../core/members.ts';
import type { Message } from '../../core/message.ts';
import type { PreVote, TermVote, Vote, Yield } from '../../core/statements.ts';
import type { Epoch, NodeId } from '../../core/types.ts';
import type { Random } from '../world/random.ts';

/** Empty where it names nobody. */
function validatorsIn({ payload }: Entry): readonly NodeId[] {
  try {
    return validatorsOf(decodeMembership(payload).members);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}

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
  /** Highest term seen in anything of the last epoch. */
  term = 0;
  /** The last epoch in which anything was proposed. */
  epoch = 0 as Epoch;
  /** Validators by epoch, as far as membership entries told of them. */
  readonly #validators = new Map<number, readonly NodeId[]>();
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

  /** Of the last epoch; null when it is genesis. */
  get validators(): readonly NodeId[] | null {
    return this.#validators.get(this.epoch) ?? null;
  }

  #entry(entry: Entry): void {
    if (entry.kind === 'membership') {
      this.#validators.set(entry.epoch + 1, validatorsIn(entry));
    }
    if (entry.epoch > this.epoch && this.#validators.has(entry.epoch)) {
      this.epoch = entry.epoch;
      this.term = 0;
    }
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
