/** Asks every node again and again how it is: the timeline of the run, and where the leader is. */
import { z } from 'zod';
import { callRpc } from '../../../harness/json-rpc.ts';
import type { StatusSample } from '../timeline.ts';
import type { IsolatedNetwork } from './isolated-network.ts';

const statusSchema = z.looseObject({
  role: z.string(),
  term: z.number(),
  leader: z.string().nullable(),
  commitIndex: z.number(),
  blockNumber: z.number(),
});

const INTERVAL_MS = 200;
const TIMEOUT_MS = 1_500;

export interface ObserverModules {
  readonly network: IsolatedNetwork;
  /** Nodes whose word counts for heights and the leader. */
  readonly honest: readonly number[];
  /** Milliseconds since the start of the run. */
  readonly now: () => number;
  readonly sawHeight: (height: number) => void;
}

export class Observer {
  readonly samples: StatusSample[] = [];
  readonly #modules: ObserverModules;
  readonly #asking = new Set<number>();
  readonly #latest = new Map<number, StatusSample>();
  #timer: NodeJS.Timeout | null = null;

  constructor(modules: ObserverModules) {
    this.#modules = modules;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const number of this.#modules.network.numbers) void this.#ask(number);
    }, INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  latest(node: number): StatusSample | undefined {
    return this.#latest.get(node);
  }

  /** The leader of the highest term that any node names. */
  get leader(): number | null {
    const { honest } = this.#modules;
    const named = [...this.#latest.values()].filter(
      ({ node, leader }) => leader !== null && honest.includes(node),
    );
    return named.toSorted((left, right) => right.term - left.term)[0]?.leader ?? null;
  }

  async #ask(node: number): Promise<void> {
    const { network, honest, now, sawHeight } = this.#modules;
    if (this.#asking.has(node)) return;
    this.#asking.add(node);
    try {
      const answer = await callRpc(network.url(node), 'mokka_status', [], TIMEOUT_MS);
      const { role, term, leader, commitIndex, blockNumber } = statusSchema.parse(answer);
      const position = leader === null ? -1 : network.publicKeys.indexOf(leader);
      const sample: StatusSample = {
        at: now(),
        node,
        role,
        term,
        leader: position === -1 ? null : position + 1,
        commitIndex,
        height: blockNumber,
      };
      this.samples.push(sample);
      this.#latest.set(node, sample);
      if (honest.includes(node)) sawHeight(blockNumber);
    } catch {
      // A node that does not answer has no sample: that is what the timeline shows.
    } finally {
      this.#asking.delete(node);
    }
  }
}
