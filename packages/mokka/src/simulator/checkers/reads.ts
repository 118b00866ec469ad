/**
 * Rule *read-index*: a confirmed read sees everything that any node had shown as committed when it was asked for. And reads at
 * nodes that recovered are confirmed in the end.
 */
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { Input } from '../../core/input.ts';
import type { Observer } from '../observer.ts';
import { ViolationError } from '../world/violation.ts';

interface OpenRead {
  readonly read: number;
  /** Highest index applied anywhere when the read was asked for. */
  readonly floor: number;
}

export class ReadChecker implements Observer {
  readonly #appliedIndex: (node: number) => number;
  readonly #open: OpenRead[][];
  #shown = 0;
  /** Reads that were confirmed. */
  confirmed = 0;

  constructor(nodes: number, appliedIndex: (node: number) => number) {
    this.#appliedIndex = appliedIndex;
    this.#open = Array.from({ length: nodes }, () => []);
  }

  /** Whether every read asked of the node since its boot was confirmed. */
  isAnswered(node: number): boolean {
    return this.#open[node]?.length === 0;
  }

  applied(_node: number, entries: readonly Entry[]): void {
    this.#shown = Math.max(this.#shown, entries.at(-1)?.index ?? 0);
  }

  booted(node: number): void {
    this.#open[node] = [];
  }

  crashed(node: number): void {
    this.#open[node] = [];
  }

  input(node: number, input: Input): void {
    if (input.type === 'read-index') {
      this.#open[node]?.push({ read: input.read, floor: this.#shown });
    }
  }

  effect(node: number, effect: Effect): void {
    if (effect.type !== 'read-current') return;
    const open = this.#open[node] ?? [];
    const done = open.filter(({ read }) => read <= effect.through);
    const visible = Math.min(effect.index, this.#appliedIndex(node));
    for (const { read, floor } of done) {
      if (visible >= floor) continue;
      throw new ViolationError(
        'read-index',
        `node ${node} shows entry ${visible} to read ${read}, asked for after entry ${floor} was shown elsewhere`,
      );
    }
    this.confirmed += done.length;
    this.#open[node] = open.filter(({ read }) => read > effect.through);
  }
}
