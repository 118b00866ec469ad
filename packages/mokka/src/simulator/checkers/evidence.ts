/**
 * Finds every signed statement, certificate, proof and entry in a message.
 *
 * Checkers register for the kinds they judge. An object is handed to them the first time it is seen, however often it
 * is sent.
 */
import { certificateIn } from '../../codec/term-start-codec.ts';
import type { Certificate, LeaderProof } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import type { Justification, Message } from '../../core/message.ts';
import type { HandOver, PreVote, TermVote, Vote, Yield } from '../../core/statements.ts';
import type { NodeId } from '../../core/types.ts';

export interface EvidenceJudge {
  preVote?(statement: PreVote): void;
  yield?(statement: Yield): void;
  handOver?(statement: HandOver): void;
  termVote?(statement: TermVote): void;
  justification?(statement: TermVote, justification: readonly Justification[]): void;
  vote?(statement: Vote): void;
  /** Of either phase. */
  certificate?(certificate: Certificate): void;
  entry?(entry: Entry): void;
  recertification?(proof: LeaderProof, entry: Entry): void;
}

export class EvidenceCollector {
  readonly #judges: readonly EvidenceJudge[];
  readonly #seen = new WeakSet<object>();
  /** Every entry ever seen, by hash. */
  readonly entries = new Map<string, Entry>();

  /** Judges are asked in the order given. */
  constructor(judges: readonly EvidenceJudge[]) {
    this.#judges = judges;
  }

  /** A message that a correct node sends; it answers for what it has checked. */
  message(sender: NodeId, message: Message): void {
    switch (message.type) {
      case 'heartbeat':
      case 'heartbeat-ack':
      case 'leader-alive':
      case 'fetch':
      case 'read-index':
      case 'read-position':
      case 'snapshot-request':
      case 'chunk-request':
      case 'chunk':
        return;
      case 'snapshot-offer':
        if (message.offer === null) return;
        for (const entry of [message.offer.base, ...message.offer.next]) this.entry(entry);
        for (const { entry, certificate } of message.offer.memberships) {
          this.entry(entry);
          this.certificate(certificate);
        }
        this.certificate(message.offer.certificate);
        return;
      case 'membership-request':
      case 'membership-refusal':
      case 'readiness-request':
      case 'readiness':
        return;
      case 'recertify':
        this.entry(message.entry);
        this.termVotes(message.proof.votes);
        if (!this.#isNew(message.proof)) return;
        this.#judge((judge) => judge.recertification?.(message.proof, message.entry));
        return;
      case 'pre-vote':
        this.#preVote(message.preVote);
        for (const statement of message.relayed) this.#justifying(statement);
        return;
      case 'term-vote':
        this.#termVote(message.termVote);
        if (message.lockCertificate !== undefined) this.certificate(message.lockCertificate);
        // What justifies another's term vote is passed on unread.
        if (message.termVote.voter !== sender || !this.#isNew(message.justification)) return;
        for (const statement of message.justification) this.#justifying(statement);
        this.#judge((judge) => judge.justification?.(message.termVote, message.justification));
        return;
      case 'hand-over':
        this.#justifying(message.handOver);
        return;
      case 'yield':
        this.#justifying(message.yield);
        return;
      case 'propose':
        this.entry(message.entry);
        if (message.vote !== undefined) this.vote(message.vote);
        return;
      case 'vote':
        this.vote(message.vote);
        return;
      case 'certificate':
        this.certificate(message.certificate);
        return;
      case 'evidence':
        for (const statement of [message.evidence.first, message.evidence.second]) {
          if (statement.type === 'vote') this.vote(statement);
          else this.#termVote(statement);
        }
        return;
      case 'entries':
        for (const entry of message.entries) this.entry(entry);
        if (message.certificate !== null) this.certificate(message.certificate);
        return;
    }
  }

  entry(entry: Entry): void {
    if (!this.#isNew(entry)) return;
    this.entries.set(entry.hash, entry);
    const below = entry.kind === 'term-start' ? certificateIn(entry) : null;
    if (below !== null) this.certificate(below);
    this.#judge((judge) => judge.entry?.(entry));
  }

  certificate(certificate: Certificate): void {
    if (!this.#isNew(certificate)) return;
    this.#judge((judge) => judge.certificate?.(certificate));
  }

  vote(vote: Vote): void {
    if (this.#isNew(vote)) this.#judge((judge) => judge.vote?.(vote));
  }

  #preVote(statement: PreVote): void {
    if (this.#isNew(statement)) this.#judge((judge) => judge.preVote?.(statement));
  }

  #termVote(statement: TermVote): void {
    if (this.#isNew(statement)) this.#judge((judge) => judge.termVote?.(statement));
  }

  /** Term votes of a leader proof. */
  termVotes(statements: readonly TermVote[]): void {
    for (const statement of statements) this.#termVote(statement);
  }

  #justifying(statement: Justification): void {
    switch (statement.type) {
      case 'pre-vote':
        this.#preVote(statement);
        return;
      case 'term-vote':
        this.#termVote(statement);
        return;
      case 'yield':
        if (this.#isNew(statement)) this.#judge((judge) => judge.yield?.(statement));
        return;
      case 'hand-over':
        if (this.#isNew(statement)) this.#judge((judge) => judge.handOver?.(statement));
        return;
    }
  }

  #isNew(evidence: object): boolean {
    if (this.#seen.has(evidence)) return false;
    this.#seen.add(evidence);
    return true;
  }

  #judge(ask: (judge: EvidenceJudge) => void): void {
    for (const judge of this.#judges) ask(judge);
  }
}
