/**
 * Rules *proof* and *expiry*: who may lead a term, and by what right.
 *
 * Verifies every leader proof by itself: a quorum of term votes of different validators for this term, the entry directly on
 * the highest lock among them, and never two of them in one term.
 */

import type { LeaderProof } from '../../core/certificate.ts';
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { HandOver, Lock } from '../../core/statements.ts';
import type { EntryHash, Epoch, NodeId, Term } from '../../core/types.ts';
import type { CoreBinding } from '../binding.ts';
import type { Observer } from '../observer.ts';
import { ViolationError } from '../world/violation.ts';
import type { EpochBook } from './epochs.ts';
import type { EvidenceCollector, EvidenceJudge } from './evidence.ts';

export interface ProofModules {
  readonly ids: readonly NodeId[];
  readonly liars: ReadonlySet<NodeId>;
  readonly epochs: EpochBook;
  readonly rootHash: EntryHash;
  readonly proofOf: CoreBinding['proofOf'];
  readonly collector: () => EvidenceCollector;
}

export class ProofChecker implements EvidenceJudge, Observer {
  readonly #modules: ProofModules;
  /** By epoch and term: the term-start, or the membership entry that was certified again. */
  readonly #termStarts = new Map<string, EntryHash>();
  readonly #judged = new Set<EntryHash>();

  constructor(modules: ProofModules) {
    this.#modules = modules;
  }

  /** Terms in which a leader started. */
  get terms(): number {
    return this.#termStarts.size;
  }

  isSuperseded(epoch: Epoch, after: Term, before: Term): boolean {
    for (let term = after + 1; term < before; term += 1) {
      if (this.#termStarts.has(`${epoch}/${term}`)) return true;
    }
    return false;
  }

  entry(entry: Entry): void {
    if (this.#judged.has(entry.hash)) return;
    this.#judged.add(entry.hash);
    if (entry.proposer !== this.#modules.epochs.leaderOf(entry.epoch, entry.term)) {
      this.#fail(`entry ${entry.index} of term ${entry.term} is not of that term's leader`);
    }
    if (entry.kind === 'term-start') this.#termStart(entry);
  }

  handOver(handOver: HandOver): void {
    const { epoch, fromTerm, toTerm, leader } = handOver;
    const { epochs } = this.#modules;
    if (leader !== epochs.leaderOf(epoch, fromTerm)) {
      this.#fail(`term ${fromTerm} is handed over by another than its leader`, 'expiry');
    }
    if (toTerm <= fromTerm || toTerm > fromTerm + epochs.validators(epoch).length) {
      this.#fail(`term ${fromTerm} is handed over to ${toTerm}`, 'expiry');
    }
  }

  effect(node: number, effect: Effect): void {
    if (effect.type !== 'send') return;
    const { message } = effect;
    if (message.type !== 'heartbeat' && message.type !== 'propose') return;
    const { epoch, term } = message.type === 'heartbeat' ? message : message.entry;
    if (this.#modules.epochs.leaderOf(epoch, term) !== this.#modules.ids[node]) {
      this.#fail(`node ${node} acts as the leader of term ${term}`);
    }
  }

  #termStart(entry: Entry): void {
    const { term } = entry;
    this.#start(entry.epoch, term, entry.hash);
    const proof = this.#modules.proofOf(entry);
    if (proof.term !== term || proof.epoch !== entry.epoch) {
      this.#fail(`the term-start of ${term} carries a proof of ${proof.term}`);
    }
    this.#modules.collector().termVotes(proof.votes);
    this.#showAnchor(proof);
    this.#checkQuorum(proof);
    this.#checkAnchor(
      entry,
      proof.votes.map((vote) => vote.lock),
    );
  }

  /** Rule *membership*: a term that certifies again is led by what its proof anchors in. */
  recertification(proof: LeaderProof, entry: Entry): void {
    this.#start(proof.epoch, proof.term, entry.hash);
    this.#showAnchor(proof);
    this.#checkQuorum(proof);
    const anchor = highest(proof.votes.map((vote) => vote.lock));
    if (anchor?.index !== entry.index || anchor.hash !== entry.hash) {
      this.#fail(`term ${proof.term} certifies another entry than its anchor`);
    }
  }

  #start(epoch: Epoch, term: Term, hash: EntryHash): void {
    const { liars, epochs } = this.#modules;
    const known = this.#termStarts.get(`${epoch}/${term}`);
    const mayLie = liars.has(epochs.leaderOf(epoch, term) as NodeId);
    if (known !== undefined && known !== hash && !mayLie) {
      this.#fail(`two term-starts in term ${term}`);
    }
    this.#termStarts.set(`${epoch}/${term}`, hash);
  }

  #showAnchor({ anchorCertificate }: LeaderProof): void {
    if (anchorCertificate !== undefined) this.#modules.collector().certificate(anchorCertificate);
  }

  #checkQuorum(proof: LeaderProof): void {
    const { term, epoch } = proof;
    const { epochs } = this.#modules;
    const voters = new Set(proof.votes.map((vote) => vote.voter));
    const fitting = proof.votes.every(
      (vote) =>
        vote.term === term && vote.epoch === epoch && epochs.validators(epoch).includes(vote.voter),
    );
    if (!fitting || voters.size !== proof.votes.length || voters.size < epochs.quorum(epoch)) {
      this.#fail(`the proof of term ${term} holds no quorum of term votes`);
    }
  }

  #checkAnchor(entry: Entry, locks: readonly Lock[]): void {
    const anchor = highest(locks);
    const hash = anchor === undefined || anchor.index === 0 ? this.#modules.rootHash : anchor.hash;
    if (anchor === undefined || entry.index !== anchor.index + 1 || entry.parentHash !== hash) {
      this.#fail(`the term-start of ${entry.term} does not stand on the highest lock of its proof`);
    }
  }

  #fail(what: string, rule = 'proof'): never {
    throw new ViolationError(rule, what);
  }
}

function highest(locks: readonly Lock[]): Lock | undefined {
  return [...locks].sort((left, right) => right.term - left.term || right.index - left.index)[0];
}
