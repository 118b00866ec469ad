/**
 * Replays a trace of the model for Byzantine faults against real cores, one for each correct validator. Statements of correct
 * validators are what their cores sent; those of the liar are made here, with its own key only, as the trace says.
 */
import type { Certificate } from '../../packages/mokka/src/core/certificate.ts';
import { currentLock, names } from '../../packages/mokka/src/core/lock.ts';
import type { TermVoteMessage } from '../../packages/mokka/src/core/message.ts';
import {
  certificateOf,
  preparedBy,
  preVoteOf,
  termVoteOf,
  voteOf,
} from '../../packages/mokka/src/core/probe.test.support.ts';
import { quorumSize } from '../../packages/mokka/src/core/quorum.ts';
import type { Lock, TermVote, VotePhase } from '../../packages/mokka/src/core/statements.ts';
import { nodeId } from '../../packages/mokka/src/core/virtual-cluster.test.support.ts';
import type { TraceState } from '../trace.ts';
import {
  type Chain,
  describe,
  keyOf,
  type ModelLock,
  type ModelNode,
  type ModelState,
  type ModelVote,
  type Move,
  parentOf,
  stateSchema,
  termOf,
} from './byzantine-faults-state.ts';
import { CoreHost } from './core-host.ts';
import { Deviation } from './deviation.ts';
import { type Proposal, RealChains } from './real-chains.ts';

/** Returns how many states were compared; throws {@link Deviation} at the first difference. */
export async function replay(trace: readonly TraceState[]): Promise<number> {
  const states = trace.map((raw) => stateSchema.parse(raw));
  const first = states[0];
  if (first === undefined) return 0;
  const correct = first.nodes.map(([number]) => number);
  const count = correct.length + first.liars.length;
  const hosts = new Map<number, CoreHost>();
  for (const number of correct) hosts.set(number, await CoreHost.started(number, count, 'BFT'));
  const run = new Replay(hosts, count);
  for (const [step, state] of states.entries()) {
    const where = `step ${step}, ${describe(state.did)}`;
    if (run.isUndecided(state)) return step;
    try {
      await run.take(state.did, state);
    } catch (error) {
      throw new Deviation(`${where}: the core can not: ${String(error)}`, { cause: error });
    }
    for (const number of correct) {
      const model = run.expected(number, state);
      const core = run.actual(number);
      if (model === core) continue;
      throw new Deviation(`${where}: node ${number} differs\nmodel ${model}\ncore  ${core}`);
    }
  }
  return states.length;
}

class Replay {
  readonly #hosts: ReadonlyMap<number, CoreHost>;
  readonly #count: number;
  readonly #quorum: number;
  readonly #chains = new RealChains();
  readonly #termVotes = new Map<string, TermVoteMessage>();
  #payloads = 0;

  constructor(hosts: ReadonlyMap<number, CoreHost>, count: number) {
    this.#hosts = hosts;
    this.#count = count;
    this.#quorum = quorumSize('BFT', count);
  }

  /**
   * Evidence against the liar, of which the model knows nothing, is one more write that may take the lock along; after a restart
   * such a core remembers more than the model.
   */
  isUndecided({ did, nodes }: ModelState): boolean {
    if (did.tag !== 'Restart') return false;
    const { node: number } = did.value;
    const model = nodes.find(([key]) => key === number)?.[1];
    const stored = this.#storedLock(number);
    return (
      this.#hasEvidence(number) && model !== undefined && stored !== showLock(model.storedLock)
    );
  }

  async take(move: Move, state: ModelState): Promise<void> {
    switch (move.tag) {
      case 'Begin':
        return;
      case 'LieProof':
        return this.#lieProof(move.value, state);
      case 'LieProposal': {
        const { chain } = move.value;
        if (!this.#chains.has(chain)) this.#chains.lieProposal(this.#leader(termOf(chain)), chain);
        return;
      }
      case 'Promise':
        return this.#promise(move.value.node, move.value.term);
      case 'Prove':
        return this.#prove(move.value, state);
      case 'Propose':
        this.#payloads += 1;
        await this.#host(move.value.node).proposes(`payload ${this.#payloads}`);
        return this.#rememberProposal(move.value.node, state);
      case 'Adopt':
        return this.#propose(move.value.node, move.value.start);
      case 'FetchAnchor': {
        const { node } = move.value;
        return this.#serve(node, parentOf(this.#node(node, state).following));
      }
      case 'Prepare': {
        const { node, chain } = move.value;
        // A term-start came with its adoption.
        if (this.#chains.entry(chain).kind !== 'term-start') await this.#propose(node, chain);
        return this.#host(node).accept(this.#chains.entry(chain));
      }
      case 'CommitTo':
        return this.#certify(move.value.node, move.value.certified, 'prepare', state);
      case 'Commit':
        await this.#certify(move.value.node, move.value.chain, 'commit', state);
        return this.#serve(move.value.node, move.value.chain);
      case 'Restart':
        return this.#host(move.value.node).restart();
    }
  }

  async #propose(number: number, chain: Chain): Promise<void> {
    await this.#host(number).receive(this.#leader(termOf(chain)), this.#chains.proposal(chain));
  }

  /** All others, the liar among them, ask for the term at once. */
  async #promise(number: number, term: number): Promise<void> {
    const [first = number, ...rest] = this.#others(number);
    const relayed = rest.map((other) => preVoteOf(other, term));
    const host = this.#host(number);
    await host.receive(first, { type: 'pre-vote', preVote: preVoteOf(first, term), relayed });
    const message = host.lastSent('term-vote');
    if (message?.termVote.term === term) this.#termVotes.set(`${number} ${term}`, message);
  }

  async #prove(
    { node: number, voters, lied }: Extract<Move, { tag: 'Prove' }>['value'],
    state: ModelState,
  ): Promise<void> {
    const node = this.#node(number, state);
    for (const voter of voters) {
      if (voter === number) continue;
      const message = this.#termVote(voter, node.term, lied, state);
      await this.#host(number).receive(voter, message);
    }
    await this.#serve(number, parentOf(node.log));
    this.#rememberProposal(number, state);
  }

  /** The same start on other votes is the same entry in the model: the first of them is the real one. */
  async #lieProof(
    { start, voters, lied }: Extract<Move, { tag: 'LieProof' }>['value'],
    state: ModelState,
  ): Promise<void> {
    if (this.#chains.has(start)) return;
    const term = termOf(start);
    const messages = voters.map((voter) => this.#termVote(voter, term, lied, state));
    const hash = this.#chains.hash(parentOf(start));
    const anchor = messages.find(({ termVote }) => termVote.lock.hash === hash)?.lockCertificate;
    const votes: TermVote[] = messages.map(({ termVote }) => termVote);
    this.#chains.lieProof(this.#leader(term), start, votes, anchor);
  }

  #termVote(voter: number, term: number, lied: ModelLock, state: ModelState): TermVoteMessage {
    if (!this.#hosts.has(voter)) {
      const certificate = this.#chains.lockCertificate(lied, this.#prepared(lied.chain, state));
      const termVote = termVoteOf(voter, term, this.#chains.lock(lied));
      const message: TermVoteMessage = { type: 'term-vote', termVote, justification: [] };
      return certificate === undefined ? message : { ...message, lockCertificate: certificate };
    }
    const message = this.#termVotes.get(`${voter} ${term}`);
    if (message === undefined) throw new Error(`node ${voter} sent no term vote for ${term}`);
    return message;
  }

  #prepared(chain: Chain, state: ModelState): number[] {
    return this.#votersOf(state.sent.prepares, chain, state);
  }

  /** A quorum of those who voted for the entry; the liar last, who votes for everything. */
  #votersOf(votes: readonly ModelVote[], chain: Chain, { liars }: ModelState): number[] {
    const voters = votes
      .filter((vote) => keyOf(vote.chain) === keyOf(chain) && vote.term === termOf(chain))
      .map((vote) => vote.voter);
    return [...voters, ...liars].slice(0, this.#quorum);
  }

  /** What a leader proposed last is the entry at the end of its log. */
  #rememberProposal(number: number, state: ModelState): void {
    const { log } = this.#node(number, state);
    const proposal: Proposal | undefined = this.#host(number).lastSent('propose');
    const parent = this.#chains.hash(parentOf(log));
    if (proposal?.entry.parentHash !== parent || proposal.entry.term !== termOf(log)) {
      throw new Error(`node ${number} proposes no entry ${keyOf(log)}`);
    }
    this.#chains.remember(log, proposal);
  }

  /** Votes, one by one, to the leader that collects them; the certificate to everybody else. */
  async #certify(number: number, chain: Chain, phase: VotePhase, state: ModelState): Promise<void> {
    const entry = this.#chains.entry(chain);
    const votes = phase === 'prepare' ? state.sent.prepares : state.sent.commits;
    const voters = this.#votersOf(votes, chain, state);
    const host = this.#host(number);
    const { role, term } = host.core.status();
    if (role === 'leader' && term === entry.term) {
      for (const voter of voters) {
        if (voter === number) continue;
        await host.receive(voter, { type: 'vote', vote: voteOf(voter, entry, phase) });
      }
      return;
    }
    const certificate: Certificate =
      phase === 'prepare' ? preparedBy(entry, voters) : certificateOf(entry, voters);
    const [from = number] = this.#others(number);
    await host.receive(from, { type: 'certificate', certificate });
  }

  /** Answers the last fetch, if it is for this chain. */
  async #serve(number: number, chain: Chain): Promise<void> {
    const fetch = this.#host(number).lastSentTo('fetch');
    if (fetch === undefined || chain.length === 0) return;
    if (fetch.message.tip.hash !== this.#chains.hash(chain)) return;
    const from = this.#others(number).find((other) => nodeId(other) === fetch.to);
    if (from === undefined) throw new Error('a fetch went to a stranger');
    const { request, from: above } = fetch.message;
    const entries = this.#chains.entries(chain).filter((entry) => entry.index >= above);
    const answer = { type: 'entries', request, entries, certificate: null } as const;
    await this.#host(number).receive(from, answer);
  }

  /** What the model says of a node. */
  expected(number: number, state: ModelState): string {
    const node = this.#node(number, state);
    const termVote = state.sent.termVotes
      .filter((vote) => vote.voter === number)
      .sort((left, right) => right.term - left.term)[0];
    return JSON.stringify({
      term: node.term,
      log: keyOf(node.log),
      committed: node.committed,
      leads: node.leading,
      follows: node.following.length === 0 ? null : this.#leader(termOf(node.following)),
      binding: keyOf(node.binding),
      lock: showLock(highestOf(node.lock, node)),
      storedLock: this.#hasEvidence(number) ? null : showLock(highestOf(node.storedLock, node)),
      termVote: termVote === undefined ? null : [termVote.term, showLock(termVote.lock)],
      prepares: lastVotes(state.sent.prepares, number),
      commits: lastVotes(state.sent.commits, number),
      halted: null,
    });
  }

  /** The same of its core, from what it tells and what is on its disk. */
  actual(number: number): string {
    const host = this.#host(number);
    const status = host.core.status();
    const termVote = host.storedTermVote();
    const key = (hash: string | undefined): string => this.#chains.key(hash);
    const follows = Array.from({ length: this.#count }, (_, other) => other).find(
      (other) => nodeId(other) === status.leader,
    );
    return JSON.stringify({
      term: status.term,
      log: key(host.storedEntries().at(-1)?.hash),
      committed: status.commitIndex,
      leads: status.role === 'leader',
      follows: follows ?? null,
      binding: key(host.storedBinding()?.termStart.hash),
      lock: this.#lock(number),
      storedLock: this.#hasEvidence(number) ? null : this.#storedLock(number),
      termVote: termVote === null ? null : [termVote.term, this.#show(termVote.lock)],
      prepares: host.storedVotes().map((vote) => [vote.term, key(vote.hash)]),
      commits: host.storedCommitVotes().map((vote) => [vote.term, key(vote.hash)]),
      halted: status.halted,
    });
  }

  /** Rule *lock*: with a certificate of exactly that entry. */
  #lock(number: number): string {
    const { lock, certificate } = currentLock(this.#host(number).core.inspect());
    const isCertified = certificate === null ? lock.index === 0 : names(certificate, lock);
    return isCertified ? this.#show(lock) : `${this.#show(lock)} without its certificate`;
  }

  /** What would be left of the lock after a restart. */
  #storedLock(number: number): string {
    const host = this.#host(number);
    const stored = [host.storedLock(), host.core.position().certificate];
    const held = stored.filter((lock) => lock !== null);
    held.sort((left, right) => right.term - left.term || right.index - left.index);
    return this.#show(held[0] ?? null);
  }

  #show(lock: Lock | null): string {
    return lock === null ? '(0, )' : `(${lock.term}, ${this.#chains.key(lock.hash)})`;
  }

  #hasEvidence(number: number): boolean {
    return this.#host(number).core.evidence().length > 0;
  }

  #host(number: number): CoreHost {
    const host = this.#hosts.get(number);
    if (host === undefined) throw new Error(`no correct node ${number}`);
    return host;
  }

  #node(number: number, state: ModelState): ModelNode {
    const found = state.nodes.find(([key]) => key === number);
    if (found === undefined) throw new Error(`the model has no node ${number}`);
    return found[1];
  }

  #others(number: number): number[] {
    return Array.from({ length: this.#count }, (_, other) => other).filter(
      (other) => other !== number,
    );
  }

  #leader(term: number): number {
    return term % this.#count;
  }
}

const showLock = ({ term, chain }: ModelLock): string => `(${term}, ${keyOf(chain)})`;

/** Rule *lock*: a commit certificate is as good as a prepare certificate. */
function highestOf(lock: ModelLock, { log, committed }: ModelNode): ModelLock {
  const chain = log.slice(0, committed);
  const order = lock.term - termOf(chain) || lock.chain.length - chain.length;
  return order > 0 ? lock : { term: termOf(chain), chain };
}

/** The last vote at each index. */
function lastVotes(votes: readonly ModelVote[], voter: number): [number, string][] {
  const last = new Map<number, [number, string]>();
  for (const vote of votes) {
    if (vote.voter !== voter || (last.get(vote.chain.length)?.[0] ?? 0) >= vote.term) continue;
    last.set(vote.chain.length, [vote.term, keyOf(vote.chain)]);
  }
  return [...last].sort(([left], [right]) => left - right).map(([, vote]) => vote);
}
