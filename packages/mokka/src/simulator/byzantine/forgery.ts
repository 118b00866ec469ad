/** Makes false statements and messages: signed with the liar's own key, or not signed at all. */
import { encodeLeaderProof } from '../../codec/certificate-codec.ts';
import { createEntry } from '../../codec/entry-codec.ts';
import { encodeMembership } from '../../codec/membership-codec.ts';
import { sha256, toHex } from '../../core/bytes.ts';
import type { Certificate, LeaderProof } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import type { Member } from '../../core/members.ts';
import type { Message } from '../../core/message.ts';
import { StatementSigner } from '../../core/signing.ts';
import type { SnapshotOffer } from '../../core/snapshot-exchange.ts';
import type { HandOver, Lock, PreVote, TermVote, Vote, Yield } from '../../core/statements.ts';
import type {
  EntryHash,
  LogIndex,
  NodeId,
  Signature,
  StateDigest,
  Term,
} from '../../core/types.ts';
import type { BootRequest } from '../binding.ts';
import type { Random } from '../world/random.ts';
import type { Knowledge } from './knowledge.ts';

/** What no snapshot holds. */
const MADE_UP = new TextEncoder().encode('[]');
/** The highest term and index there are. */
const ABSURD = Number.MAX_SAFE_INTEGER;

/** What a forger knows of the cluster. */
export type Circumstances = Pick<
  BootRequest,
  'validators' | 'clusterId' | 'rootHash' | 'crashModel' | 'signatures'
> & { readonly stateDigest: StateDigest };

export class Forger {
  readonly self: NodeId;
  readonly #request: Circumstances;
  readonly #random: Random;
  readonly #knowledge: Knowledge;
  readonly #signer: StatementSigner;

  constructor(request: Circumstances, self: NodeId, random: Random, knowledge: Knowledge) {
    this.self = self;
    this.#request = request;
    this.#random = random;
    this.#knowledge = knowledge;
    this.#signer = new StatementSigner(request.clusterId, request.signatures);
  }

  get #validators(): readonly NodeId[] {
    const known = this.#knowledge.validators ?? [];
    return known.length > 0 ? known : this.#request.validators;
  }

  /** A term near those seen, below or above. */
  #someTerm(): Term {
    const { term } = this.#knowledge;
    return Math.max(1, term + this.#random.integer(-3, 3)) as Term;
  }

  #someHash(): EntryHash {
    const known = this.#knowledge.entries.map((entry) => entry.hash);
    if (known.length > 0 && this.#random.chance(0.7)) return this.#random.pick(known);
    const digits = Array.from({ length: 8 }, () =>
      this.#random.word().toString(16).padStart(8, '0'),
    );
    return digits.join('') as EntryHash;
  }

  vote(entry: Entry, phase: Vote['phase'], voter = this.self): Vote {
    const { epoch, term, index, hash } = entry;
    return this.#signer.sign<Vote>({ type: 'vote', phase, epoch, term, index, hash, voter });
  }

  preVote(term: number): Message {
    const preVote = this.#signer.sign<PreVote>({
      type: 'pre-vote',
      epoch: this.#knowledge.epoch,
      term: term as Term,
      sender: this.self,
    });
    const { preVotes } = this.#knowledge;
    const relayed = this.#random.chance(0.5) ? preVotes.slice(0, 3) : [];
    return { type: 'pre-vote', preVote, relayed };
  }

  farPreVote(): Message {
    const { term } = this.#knowledge;
    return this.preVote(this.#random.pick([term + 1, term + 2, term + 1000, term + 2e6, ABSURD]));
  }

  yield(): Message {
    const term = this.#random.chance(0.7) ? this.#termLedBySelf() : this.#someTerm();
    const statement = this.#signer.sign<Yield>({
      type: 'yield',
      epoch: this.#knowledge.epoch,
      term,
      sender: this.self,
    });
    return { type: 'yield', yield: statement };
  }

  handOver(): Message {
    const fromTerm = this.#termLedBySelf();
    const handOver = this.#signer.sign<HandOver>({
      type: 'hand-over',
      epoch: this.#knowledge.epoch,
      fromTerm,
      toTerm: (fromTerm + this.#random.pick([0, 1, 2, 3, 1000])) as Term,
      leader: this.self,
    });
    return { type: 'hand-over', handOver };
  }

  /** The highest term not above those seen, or the one after, that this node leads. */
  #termLedBySelf(): Term {
    const validators = this.#validators;
    const place = Math.max(0, validators.indexOf(this.self));
    const { term } = this.#knowledge;
    const last =
      term - ((((term - place) % validators.length) + validators.length) % validators.length);
    const ahead = this.#random.chance(0.5) ? validators.length : 0;
    return Math.max(1, last + ahead) as Term;
  }

  lock(): Lock {
    const { rootHash } = this.#request;
    const entry = this.#knowledge.entries.at(-1);
    const root = { term: 0 as Term, index: 0 as LogIndex, hash: rootHash };
    if (entry === undefined) return root;
    const { term, index } = entry;
    const hash = this.#random.chance(0.5) ? entry.hash : this.#someHash();
    return this.#random.pick([
      root,
      { term, index, hash },
      { term: (this.#knowledge.term + 3) as Term, index: (index + 5) as LogIndex, hash },
      { term: Math.max(1, term - 1) as Term, index, hash },
    ]);
  }

  termVote(term: Term, lock: Lock): TermVote {
    return this.#signer.sign<TermVote>({
      type: 'term-vote',
      epoch: this.#knowledge.epoch,
      term,
      lock,
      voter: this.self,
    });
  }

  /** The own term vote with another lock. */
  otherLock(message: Extract<Message, { type: 'term-vote' }>): Message {
    const { certificates } = this.#knowledge;
    const lock = this.lock();
    const termVote = this.termVote(message.termVote.term, lock);
    const { lockCertificate: _, ...rest } = message;
    const fitting = certificates.find(({ hash }) => hash === lock.hash);
    const shown = this.#random.chance(0.5) ? fitting : certificates.at(-1);
    return { ...rest, termVote, ...(shown === undefined ? {} : { lockCertificate: shown }) };
  }

  /** A vote, pre-vote or term vote that names another signer, or whose signature is wrong. */
  forged(): Message {
    const voter = this.#random.pick(this.#validators);
    const entry = this.#knowledge.entries.at(-1);
    const bad = this.#random.chance(0.5);
    const spoil = <S extends { signature: Signature }>(statement: S): S =>
      bad ? { ...statement, signature: new Uint8Array(64).fill(7) as Signature } : statement;
    if (entry !== undefined && this.#random.chance(0.5)) {
      const phase = this.#random.pick(['prepare', 'commit'] as const);
      return { type: 'vote', vote: spoil(this.vote(entry, phase, voter)) };
    }
    const termVote = spoil({ ...this.termVote(this.#someTerm(), this.lock()), voter });
    const justification = this.#knowledge.preVotes.slice(0, 3);
    return { type: 'term-vote', termVote, justification };
  }

  /** Another entry for the place of `entry`, of the same leader and term. */
  twinOf(entry: Entry, parentHash: EntryHash): Entry {
    return createEntry({ ...entry, parentHash, timestamp: entry.timestamp + 1 });
  }

  proposal(entry: Entry): Message {
    const message = { type: 'propose', entry } as const;
    if (this.#request.crashModel === 'CFT') return message;
    return { ...message, vote: this.vote(entry, 'prepare') };
  }

  /** A term-start of a term it leads, on a proof that is stale, doubled, too small or of nothing. */
  falseTermStart(): Message {
    const { rootHash } = this.#request;
    const validators = this.#validators;
    const term = this.#termLedBySelf();
    const known = this.#knowledge.termVotes.filter((vote) => vote.voter !== this.self);
    const own = this.termVote(term, this.lock());
    const exact = known.filter((vote) => vote.term === term);
    const chosen = this.#random.pick([exact, known, [], known.map((vote) => ({ ...vote, term }))]);
    const byVoter = new Map([own, ...chosen].map((vote) => [vote.voter, vote]));
    const votes = [...byVoter.values()].sort((left, right) => (left.voter < right.voter ? -1 : 1));
    const anchor = this.#random.chance(0.5) ? this.lock() : (votes[0]?.lock ?? this.lock());
    const certificate = this.#knowledge.certificates.at(-1);
    const proof: LeaderProof = {
      epoch: this.#knowledge.epoch,
      term,
      votes: votes.slice(0, validators.length),
      ...(certificate === undefined ? {} : { anchorCertificate: certificate }),
    };
    const like = this.#knowledge.entries.at(-1);
    const entry = createEntry({
      index: (anchor.index + 1) as LogIndex,
      term,
      epoch: this.#knowledge.epoch,
      parentHash: anchor.index === 0 ? rootHash : anchor.hash,
      stateDigest: like?.stateDigest ?? this.#request.stateDigest,
      timestamp: like?.timestamp ?? 0,
      proposer: this.self,
      kind: 'term-start',
      payload: encodeLeaderProof(proof),
    });
    return this.proposal(entry);
  }

  /** Votes of different entries, terms and phases put together. */
  falseCertificate(): Certificate | null {
    const like = this.#knowledge.certificates.at(-1);
    if (like === undefined) return null;
    const hash = this.#someHash();
    const phase = this.#random.pick(['prepare', 'commit'] as const);
    return this.#random.pick([
      { ...like, hash },
      { ...like, phase },
      { ...like, term: (like.term + 1) as Term },
      { ...like, votes: like.votes.slice(1) },
      { ...like, index: (like.index + 1) as LogIndex, hash },
    ]);
  }

  /** Members that suit it: asked for again and again, proposed unasked, or an open change certified on nothing. */
  changedMembers(): Message | null {
    const { entries, epoch, termVotes } = this.#knowledge;
    const known = entries.find(({ kind }) => kind === 'membership');
    const members = this.#someMembers();
    const request = this.#random.integer(1, 9);
    const like = entries.at(-1);
    if (like === undefined || this.#random.chance(0.4)) {
      return { type: 'membership-request', epoch, request, members };
    }
    const term = this.#termLedBySelf();
    if (known !== undefined && this.#random.chance(0.4)) {
      const votes = [...new Map(termVotes.map((vote) => [vote.voter, vote])).values()];
      votes.sort((left, right) => (left.voter < right.voter ? -1 : 1));
      return { type: 'recertify', proof: { epoch, term, votes }, entry: known };
    }
    const entry = createEntry({
      ...like,
      index: (like.index + 1) as LogIndex,
      term,
      epoch,
      parentHash: like.hash,
      proposer: this.self,
      kind: 'membership',
      payload: encodeMembership({ members, readiness: [] }),
    });
    return this.proposal(entry);
  }

  /** Some of those it knows, itself among them. */
  #someMembers(): Member[] {
    const others = this.#validators.filter((id) => id !== this.self && this.#random.chance(0.5));
    return [this.self, ...others].map((id, at) => ({
      id,
      host: `validator-${at}`,
      port: at + 1,
      role: 'validator',
    }));
  }

  corrupted(message: Extract<Message, { type: 'entries' }>): Message {
    const { entries } = message;
    const certificate = this.falseCertificate();
    const commit =
      certificate?.phase === 'commit' ? { ...certificate, phase: 'commit' as const } : null;
    return this.#random.pick([
      { ...message, entries: [] },
      { ...message, entries: [...entries].reverse() },
      { ...message, entries: entries.slice(1) },
      { ...message, entries: this.#knowledge.entries.slice(0, 4) },
      { ...message, entries: entries.map((entry) => this.twinOf(entry, entry.parentHash)) },
      { ...message, certificate: commit },
      { ...message, request: message.request + 1 },
    ]);
  }

  /** With a made-up manifest, its chunks match it. */
  corruptedOffer(message: Extract<Message, { type: 'snapshot-offer' }>): Message {
    const { offer } = message;
    if (offer === null) return { ...message, request: message.request + 1 };
    const { manifest, base, next, certificate } = offer;
    const stateDigest = this.#someHash() as string as typeof manifest.stateDigest;
    const chunks = [{ hash: toHex(sha256(MADE_UP)), bytes: MADE_UP.length }];
    const false_ = this.falseCertificate();
    const other =
      false_?.phase === 'commit' ? { ...false_, phase: 'commit' as const } : certificate;
    const changed = this.#random.pick<SnapshotOffer>([
      { ...offer, manifest: { ...manifest, stateDigest } },
      { ...offer, manifest: { ...manifest, chunks } },
      { ...offer, next: next.slice(1) },
      { ...offer, next: next.map((entry) => this.twinOf(entry, entry.parentHash)) },
      { ...offer, certificate: other },
      { ...offer, memberships: [{ entry: base, certificate }] },
    ]);
    return this.#random.chance(0.1) ? { ...message, offer: null } : { ...message, offer: changed };
  }

  corruptedChunk(message: Extract<Message, { type: 'chunk' }>): Message {
    return this.#random.pick([
      { ...message, bytes: MADE_UP },
      { ...message, bytes: null },
      { ...message, chunk: message.chunk + 1 },
    ]);
  }

  absurd(message: Extract<Message, { type: 'heartbeat' | 'heartbeat-ack' }>): Message {
    const far = { index: ABSURD as LogIndex, hash: this.#someHash() };
    const near = { index: (message.last.index + 1) as LogIndex, hash: this.#someHash() };
    return this.#random.pick([
      { ...message, last: far },
      { ...message, committed: far },
      { ...message, committed: near, last: near },
      { ...message, term: ABSURD as Term },
      { ...message, term: this.#someTerm() },
      { ...message, last: { index: 0 as LogIndex, hash: this.#request.rootHash } },
    ]);
  }

  /** Evidence against another node: statements that were signed by nobody, or that do not contradict each other. */
  accusation(): Message | null {
    const { votes, termVotes } = this.#knowledge;
    const vote = votes.at(-1);
    if (vote !== undefined && this.#random.chance(0.6)) {
      const second = this.#random.chance(0.5)
        ? { ...vote, hash: this.#someHash() }
        : (votes.find((other) => other.voter === vote.voter && other !== vote) ?? vote);
      return { type: 'evidence', evidence: { kind: 'double-vote', first: vote, second } };
    }
    const first = termVotes.at(-1);
    if (first === undefined) return null;
    const second = { ...first, lock: this.lock() };
    return { type: 'evidence', evidence: { kind: 'double-term-vote', first, second } };
  }
}
