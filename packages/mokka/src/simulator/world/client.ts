/**
 * The virtual client: sends numbered commands to nodes and repeats each until some node has applied it. Often a command is
 * also passed on to other nodes, as transactions are.
 */
import type { Cluster } from './cluster.ts';
import type { VirtualNode } from './node.ts';
import { Random } from './random.ts';

/** Milliseconds after which an unanswered command is sent again, to another node. */
const RETRY_AFTER = 300;
/** Milliseconds after which a node complains of a command that is not applied. */
const COMPLAIN_AFTER = 2_000;
/** Chance that a node other than the one asked also hears of a command. */
const GOSSIP = 0.6;

export class VirtualClient {
  readonly #cluster: Cluster;
  readonly #random: Random;
  #lastCommand = 0;
  #stopped = false;

  constructor(cluster: Cluster, seed: number) {
    this.#cluster = cluster;
    this.#random = new Random(seed, 'client');
  }

  /** Sends a new command every `interval` milliseconds on average. */
  start(interval: number): void {
    this.#cluster.timeline.after(this.#random.exponential(interval), () => {
      if (this.#stopped) return;
      this.send();
      this.start(interval);
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Sends a new command to `nodes` (any by default), again and again, and returns its number. */
  send(nodes?: readonly number[]): number {
    this.#lastCommand += 1;
    const command = this.#lastCommand;
    this.#attempt(command, nodes, this.#cluster.timeline.now);
    return command;
  }

  #attempt(command: number, nodes: readonly number[] | undefined, sentAt: number): void {
    if (this.#stopped || this.#isAnswered(command)) return;
    const asked = this.#random.integer(0, this.#cluster.nodes.length - 1);
    for (const node of this.#cluster.nodes) {
      const hears = nodes?.includes(node.number) ?? this.#random.chance(GOSSIP);
      if (!hears && (nodes !== undefined || node.number !== asked)) continue;
      if (node.state !== 'running') continue;
      node.application.submit(command);
      this.#complain(node, this.#cluster.timeline.now - sentAt);
      if (!node.application.hasApplied(command)) node.receive({ type: 'pending' });
    }
    this.#cluster.timeline.after(RETRY_AFTER, () => this.#attempt(command, nodes, sentAt));
  }

  /** Rule *progress*: a node that knows of a command for long complains of the leader. */
  #complain(node: VirtualNode, age: number): void {
    if (this.#cluster.crashModel === 'CFT' || age < COMPLAIN_AFTER) return;
    node.receive({ type: 'complaint', active: true });
  }

  #isAnswered(command: number): boolean {
    return this.#cluster.nodes.some((node) => node.application.hasApplied(command));
  }
}
