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
import { ROOT_HASH } from '../../packages/mokka/src/core/test-application.test.support.ts';
import type { Term } from '../../packages/mokka/src/core/types.ts';
import { nodeId } from '../../packages/mokka/src/core/virtual-cluster.test.support.ts';
import type { TraceState } from '../trace.ts';
import { CoreHost } from './core-host.ts';
import {
  type Chain,
  type ModelNode,
  type ModelState,
  type Move,
  stateSchema,
} from './crash-faults-state.ts';
import { Deviation } from './deviation.ts';

/** Longer than an election timeout with its jitter: a leader without followers steps down, a candidate gives up. */
const PATIENCE = 1_000;

/** Returns how many states were compared; throws {@link Deviation} at the first difference. */
export async function replay(trace: readonly TraceState[]): Promise<number> {
  const states = trace.map((raw) => stateSchema.parse(raw));
  const numbers = (states[0]?.nodes ?? []).map(([number]) => number);
  const hosts = await Promise.all(
    numbers.map((number) => CoreHost.started(number, numbers.length)),
  );
  const run = new Replay(hosts);
  for (const [step, state] of states.entries()) {
    const where = `step ${step}, ${describe(state.did)}`;
    try {
      await run.take(state.did, state);
    } catch (error) {
      throw new Deviation(`${where}: the core can not: ${String(error)}`, { cause: error });
    }
    for (const number of numbers) {
      const model = run.expected(number, state);
      const core = run.actual(number);
      if (model === core) continue;
      throw new Deviation(`${where}: node ${number} differs\nmodel ${model}\ncore  ${core}`);
    }
  }
  return states.length;
}

function describe(move: Move): string {
  if (move.tag === 'Begin') return move.tag;
  const { node, ...rest } = move.value;
  const details = Object.entries(rest).map(([name, value]) =>
    name === 'chain' || name === 'start' ? keyOf(value as Chain) : `${name} ${String(value)}`,
  );
  return [move.tag, 'of node', node, ...details].join(' ');
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

  async take(move: Move, state: ModelState): Promise<void> {
    if (move.tag === 'Begin') return;
    const number = move.value.node;
    const host = this.#host(number);
    switch (move.tag) {
      case 'Promise':
        return this.#promise(number, move.value.term);
      case 'Prove':
        return this.#prove(number, move.value.voters, state);
      case 'Propose':
        this.#payloads += 1;
        await host.proposes(`payload ${this.#payloads}`);
        return this.#rememberProposal(number, state);
      case 'Adopt':
        return this.#propose(number, this.#entry(move.value.start));
      case 'FetchAnchor':
        return this.#serve(number, parentOf(this.#node(number, state).following));
      case 'Vote': {
        const entry = this.#entry(move.value.chain);
        // A term-start came with its adoption.
        if (entry.kind !== 'term-start') await this.#propose(number, entry);
        return host.accept(entry);
      }
      case 'Acknowledge':
        throw new Error('no core votes for an entry of an earlier term');
      case 'Commit':
        return this.#commit(number, move.value.chain, state);
      case 'Restart':
        return host.restart();
      case 'StepDown':
      case 'Yield':
        return host.pass(PATIENCE);
    }
  }

  async #propose(number: number, entry: Entry): Promise<void> {
    await this.#host(number).receive(this.#leader(entry.term), { type: 'propose', entry });
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
    const node = this.#node(number, state);
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
    const node = this.#node(number, state);
    const entry = this.#host(number).lastSent('propose')?.entry;
    const parent = this.#hash(parentOf(node.log));
    if (entry?.parentHash !== parent || entry.term !== termOf(node.log)) {
      throw new Error(`node ${number} proposes no entry ${keyOf(node.log)}`);
    }
    this.#entries.set(keyOf(node.log), entry);
    this.#keys.set(entry.hash, keyOf(node.log));
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
    const node = this.#node(number, state);
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

  #node(number: number, state: ModelState): ModelNode {
    const found = state.nodes.find(([key]) => key === number);
    if (found === undefined) throw new Error(`the model has no node ${number}`);
    return found[1];
  }

  #leader(term: number): number {
    const validators = this.#hosts.map((host) => nodeId(host.number));
    return validators.indexOf(leaderOf(validators, term as Term));
  }

  #hash(chain: Chain): string {
    return chain.length === 0 ? ROOT_HASH : this.#entry(chain).hash;
  }

  #entry(chain: Chain): Entry {
    const entry = this.#entries.get(keyOf(chain));
    if (entry === undefined) throw new Error(`nobody proposed ${keyOf(chain)}`);
    return entry;
  }
}
