/** One core whose peers, disk and application are played by the test, for exact statements about single rules. */
import { encodeLeaderProof } from '../codec/certificate-codec.ts';
import { createEntry } from '../codec/entry-codec.ts';
import { createStore, restoreCore } from '../driver/restore.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import type { Certificate, CommitCertificate, LeaderProof } from './certificate.ts';
import { Core } from './core.ts';
import type { Effect } from './effect.ts';
import type { Entry } from './entry.ts';
import type { Input } from './input.ts';
import type { Message } from './message.ts';
import type { Timing } from './options.ts';
import { StatementSigner } from './signing.ts';
import type { Lock, PreVote, TermVote, Vote, VotePhase } from './statements.ts';
import { ROOT_HASH, TestApplication } from './test-application.test.support.ts';
import type { CrashModel, Epoch, LogIndex, NodeId, StateDigest, Term } from './types.ts';
import { CLUSTER_ID, nodeId, testOptions, testSignatures } from './virtual-cluster.test.support.ts';

export const EPOCH = 0 as Epoch;
export const ROOT_LOCK: Lock = { term: 0 as Term, index: 0 as LogIndex, hash: ROOT_HASH };

export function signerFor(number: number): StatementSigner {
  return new StatementSigner(CLUSTER_ID, testSignatures(nodeId(number)));
}

export function preVoteOf(number: number, term: number): PreVote {
  return signerFor(number).sign<PreVote>({
    type: 'pre-vote',
    epoch: EPOCH,
    term: term as Term,
    sender: nodeId(number),
  });
}

export function termVoteOf(number: number, term: number, lock: Lock = ROOT_LOCK): TermVote {
  const { term: lockTerm, index, hash } = lock;
  return signerFor(number).sign<TermVote>({
    type: 'term-vote',
    epoch: EPOCH,
    term: term as Term,
    lock: { term: lockTerm, index, hash },
    voter: nodeId(number),
  });
}

export function voteOf(number: number, entry: Entry, phase: VotePhase = 'commit'): Vote {
  return signerFor(number).sign<Vote>({
    type: 'vote',
    phase,
    epoch: EPOCH,
    term: entry.term,
    index: entry.index,
    hash: entry.hash,
    voter: nodeId(number),
  });
}

export function certificateOf(entry: Entry, voters: readonly number[]): CommitCertificate {
  const votes = voters
    .map((number) => voteOf(number, entry))
    .map(({ voter, signature }) => ({ voter, signature }))
    .sort((left, right) => (left.voter < right.voter ? -1 : 1));
  const { epoch, term, index, hash } = entry;
  return { phase: 'commit', epoch, term, index, hash, votes };
}

/** BFT: what a lock can rest on. */
export function preparedBy(entry: Entry, voters: readonly number[]): Certificate {
  const votes = voters
    .map((number) => voteOf(number, entry, 'prepare'))
    .map(({ voter, signature }) => ({ voter, signature }))
    .sort((left, right) => (left.voter < right.voter ? -1 : 1));
  const { epoch, term, index, hash } = entry;
  return { phase: 'prepare', epoch, term, index, hash, votes };
}

/** BFT: a proposal with its proposer's vote. */
export function proposalOf(proposer: number, entry: Entry): Extract<Message, { type: 'propose' }> {
  return { type: 'propose', entry, vote: voteOf(proposer, entry, 'prepare') };
}

export function proofOf(
  term: number,
  votes: readonly TermVote[],
  anchorCertificate?: Certificate,
): LeaderProof {
  const sorted = [...votes].sort((left, right) => (left.voter < right.voter ? -1 : 1));
  const proof = { epoch: EPOCH, term: term as Term, votes: sorted };
  return anchorCertificate === undefined ? proof : { ...proof, anchorCertificate };
}

/** The term-start of a term's leader among `count` validators, on `anchor`. */
export function termStartOf(
  term: number,
  count: number,
  votes: readonly TermVote[],
  anchor: Lock = ROOT_LOCK,
  timestamp = 1_700_000_000_000,
  anchorCertificate?: Certificate,
): Entry {
  return createEntry({
    index: (anchor.index + 1) as LogIndex,
    term: term as Term,
    epoch: EPOCH,
    parentHash: anchor.hash,
    stateDigest: new TestApplication().info().stateDigest,
    timestamp,
    proposer: nodeId(term % count),
    kind: 'term-start',
    payload: encodeLeaderProof(proofOf(term, votes, anchorCertificate)),
  });
}

/** A payload on top of an entry; its parent must not have changed the state unless `stateDigest` says so. */
export function payloadOn(parent: Entry, text: string, stateDigest?: StateDigest): Entry {
  return createEntry({
    index: (parent.index + 1) as LogIndex,
    term: parent.term,
    epoch: EPOCH,
    parentHash: parent.hash,
    stateDigest: stateDigest ?? parent.stateDigest,
    timestamp: parent.timestamp,
    proposer: parent.proposer,
    kind: 'payload',
    payload: new TextEncoder().encode(text),
  });
}

export class Probe {
  readonly application = new TestApplication();
  readonly sent: { readonly to: NodeId; readonly message: Message }[] = [];
  readonly effects: Effect[] = [];
  now = 0;
  /** Answers that are held back when their kind is named here. */
  readonly held = new Set<Effect['type']>();
  readonly waiting: Effect[] = [];
  readonly #number: number;
  readonly #count: number;
  readonly #timing: Partial<Timing>;
  readonly #crashModel: CrashModel;
  readonly #tables = new MemoryTables();
  #core: Core | null = null;

  private constructor(
    number: number,
    count: number,
    timing: Partial<Timing>,
    crashModel: CrashModel,
  ) {
    this.#crashModel = crashModel;
    this.#number = number;
    this.#count = count;
    this.#timing = timing;
  }

  static async started(
    number: number,
    count: number,
    timing: Partial<Timing> = {},
    crashModel: CrashModel = 'CFT',
  ): Promise<Probe> {
    const probe = new Probe(number, count, timing, crashModel);
    const options = testOptions(number, count, timing, crashModel);
    await createStore(new MemoryStorage(probe.#tables), options);
    await probe.restart();
    return probe;
  }

  get core(): Core {
    if (this.#core === null) throw new Error('not started');
    return this.#core;
  }

  get halted(): string | null {
    return this.core.status().halted?.code ?? null;
  }

  /** Starts anew from what is durable; what was held back is lost. */
  async restart(): Promise<void> {
    this.waiting.length = 0;
    this.held.clear();
    this.application.crash();
    const options = testOptions(this.#number, this.#count, this.#timing, this.#crashModel);
    const storage = new MemoryStorage(this.#tables);
    this.#core = new Core(options, await restoreCore(storage, this.application.info(), options));
    this.sent.length = 0;
    this.effects.length = 0;
    await this.feed({ type: 'tick' });
    for (let peer = 0; peer < this.#count; peer += 1) {
      if (peer !== this.#number) await this.feed({ type: 'peer-connected', peer: nodeId(peer) });
    }
  }

  /** A message from a peer. */
  async receive(from: number, message: Message): Promise<void> {
    await this.feed({ type: 'message', from: nodeId(from), message });
  }

  /** Lets time pass with every tick that is due. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      const deadline = this.core.nextDeadline();
      if (deadline === null || deadline > end) break;
      this.now = Math.max(this.now, deadline);
      await this.feed({ type: 'tick' });
    }
    this.now = end;
    await this.feed({ type: 'tick' });
  }

  async feed(input: Input): Promise<void> {
    const effects = this.core.step(input, {
      now: this.now,
      unixTime: 1_700_000_000_000 + this.now,
    });
    this.effects.push(...effects);
    for (const effect of effects) {
      if (effect.type === 'send') this.sent.push(effect);
      if (this.held.has(effect.type)) this.waiting.push(effect);
      else await this.#answer(effect);
    }
  }

  /** Answers the oldest of what was held back, as if only that much time had passed. */
  async releaseOne(): Promise<void> {
    const effect = this.waiting.shift();
    if (effect !== undefined) await this.#answer(effect);
  }

  /** Answers everything that was held back. */
  async release(): Promise<void> {
    this.held.clear();
    for (const effect of this.waiting.splice(0)) await this.#answer(effect);
  }

  sentOf<T extends Message['type']>(type: T): Extract<Message, { type: T }>[] {
    return this.sent
      .map(({ message }) => message)
      .filter((message) => message.type === type) as never;
  }

  /** Makes the node follow the leader of `term`, with this term-start voted for. */
  async follow(termStart: Entry): Promise<void> {
    const leader = termStart.term % this.#count;
    const isCft = this.#crashModel === 'CFT';
    await this.receive(
      leader,
      isCft ? { type: 'propose', entry: termStart } : proposalOf(leader, termStart),
    );
  }

  async #answer(effect: Effect): Promise<void> {
    const { application } = this;
    switch (effect.type) {
      case 'persist':
        await new MemoryStorage(this.#tables).write(effect.operations);
        return this.feed({ type: 'persisted', ticket: effect.ticket });
      case 'process-proposal': {
        const verdict = application.process(effect.entry);
        const { ticket, entry } = effect;
        return this.feed({ type: 'proposal-processed', ticket, hash: entry.hash, verdict });
      }
      case 'prepare-proposal': {
        const proposal = application.prepare(effect.parent);
        return this.feed({ type: 'proposal-prepared', ticket: effect.ticket, proposal });
      }
      case 'commit': {
        const stateDigest = application.commit(effect.entries, effect.certificate);
        const index = effect.entries[effect.entries.length - 1]?.index ?? (0 as LogIndex);
        return this.feed({ type: 'applied', index, stateDigest });
      }
      case 'rollback':
        application.rollback(effect.to.index);
        return;
      default:
        return;
    }
  }
}
