/**
 * Rules *vote*, *promise* and *lock*, held against everything a key ever signed and showed.
 *
 * One hash per (key, term, index, phase); one lock per (key, term); terms promised in rising order; nothing of a lower term
 * after a promise; a lock never below what its owner has voted for, unless a newer proof superseded that.
 */
import type { Certificate } from '../../core/certificate.ts';
import type { Justification } from '../../core/message.ts';
import type { Lock, TermVote, Vote } from '../../core/statements.ts';
import type { Epoch, NodeId, Term } from '../../core/types.ts';
import { ViolationError } from '../world/violation.ts';
import type { DurabilityChecker } from './durability.ts';
import type { EpochBook } from './epochs.ts';
import type { EvidenceJudge } from './evidence.ts';
import type { SignatureChecker } from './signatures.ts';

export interface VoteModules {
  readonly ids: readonly NodeId[];
  readonly liars: ReadonlySet<NodeId>;
  readonly epochs: EpochBook;
  readonly signatures: SignatureChecker;
  readonly disks: DurabilityChecker;
  /** Whether a leader proof of a term between the two (both excluded) was shown by anyone. */
  readonly isSuperseded: (epoch: Epoch, after: Term, before: Term) => boolean;
}

interface Made<Statement> {
  readonly statement: Statement;
  /** Place in the order of what became durable. */
  readonly at: number;
}

export class VoteChecker implements EvidenceJudge {
  readonly #modules: VoteModules;
  readonly #votes = new Map<string, string>();
  readonly #promises = new Map<string, string>();
  readonly #votesOf = new Map<NodeId, Made<Vote>[]>();
  readonly #promisesOf = new Map<NodeId, Made<TermVote>[]>();

  constructor(modules: VoteModules) {
    this.#modules = modules;
  }

  vote(vote: Vote): void {
    const { voter, epoch, term, index, phase, hash } = vote;
    if (this.#modules.liars.has(voter)) {
      this.#modules.signatures.check(vote, voter);
      return;
    }
    const place = `${voter}/${epoch}/${term}/${index}/${phase}`;
    this.#requireValidator(epoch, voter);
    const known = this.#votes.get(place);
    if (known === hash) return;
    if (known !== undefined) {
      this.#fail('vote', voter, `votes for two entries at term ${term}, index ${index}`);
    }
    this.#votes.set(place, hash);
    const at = this.#durableAt(vote, voter, `vote of term ${term} for entry ${index}`);
    const made = { statement: vote, at };
    listOf(this.#votesOf, voter).push(made);
    for (const promise of listOf(this.#promisesOf, voter)) this.#compare(made, promise);
  }

  termVote(termVote: TermVote): void {
    const { voter, epoch, term, lock } = termVote;
    if (this.#modules.liars.has(voter)) {
      this.#modules.signatures.check(termVote, voter);
      return;
    }
    this.#requireValidator(epoch, voter);
    const content = `${lock.term}/${lock.index}/${lock.hash}`;
    const known = this.#promises.get(`${voter}/${epoch}/${term}`);
    if (known === content) return;
    if (known !== undefined) this.#fail('promise', voter, `shows two locks in term ${term}`);
    this.#promises.set(`${voter}/${epoch}/${term}`, content);
    if (lock.term >= term) {
      this.#fail('promise', voter, `promises term ${term} with a lock of term ${lock.term}`);
    }
    const at = this.#durableAt(termVote, voter, `term vote of term ${term}`);
    const node = this.#modules.ids.indexOf(voter);
    if (lock.index > 0 && !this.#modules.disks.holds(node, lock.index, lock.hash)) {
      this.#fail('lock', voter, `locks on entry ${lock.index}, which is not on its disk`);
    }
    const made = { statement: termVote, at };
    for (const other of listOf(this.#promisesOf, voter)) {
      if (other.statement.epoch !== epoch) continue;
      const inOrder = other.statement.term < term === other.at < at;
      if (!inOrder) {
        this.#fail('promise', voter, `promises ${term} and ${other.statement.term} out of order`);
      }
    }
    listOf(this.#promisesOf, voter).push(made);
    for (const vote of listOf(this.#votesOf, voter)) this.#compare(vote, made);
  }

  /** A certificate shows votes that may never have been sent on their own. */
  certificate(certificate: Certificate): void {
    const { phase, epoch, term, index, hash } = certificate;
    for (const { voter, signature } of certificate.votes) {
      this.vote({ type: 'vote', phase, epoch, term, index, hash, voter, signature });
    }
  }

  /** Rule *promise*: a term vote names what made it: a quorum that counts for its term, f+1 term votes, or a hand-over. */
  justification(termVote: TermVote, justification: readonly Justification[]): void {
    const { epochs } = this.#modules;
    const validators = epochs.validators(termVote.epoch);
    const quorum = epochs.quorum(termVote.epoch);
    if (validators.length === 1) return;
    const supporters = new Set<NodeId>();
    const promised = new Set<NodeId>();
    for (const statement of justification) {
      if (statement.epoch !== termVote.epoch) continue;
      if (statement.type === 'hand-over') {
        if (statement.toTerm >= termVote.term) return;
      } else {
        const counted = statement.type === 'yield' ? statement.term + 1 : statement.term;
        const sender = statement.type === 'term-vote' ? statement.voter : statement.sender;
        if (counted < termVote.term || !validators.includes(sender)) continue;
        supporters.add(sender);
        if (statement.type === 'term-vote') promised.add(sender);
      }
    }
    // With an even number of nodes f+1 is less than a quorum.
    const faults = epochs.faults(termVote.epoch);
    if (supporters.size < quorum && promised.size <= faults) {
      this.#fail(
        'promise',
        termVote.voter,
        `promises term ${termVote.term}, justified by ${supporters.size} of ${quorum} nodes`,
      );
    }
  }

  #compare(vote: Made<Vote>, promise: Made<TermVote>): void {
    const { epoch, term, index, voter } = vote.statement;
    if (epoch !== promise.statement.epoch) return;
    const promised = promise.statement.term;
    if (term >= promised) return;
    if (vote.at > promise.at) {
      this.#fail('promise', voter, `votes in term ${term} after promising term ${promised}`);
    }
    // BFT: only the second vote follows a lock.
    if (vote.statement.phase === 'prepare') return;
    const { lock } = promise.statement;
    if (isBelow(lock, term, index) && !this.#modules.isSuperseded(epoch, term, promised)) {
      this.#fail(
        'lock',
        voter,
        `voted for ${term}/${index}, then promised term ${promised} with lock ${lock.term}/${lock.index}`,
      );
    }
  }

  #requireValidator(epoch: Epoch, voter: NodeId): void {
    if (this.#modules.epochs.validators(epoch).includes(voter)) return;
    this.#fail('membership', voter, `votes in epoch ${epoch}, of which it is no validator`);
  }

  #durableAt(statement: Vote | TermVote, voter: NodeId, what: string): number {
    const record = this.#modules.signatures.check(statement, voter);
    if (record.durableAt === 0) this.#fail('durability', voter, `shows a ${what} it never stored`);
    return record.durableAt;
  }

  #fail(rule: string, voter: NodeId, what: string): never {
    throw new ViolationError(rule, `node ${this.#modules.ids.indexOf(voter)} ${what}`);
  }
}

/** Locks compare by term, then index. */
function isBelow(lock: Lock, term: Term, index: number): boolean {
  return lock.term < term || (lock.term === term && lock.index < index);
}

function listOf<Value>(lists: Map<NodeId, Value[]>, key: NodeId): Value[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
