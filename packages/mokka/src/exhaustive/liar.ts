/**
 * BFT: a validator that lies in every way that could fork the others, within the bounds. It has no state but what it was sent, and
 * signs with its own key only.
 *
 * As the leader of a term it makes a term-start out of every quorum of term votes, and two payloads on each; it votes for everything,
 * in both phases, turns votes into certificates, and reports as its lock whatever it can certify, and whatever it can
 * not. What it could say and does not is a message that is never delivered.
 */
import { encodeLeaderProof } from '../codec/certificate-codec.ts';
import { createEntry } from '../codec/entry-codec.ts';
import type { Certificate, LeaderProof } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import type { Message, TermVoteMessage } from '../core/message.ts';
import { leaderOf, quorumSize } from '../core/quorum.ts';
import { StatementSigner } from '../core/signing.ts';
import type { Lock, TermVote, Vote, VotePhase } from '../core/statements.ts';
import type { EntryHash, Epoch, LogIndex, NodeId, Signature, Term } from '../core/types.ts';
import { anchorOf, compareLocks } from '../core/verification.ts';
import { EMPTY_STATE } from './application.ts';
import type { Sent } from './machine.ts';
import type { Model } from './model.ts';

const EPOCH = 0 as Epoch;
const PHASES: readonly VotePhase[] = ['prepare', 'commit'];
/** Payloads that it proposes for one place. */
const VARIANTS: readonly number[] = [0, 1];

/** What is of use to a liar, of all that it is sent. */
export function isLearned({ type }: Message): boolean {
  return ['term-vote', 'vote', 'propose', 'certificate', 'fetch'].includes(type);
}

type Place = Pick<Vote, 'phase' | 'term' | 'index' | 'hash'>;

/** What was sent to it. */
class Knowledge {
  readonly termVotes: TermVoteMessage[] = [];
  readonly entries = new Map<EntryHash, Entry>();
  /** Votes of correct validators by what they are for. */
  readonly votes = new Map<
    string,
    { readonly place: Place; readonly by: Map<NodeId, Signature> }
  >();
  readonly fetches: {
    readonly from: number;
    readonly fetch: Extract<Message, { type: 'fetch' }>;
  }[] = [];

  add(from: number, message: Message): void {
    if (message.type === 'term-vote') {
      this.termVotes.push(message);
      if (message.lockCertificate !== undefined) this.#addVotes(message.lockCertificate);
    } else if (message.type === 'propose') {
      this.entries.set(message.entry.hash, message.entry);
      if (message.vote !== undefined) this.#addVote(message.vote);
    } else if (message.type === 'vote') this.#addVote(message.vote);
    else if (message.type === 'certificate') this.#addVotes(message.certificate);
    else if (message.type === 'fetch') this.fetches.push({ from, fetch: message });
  }

  #addVotes(certificate: Certificate): void {
    for (const { voter, signature } of certificate.votes) {
      this.#addVote({ ...certificate, voter, signature });
    }
  }

  #addVote({
    phase,
    term,
    index,
    hash,
    voter,
    signature,
  }: Place & Pick<Vote, 'voter' | 'signature'>): void {
    const key = `${phase} ${term} ${hash}`;
    const known = this.votes.get(key) ?? { place: { phase, term, index, hash }, by: new Map() };
    known.by.set(voter, signature);
    this.votes.set(key, known);
  }
}

export class Liar {
  readonly node: number;
  readonly #model: Model;
  readonly #signer: StatementSigner;
  readonly #self: NodeId;
  readonly #quorum: number;
  readonly #others: readonly number[];

  constructor(model: Model, node: number) {
    this.node = node;
    this.#model = model;
    this.#self = model.options(node).self;
    this.#signer = new StatementSigner(model.clusterId, model.signatures.scheme(node));
    this.#quorum = quorumSize('BFT', model.validators.length);
    this.#others = [...model.validators.keys()].filter((other) => other !== node);
  }

  /** Everything that it can say, having been sent this. The more it knows, the more that is. */
  says(received: readonly { readonly from: number; readonly message: Message }[]): Sent[] {
    const known = new Knowledge();
    for (const { from, message } of received) known.add(from, message);
    const sent: Sent[] = [];
    const certificates = [...known.votes.values()].flatMap((votes) => this.#certificate(votes));
    const prepared = certificates.filter(({ phase }) => phase === 'prepare');
    for (let term = 1; term <= this.#model.bounds.terms; term += 1) {
      if (this.#leads(term)) sent.push(...this.#proposals(term as Term, known, prepared));
    }
    for (const certificate of certificates) {
      for (const to of this.#others)
        sent.push({ to, message: { type: 'certificate', certificate } });
    }
    for (const entry of known.entries.values()) sent.push(...this.#votesFor(entry));
    for (let term = 1; term <= this.#model.bounds.terms; term += 1) {
      if (!this.#leads(term)) sent.push(...this.#termVotes(term as Term, known, prepared));
    }
    for (const { from, fetch } of known.fetches) sent.push(...this.#answer(from, fetch, known));
    return sent;
  }

  #leads(term: number): boolean {
    return leaderOf(this.#model.validators, term as Term) === this.#self;
  }

  /** With its own vote, where the others' make it a quorum. */
  #certificate({
    place,
    by,
  }: {
    readonly place: Place;
    readonly by: ReadonlyMap<NodeId, Signature>;
  }): Certificate[] {
    const others = [...by].filter(([voter]) => voter !== this.#self).sort(byVoter);
    if (others.length < this.#quorum - 1) return [];
    const own: [NodeId, Signature] = [this.#self, this.#vote(place).signature];
    const votes = [own, ...others.slice(0, this.#quorum - 1)]
      .sort(byVoter)
      .map(([voter, signature]) => ({ voter, signature }));
    return [{ ...place, epoch: EPOCH, votes }];
  }

  #vote({ phase, term, index, hash }: Place): Vote {
    const fields = { type: 'vote', epoch: EPOCH, phase, term, index, hash } as const;
    return this.#signer.sign<Vote>({ ...fields, voter: this.#self });
  }

  /** Both votes for a leader's entry. */
  #votesFor({ term, index, hash }: Entry): Sent[] {
    if (this.#leads(term)) return [];
    const to = term % this.#model.validators.length;
    return PHASES.map((phase) => {
      const vote = this.#vote({ phase, term, index, hash });
      return { to, message: { type: 'vote', vote } };
    });
  }

  /** A term-start for every quorum of term votes, with payloads on them, to everybody. */
  #proposals(term: Term, known: Knowledge, prepared: readonly Certificate[]): Sent[] {
    const messages = known.termVotes.filter(({ termVote }) => termVote.term === term);
    const sent: Sent[] = [];
    for (const others of subsets(messages, this.#quorum - 1)) {
      for (const own of this.#locksBelow(term, prepared)) {
        const proof = this.#proof(term, others, own);
        if (proof === null) continue;
        const start = this.#entry(proof.anchor, term, 'term-start', proof.bytes);
        const payloads =
          this.#model.bounds.entries === 0
            ? []
            : VARIANTS.map((variant) =>
                this.#entry(start, term, 'payload', Buffer.from(`lie ${variant}`)),
              );
        for (const entry of [start, ...payloads]) {
          known.entries.set(entry.hash, entry);
          const vote = this.#vote({ ...entry, phase: 'prepare' });
          for (const to of this.#others)
            sent.push({ to, message: { type: 'propose', entry, vote } });
        }
      }
    }
    return sent;
  }

  #proof(
    term: Term,
    others: readonly TermVoteMessage[],
    own: { readonly lock: Lock; readonly certificate: Certificate | null },
  ): { readonly anchor: Lock; readonly bytes: Uint8Array } | null {
    const votes: TermVote[] = [
      this.#termVote(term, own.lock),
      ...others.map(({ termVote }) => termVote),
    ];
    votes.sort((left, right) => (left.voter < right.voter ? -1 : 1));
    const anchor = anchorOf(votes);
    if (anchor === null) return null;
    const certificates = [
      own.certificate,
      ...others.map(({ lockCertificate }) => lockCertificate ?? null),
    ];
    const anchorCertificate = certificates.find(
      (one) => one !== null && compareLocks(one, anchor) === 0 && one.hash === anchor.hash,
    );
    const proof: LeaderProof = { epoch: EPOCH, term, votes };
    const whole = anchorCertificate == null ? proof : { ...proof, anchorCertificate };
    return { anchor, bytes: encodeLeaderProof(whole) };
  }

  #entry(
    parent: { readonly index: LogIndex; readonly hash: EntryHash },
    term: Term,
    kind: 'term-start' | 'payload',
    payload: Uint8Array,
  ): Entry {
    const index = (parent.index + 1) as LogIndex;
    const place = { index, term, epoch: EPOCH, parentHash: parent.hash };
    return createEntry({
      ...place,
      stateDigest: EMPTY_STATE,
      timestamp: 0,
      proposer: this.#self,
      kind,
      payload,
    });
  }

  #root(): Lock {
    return { term: 0 as Term, index: 0 as LogIndex, hash: this.#model.rootHash };
  }

  #locksBelow(
    term: Term,
    prepared: readonly Certificate[],
  ): { readonly lock: Lock; readonly certificate: Certificate | null }[] {
    const certified = prepared
      .filter((certificate) => certificate.term < term)
      .map((certificate) => {
        const { index, hash } = certificate;
        return { lock: { term: certificate.term, index, hash }, certificate };
      });
    return [{ lock: this.#root(), certificate: null }, ...certified];
  }

  #termVote(term: Term, lock: Lock): TermVote {
    const fields = { type: 'term-vote', epoch: EPOCH, term, lock } as const;
    return this.#signer.sign<TermVote>({ ...fields, voter: this.#self });
  }

  /** To the candidate: every lock it has a certificate for, and every entry it knows without one. */
  #termVotes(term: Term, known: Knowledge, prepared: readonly Certificate[]): Sent[] {
    const to = term % this.#model.validators.length;
    const certified = this.#locksBelow(term, prepared);
    const claimed = [...known.entries.values()]
      .filter((entry) => entry.term < term)
      .filter((entry) => certified.every(({ lock }) => lock.hash !== entry.hash))
      .map(({ index, hash, term: lockTerm }) => ({
        lock: { term: lockTerm, index, hash },
        certificate: null,
      }));
    return [...certified, ...claimed].map(({ lock, certificate }) => {
      const message: TermVoteMessage = {
        type: 'term-vote',
        termVote: this.#termVote(term, lock),
        justification: [],
      };
      return {
        to,
        message: certificate === null ? message : { ...message, lockCertificate: certificate },
      };
    });
  }

  /** The chain that was asked for, if it knows it. */
  #answer(
    to: number,
    { from, tip, request }: Extract<Message, { type: 'fetch' }>,
    known: Knowledge,
  ): Sent[] {
    const entries: Entry[] = [];
    for (let hash = tip.hash; ; ) {
      const entry = known.entries.get(hash);
      if (entry === undefined || entry.index < from) break;
      entries.unshift(entry);
      hash = entry.parentHash;
    }
    if (entries[0]?.index !== from) return [];
    return [{ to, message: { type: 'entries', request, entries, certificate: null } }];
  }
}

function byVoter([left]: [NodeId, Signature], [right]: [NodeId, Signature]): number {
  return left < right ? -1 : 1;
}

function subsets<T>(all: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return all.flatMap((first, at) =>
    subsets(all.slice(at + 1), size - 1).map((rest) => [first, ...rest]),
  );
}
