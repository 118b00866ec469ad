/**
 * Replays a trace of the crash-fault model against real cores: each step of the model becomes inputs of one core, and after it
 * every core's state must be the model's. What the cores receive is what cores sent, but for pre-votes, which promise nothing.
 */
import type { Entry } from '../../packages/mokka/src/core/entry.ts';
import type { TermVoteMessage } from '../../packages/mokka/src/core/message.ts';
import {
  certificateOf,
  preVoteOf,
  voteOf,
} from '../../packages/mokka/src/core/probe.test.support.ts';
import { leaderOf, quorumSize } from '../../packages/mokka/src/core/quorum.ts';
import type { Term } from '../../packages/mokka/src/core/types.ts';
import { nodeId, ROOT_HASH } from '../../packages/mokka/src/core/virtual-cluster.test.support.ts';
import type { TraceStep } from '../trace.ts';
import { CoreHost } from './core-host.ts';
import {
  type Chain,
  type ModelState,
  type ModelStep,
  stateSchema,
  stepSchema,
} from './crash-faults-state.ts';

/** A core did something else than the model. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}

/** Longer than an election timeout with its jitter: a leader without followers steps down, a candidate gives up. */
const PATIENCE = 1_000;

/** Returns how many steps were compared; throws {@link Deviation} at the first difference. */
export async function replay(trace: readonly TraceStep[]): Promise<number> {
  const first = stateSchema.parse(trace[0]?.state);
  const count = first.nodes.length;
  const hosts = await Promise.all(first.nodes.map(([number]) => CoreHost.started(number, count)));
  const run = new Replay(hosts);
  for (const [number, { action, picks, state: raw }] of trace.entries()) {
    const step = stepSchema.parse({ action, ...picks });
    const state = stateSchema.parse(raw);
    try {
      await run.take(step, state);
    } catch (error) {
      throw new Deviation(`step ${number}, ${describe(step)}: ${String(error)}`, { cause: error });
    }
    for (const [index] of hosts.entries()) {
      const expected = run.expected(index, state);
      const actual = run.actual(index);
      if (expected === actual) continue;
      throw new Deviation(
        `step ${number}, ${describe(step)}: node ${index} differs\nmodel ${expected}\ncore  ${actual}`,
      );
    }
  }
  return trace.length;
}

function describe(step: ModelStep): string {
  return JSON.stringify(step);
}

const keyOf = (chain: Chain): string =>
  chain.map(({ term, payload }) => `/${term}${payload === 0 ? '' : `:${payload}`}`).join('');
const parentOf = (chain: Chain): Chain => chain.slice(0, -1);
const termOf = (chain: Chain): number => chain.at(-1)?.term ?? 0;

class Replay {
  readonly #hosts: readonly CoreHost[];
  readonly #quorum: number;
  /** The real entries of the model's chains, and back. */
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new Map<string, string>([[ROOT_HASH, '']]);
  readonly #termVotes = new Map<string, TermVoteMessage>();
  #payloads = 0;

  constructor(hosts: readonly CoreHost[]) {
    this.#hosts = hosts;
    this.#quorum = quorumSize('CFT', hosts.length);
  }

  async take(step: ModelStep, state: ModelState): Promise<void> {
    switch (step.action) {
      case 'init':
        return;
      case 'promise':
        return this.#promise(step.promiser, step.promisedTerm);
      case 'prove':
        return this.#prove(step.prover, step.provedWith, state);
      case 'propose': {
        const host = this.#host(step.proposer);
        this.#payloads += 1;
        await host.proposes(`payload ${this.#payloads}`);
        return this.#rememberProposal(step.proposer, state);
      }
      case 'adopt': {
        const [number, proof] = step.adopting;
        const entry = this.#entry(proof.start);
        return this.#host(number).receive(this.#leader(proof.term), { type: 'propose', entry });
      }
      case 'fetchAnchor': {
        const [, node] = this.#node(step.fetcher, state);
        return this.#serve(step.fetcher, parentOf(node.following));
      }
      case 'vote': {
        const [number, chain] = step.voting;
        const entry = this.#entry(chain);
        if (entry.kind !== 'term-start') {
          await this.#host(number).receive(this.#leader(entry.term), { type: 'propose', entry });
        }
        return this.#host(number).accept(entry);
      }
      case 'commit':
        return this.#commit(step.committing[0], step.committing[1].chain, state);
      case 'restart':
        return this.#host(step.restarter).restart();
      case 'stepDown':
        return this.#host(step.loser).pass(PATIENCE);
      case 'yield':
        return this.#host(step.yielder).pass(PATIENCE);
    }
  }

  /** All others ask for the term at once. */
  async #promise(number: number, term: number): Promise<void> {
    const [first, ...rest] = this.#hosts.map((host) => host.number).filter((one) => one !== number);
    if (first === undefined) throw new Error('one validator has nobody to ask');
    const preVote = preVoteOf(first, term);
    const relayed = rest.map((other) => preVoteOf(other, term));
    const host = this.#host(number);
    await host.receive(first, { type: 'pre-vote', preVote, relayed });
    const message = host.lastSent('term-vote');
    if (message !== undefined && message.termVote.term === term) {
      this.#termVotes.set(`${number} ${term}`, message);
    }
  }

  async #prove(number: number, voters: readonly number[], state: ModelState): Promise<void> {
    const [, node] = this.#node(number, state);
    const host = this.#host(number);
    for (const voter of voters) {
      if (voter === number) continue;
      const message = this.#termVotes.get(`${voter} ${node.term}`);
      if (message === undefined)
        throw new Error(`node ${voter} sent no term vote for ${node.term}`);
      await host.receive(voter, message);
    }
    await this.#serve(number, parentOf(node.log));
    this.#rememberProposal(number, state);
  }

  /** What a leader proposed last is the entry at the end of its log. */
  #rememberProposal(number: number, state: ModelState): void {
    const [, node] = this.#node(number, state);
    const entry = this.#host(number).lastSent('propose')?.entry;
    if (entry === undefined) throw new Error(`node ${number} proposed nothing`);
    const key = keyOf(node.log);
    const known = this.#entries.get(key);
    if (known !== undefined && known.hash !== entry.hash) {
      throw new Error(`node ${number} proposed another entry for ${key}`);
    }
    this.#entries.set(key, entry);
    this.#keys.set(entry.hash, key);
  }

  /** Votes, one by one, to the leader that collects them; the certificate to everybody else. */
  async #commit(number: number, chain: Chain, state: ModelState): Promise<void> {
    const entry = this.#entry(chain);
    const voters = state.sent.votes
      .filter((vote) => keyOf(vote.chain) === keyOf(chain) && vote.term === termOf(chain))
      .map((vote) => vote.voter)
      .slice(0, this.#hosts.length);
    const host = this.#host(number);
    const isLeading =
      host.core.status().role === 'leader' && host.core.status().term === entry.term;
    if (isLeading) {
      for (const voter of voters) {
        if (voter !== number)
          await host.receive(voter, { type: 'vote', vote: voteOf(voter, entry) });
      }
      return;
    }
    const certificate = certificateOf(entry, voters.slice(0, this.#quorum));
    const from = this.#hosts.find((other) => other.number !== number)?.number ?? number;
    await host.receive(from, { type: 'certificate', certificate });
    await this.#serve(number, chain);
  }

  /** Answers the last fetch, if it is for this chain. */
  async #serve(number: number, chain: Chain): Promise<void> {
    const host = this.#host(number);
    const fetch = host.lastSentTo('fetch');
    if (fetch === undefined || chain.length === 0) return;
    if (fetch.message.tip.hash !== this.#entry(chain).hash) return;
    const from = this.#hosts.find((other) => nodeId(other.number) === fetch.to);
    if (from === undefined) throw new Error('a fetch went to a stranger');
    const entries = chain
      .map((_, index) => this.#entry(chain.slice(0, index + 1)))
      .filter((entry) => entry.index >= fetch.message.from);
    const { request } = fetch.message;
    await host.receive(from.number, { type: 'entries', request, entries, certificate: null });
  }

  /** What the model says of a node. */
  expected(number: number, state: ModelState): string {
    const [, node] = this.#node(number, state);
    const termVote = state.sent.termVotes
      .filter((vote) => vote.voter === number)
      .sort((left, right) => right.term - left.term)[0];
    const votes = new Map<number, { term: number; key: string }>();
    for (const vote of state.sent.votes) {
      if (vote.voter !== number) continue;
      const index = vote.chain.length;
      if ((votes.get(index)?.term ?? 0) < vote.term) {
        votes.set(index, { term: vote.term, key: keyOf(vote.chain) });
      }
    }
    return JSON.stringify({
      term: node.term,
      log: keyOf(node.log),
      committed: node.committed,
      leads: node.leading,
      follows: node.following.length === 0 ? null : this.#leader(termOf(node.following)),
      binding: keyOf(node.binding),
      termVote:
        termVote === undefined
          ? null
          : {
              term: termVote.term,
              lock: { term: termVote.lock.term, chain: keyOf(termVote.lock.chain) },
            },
      votes: [...votes].sort(([left], [right]) => left - right).map(([, vote]) => vote),
      halted: null,
    });
  }

  /** The same of its core, from what it tells and what is on its disk. */
  actual(number: number): string {
    const host = this.#host(number);
    const status = host.core.status();
    const termVote = host.storedTermVote();
    const leader = this.#hosts.find((other) => nodeId(other.number) === status.leader);
    const entries = host.storedEntries();
    const key = (hash: string | undefined): string =>
      hash === undefined ? '' : (this.#keys.get(hash) ?? `unknown ${hash.slice(0, 8)}`);
    return JSON.stringify({
      term: status.term,
      log: key(entries.at(-1)?.hash),
      committed: status.commitIndex,
      leads: status.role === 'leader',
      follows: leader === undefined ? null : leader.number,
      binding: key(host.storedBinding()?.termStart.hash),
      termVote:
        termVote === null
          ? null
          : {
              term: termVote.term,
              lock: { term: termVote.lock.term, chain: key(termVote.lock.hash) },
            },
      votes: host.storedVotes().map((vote) => ({ term: vote.term, key: key(vote.hash) })),
      halted: status.halted,
    });
  }

  #host(number: number): CoreHost {
    const host = this.#hosts[number];
    if (host === undefined) throw new Error(`no node ${number}`);
    return host;
  }

  #node(number: number, state: ModelState): ModelState['nodes'][number] {
    const found = state.nodes.find(([key]) => key === number);
    if (found === undefined) throw new Error(`the model has no node ${number}`);
    return found;
  }

  #leader(term: number): number {
    const validators = this.#hosts.map((host) => nodeId(host.number));
    return validators.indexOf(leaderOf(validators, term as Term));
  }

  #entry(chain: Chain): Entry {
    const entry = this.#entries.get(keyOf(chain));
    if (entry === undefined) throw new Error(`nobody proposed ${keyOf(chain)}`);
    return entry;
  }
}
