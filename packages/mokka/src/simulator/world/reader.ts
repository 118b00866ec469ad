/** Asks nodes now and then whether what they show is current. Rule *read-index*. */
import type { Cluster } from './cluster.ts';
import { Random } from './random.ts';

/** Mean virtual milliseconds between two questions. */
const INTERVAL = 120;

export class VirtualReader {
  readonly #cluster: Cluster;
  readonly #random: Random;
  /** Reads asked of each node since its boot; a core starts with none. */
  readonly #asked = new Map<number, { readonly boot: number; reads: number }>();
  #stopped = false;

  constructor(cluster: Cluster, seed: number) {
    this.#cluster = cluster;
    this.#random = new Random(seed, 'reader');
  }

  start(): void {
    this.#cluster.timeline.after(this.#random.exponential(INTERVAL), () => {
      if (this.#stopped) return;
      this.ask(this.#random.integer(0, this.#cluster.nodes.length - 1));
      this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Asks one node, if it runs. */
  ask(number: number): void {
    const node = this.#cluster.nodes[number];
    if (node === undefined || node.state !== 'running') return;
    let asked = this.#asked.get(number);
    if (asked?.boot !== node.boots) {
      asked = { boot: node.boots, reads: 0 };
      this.#asked.set(number, asked);
    }
    asked.reads += 1;
    node.receive({ type: 'read-index', read: asked.reads });
  }
}
