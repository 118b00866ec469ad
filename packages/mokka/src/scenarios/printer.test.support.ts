/** Says in few words what the protocol's objects are: an entry is `2@T1`, index 2 of term 1, and the root is `root`. */
import { decodeMembership } from '../codec/membership-codec.ts';
import type { Certificate, LeaderProof } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import type { Member } from '../core/members.ts';
import type { Justification, Message } from '../core/message.ts';
import { requestCount } from '../core/request-numbers.ts';
import type { CoreStatus } from '../core/status.ts';
import type { EntryHash, EntryId, NodeId } from '../core/types.ts';

export interface PrinterModules {
  /** Validators in their agreed order: number 1 is printed as `n1`. */
  readonly validators: readonly NodeId[];
  readonly rootHash: EntryHash;
  readonly proofOf: (termStart: Entry) => LeaderProof;
}

export class Printer {
  readonly #modules: PrinterModules;
  readonly #entries = new Map<EntryHash, Entry>();
  /** How many different entries had a name before this one got it. */
  readonly #twins = new Map<EntryHash, string>();
  readonly #named = new Map<string, number>();

  constructor(modules: PrinterModules) {
    this.#modules = modules;
  }

  node(id: NodeId): string {
    return `n${this.#modules.validators.indexOf(id)}`;
  }

  /** An entry's name; a second entry of the same index and term gets a prime, so that forks are seen. */
  id({ hash, index }: EntryId): string {
    if (hash === this.#modules.rootHash) return 'root';
    const entry = this.#entries.get(hash);
    if (entry === undefined) return `${index}@unknown`;
    return `${entry.index}@T${entry.term}${this.#twins.get(hash) ?? ''}`;
  }

  /** The entry that is printed by this name. */
  find(name: string): Entry | undefined {
    return [...this.#entries.values()].find((entry) => this.id(entry) === name);
  }

  entryOf(hash: EntryHash): Entry | undefined {
    return this.#entries.get(hash);
  }

  /** Name and content. */
  entry(entry: Entry): string {
    this.learn(entry);
    if (entry.kind === 'term-start') return `${this.id(entry)} start`;
    if (entry.kind === 'membership') {
      return `${this.id(entry)} members ${this.members(decodeMembership(entry.payload).members)}`;
    }
    return `${this.id(entry)} "${new TextDecoder().decode(entry.payload)}"`;
  }

  /** Remembers what this hash stands for. */
  learn(entry: Entry): void {
    if (this.#entries.has(entry.hash)) return;
    this.#entries.set(entry.hash, entry);
    const name = `${entry.index}@T${entry.term}`;
    const before = this.#named.get(name) ?? 0;
    this.#named.set(name, before + 1);
    this.#twins.set(entry.hash, "'".repeat(before));
  }

  message(message: Message): string {
    switch (message.type) {
      case 'heartbeat':
        return `heartbeat T${message.term} last ${this.id(message.last)} committed ${this.id(message.committed)}`;
      case 'heartbeat-ack': {
        const following = message.following ? '' : ' not following';
        return `heartbeat-ack T${message.term}${following} last ${this.id(message.last)} committed ${this.id(message.committed)}`;
      }
      case 'pre-vote': {
        const relayed = message.relayed.map((one) => this.#statement(one));
        return `pre-vote T${message.preVote.term}${relayed.length === 0 ? '' : ` relays ${relayed.join(', ')}`}`;
      }
      case 'leader-alive':
        return `leader-alive T${message.term}`;
      case 'term-vote': {
        const { term, lock, voter } = message.termVote;
        const because = message.justification.map((one) => this.#statement(one)).join(', ');
        return `term-vote T${term} of ${this.node(voter)} lock ${this.id(lock)} because ${because}`;
      }
      case 'hand-over':
        return `hand-over T${message.handOver.fromTerm} to T${message.handOver.toTerm}`;
      case 'yield':
        return `yield T${message.yield.term}`;
      case 'propose':
        return `propose ${this.entry(message.entry)}${this.#proof(message.entry)}`;
      case 'vote':
        return `vote ${this.#inTerm(message.vote)}${message.vote.phase === 'commit' ? '' : ` (${message.vote.phase})`}`;
      case 'certificate':
        return this.certificate(message.certificate);
      case 'fetch':
        return `fetch from ${message.from} up to ${this.id(message.tip)}`;
      case 'entries': {
        const entries = message.entries.map((entry) => this.entry(entry)).join(', ');
        const certificate =
          message.certificate === null ? '' : ` with ${this.certificate(message.certificate)}`;
        return `entries ${entries === '' ? 'none' : entries}${certificate}`;
      }
      case 'evidence': {
        const { kind, first, second } = message.evidence;
        const what = [first, second].map((one) =>
          one.type === 'vote' ? this.id(one) : `T${one.term} lock ${this.id(one.lock)}`,
        );
        return `evidence ${kind} of ${this.node(first.voter)}: ${what.join(' and ')}`;
      }
      case 'recertify':
        return `recertify ${this.entry(message.entry)} in T${message.proof.term}`;
      case 'membership-request':
        return `membership-request ${message.request} for ${this.members(message.members)}`;
      case 'membership-refusal':
        return `membership-refusal ${message.request} ${message.code}`;
      case 'readiness-request':
        return 'readiness-request';
      case 'readiness':
        return `readiness of ${this.node(message.readiness.member)} up to ${this.id(message.readiness)}`;
      case 'read-index':
        return `read-index ${requestCount(message.request)}`;
      case 'read-position':
        return `read-position ${requestCount(message.request)} lock ${this.id(message.lock)}`;
      case 'snapshot-request':
        return `snapshot-request ${requestCount(message.request)} from ${message.from}`;
      case 'snapshot-offer': {
        const at = message.offer === null ? 'nothing' : this.id(message.offer.base);
        return `snapshot-offer ${requestCount(message.request)}: ${at}`;
      }
      case 'chunk-request':
        return `chunk-request ${requestCount(message.request)} ${message.chunk} of ${this.id(message.entry)}`;
      case 'chunk':
        return `chunk ${requestCount(message.request)} ${message.chunk}: ${message.bytes?.length ?? 'nothing'}`;
      default:
        return message satisfies never;
    }
  }

  /** Names, observers with a question mark. */
  members(members: readonly Member[]): string {
    return members
      .map(({ id, role }) => `${this.node(id)}${role === 'observer' ? '?' : ''}`)
      .join(' ');
  }

  certificate(certificate: Certificate): string {
    const voters = certificate.votes.map(({ voter }) => this.node(voter)).sort();
    const phase = certificate.phase === 'commit' ? '' : ' (prepare)';
    return `certificate${phase} ${this.#inTerm(certificate)} by ${voters.join(' ')}`;
  }

  /** An entry's name, with the term of the votes for it where that is another one. */
  #inTerm(voted: EntryId & { readonly term: number }): string {
    const entry = this.#entries.get(voted.hash);
    const isOther = entry !== undefined && entry.term !== voted.term;
    return `${this.id(voted)}${isOther ? ` in T${voted.term}` : ''}`;
  }

  /** One line on a node: role, term, leader, log. */
  state(status: CoreStatus, log: readonly Entry[], committed: EntryId): string {
    const { role, term, leader, halted } = status;
    if (halted !== null) return `stopped: ${halted.code}`;
    const whose = role === 'follower' && leader !== null ? ` of ${this.node(leader)}` : '';
    const chain = log.map((entry) => this.entry(entry)).join(', ');
    const epoch = status.epoch === 0 ? '' : ` | epoch ${status.epoch}`;
    return `${role}${whose} T${term} | log ${chain === '' ? 'empty' : chain} | committed ${this.id(committed)}${epoch}`;
  }

  /** The proof that a term-start carries: whose term votes, and the anchor they name. */
  #proof(entry: Entry): string {
    if (entry.kind !== 'term-start') return '';
    const proof = this.#modules.proofOf(entry);
    const votes = proof.votes
      .map((vote) => `${this.node(vote.voter)} lock ${this.id(vote.lock)}`)
      .sort();
    const parent = { index: entry.index - 1, hash: entry.parentHash } as EntryId;
    return ` on ${this.id(parent)} (${votes.join(', ')})`;
  }

  #statement(statement: Justification): string {
    switch (statement.type) {
      case 'pre-vote':
        return `${this.node(statement.sender)} pre-vote T${statement.term}`;
      case 'yield':
        return `${this.node(statement.sender)} yield T${statement.term}`;
      case 'term-vote':
        return `${this.node(statement.voter)} term-vote T${statement.term}`;
      case 'hand-over':
        return `${this.node(statement.leader)} hand-over T${statement.fromTerm} to T${statement.toTerm}`;
      default:
        return statement satisfies never;
    }
  }
}
