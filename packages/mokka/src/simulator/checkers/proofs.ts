/**
 * Rules *proof* and *expiry*: who may lead a term, and by what right.
 *
 * Verifies every leader proof by itself: a quorum of term votes of different validators for this term, the entry directly on
 * the highest lock among them, and never two of them in one term.
 */
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { HandOver, Lock } from '../../core/statements.ts';
import type { EntryHash, NodeId, Term } from '../../core/types.ts';
import type { CoreBinding } from '../binding.ts';
import type { Observer } from '../observer.ts';
import { ViolationError } from '../world/violation.ts';
import type { EvidenceCollector, EvidenceJudge } from './evidence.ts';

export interface ProofModules {
  readonly ids: readonly NodeId[];
  readonly liars: ReadonlySet<NodeId>;
  readonly quorum: number;
  readonly rootHash: EntryHash;
  readonly proofOf: CoreBinding['proofOf'];
  readonly collector: () => EvidenceCollector;
}

export class ProofChecker implements EvidenceJudge, Observer {
  readonly #modules: ProofModules;
  readonly #termStarts = new Map<Term, EntryHash>();
  readonly #judged = new Set<EntryHash>();

  constructor(modules: ProofModules) {
    this.#modules = modules;
  }

  /** Terms in which a leader started. */
  get terms(): number {
    return this.#termStarts.size;
  }

  isSuperseded(after: Term, before: Term): boolean {
    for (const term of this.#termStarts.keys()) if (term > after && term < before) return true;
    return false;
  }

  entry(entry: Entry): void {
    if (this.#judged.has(entry.hash)) return;
    this.#judged.add(entry.hash);
    if (entry.proposer !== this.#leaderOf(entry.term)) {
      this.#fail(`entry ${entry.index} of term ${entry.term} is not of that term's leader`);
    }
    if (entry.kind === 'term-start') this.#termStart(entry);
  }

  handOver(handOver: HandOver): void {
    const { fromTerm, toTerm, leader } = handOver;
    if (leader !== this.#leaderOf(fromTerm)) {
      this.#fail(`term ${fromTerm} is handed over by another than its leader`, 'expiry');
    }
    if (toTerm <= fromTerm || toTerm > fromTerm + this.#modules.ids.length) {
      this.#fail(`term ${fromTerm} is handed over to ${toTerm}`, 'expiry');
    }
  }

  effect(node: number, effect: Effect): void {
    if (effect.type !== 'send') return;
    const { message } = effect;
    if (message.type !== 'heartbeat' && message.type !== 'propose') return;
    const term = message.type === 'heartbeat' ? message.term : message.entry.term;
    if (this.#leaderOf(term) !== this.#modules.ids[node]) {
      this.#fail(`node ${node} acts as the leader of term ${term}`);
    }
  }

  #termStart(entry: Entry): void {
    const { term } = entry;
    const known = this.#termStarts.get(term);
    const mayLie = this.#modules.liars.has(entry.proposer);
    if (known !== undefined && known !== entry.hash && !mayLie) {
      this.#fail(`two term-starts in term ${term}`);
    }
    this.#termStarts.set(term, entry.hash);
    const proof = this.#modules.proofOf(entry);
    if (proof.term !== term || proof.epoch !== entry.epoch) {
      this.#fail(`the term-start of ${term} carries a proof of ${proof.term}`);
    }
    this.#modules.collector().termVotes(proof.votes);
    if (proof.anchorCertificate !== undefined) {
      this.#modules.collector().certificate(proof.anchorCertificate);
    }
    const voters = new Set(proof.votes.map((vote) => vote.voter));
    const fitting = proof.votes.every(
      (vote) =>
        vote.term === term && vote.epoch === proof.epoch && this.#modules.ids.includes(vote.voter),
    );
    if (!fitting || voters.size !== proof.votes.length || voters.size < this.#modules.quorum) {
      this.#fail(`the proof of term ${term} holds no quorum of term votes`);
    }
    this.#checkAnchor(
      entry,
      proof.votes.map((vote) => vote.lock),
    );
  }

  #checkAnchor(entry: Entry, locks: readonly Lock[]): void {
    const anchor = [...locks].sort(
      (left, right) => right.term - left.term || right.index - left.index,
    )[0];
    const hash = anchor === undefined || anchor.index === 0 ? this.#modules.rootHash : anchor.hash;
    if (anchor === undefined || entry.index !== anchor.index + 1 || entry.parentHash !== hash) {
      this.#fail(`the term-start of ${entry.term} does not stand on the highest lock of its proof`);
    }
  }

  #leaderOf(term: Term): NodeId | undefined {
    return this.#modules.ids[term % this.#modules.ids.length];
  }

  #fail(what: string, rule = 'proof'): never {
    throw new ViolationError(rule, what);
  }
}
