/**
 * Somebody with a key of its own that no validator set names, who reaches every node and says what a liar would: forgeries, and
 * what it overheard. It must change nothing, in crash-tolerant clusters too.
 */
import type { Effect } from '../../core/effect.ts';
import type { NodeId } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import type { Cluster } from '../world/cluster.ts';
import { digestHex, digestOf } from '../world/digest.ts';
import { Random } from '../world/random.ts';
import { Forger } from './forgery.ts';
import { Knowledge } from './knowledge.ts';

/** Mean virtual milliseconds between two of its messages. */
const INTERVAL = 25;

export class Outsider implements Observer {
  readonly id: NodeId;
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #knowledge: Knowledge;
  readonly #forger: Forger;
  readonly #onLie: () => void;

  constructor(cluster: Cluster, seed: number, onLie: () => void) {
    this.#cluster = cluster;
    this.#onLie = onLie;
    this.#random = new Random(seed, 'outsider');
    this.#knowledge = new Knowledge(this.#random);
    this.id = digestHex(digestOf(new TextEncoder().encode('outsider'), 0)) as NodeId;
    const { keys, clusterId, rootHash } = cluster.names;
    const stateDigest = cluster.nodes[0]?.application.info.stateDigest;
    if (stateDigest === undefined) throw new RangeError('A cluster has at least one node.');
    const request = {
      validators: keys,
      clusterId,
      rootHash,
      crashModel: cluster.crashModel,
      signatures: cluster.signatures.scheme(keys.length),
      stateDigest,
    };
    this.#forger = new Forger(request, this.id, this.#random, this.#knowledge);
  }

  /** It overhears everything. */
  effect(_node: number, effect: Effect): void {
    if (effect.type === 'send') this.#knowledge.learn(effect.message);
  }

  start(): void {
    this.#cluster.timeline.after(this.#random.exponential(INTERVAL), () => {
      this.#speak();
      this.start();
    });
  }

  #speak(): void {
    const { messages } = this.#knowledge;
    const forger = this.#forger;
    const message = this.#random.pick([
      () => forger.forged(),
      () => forger.farPreVote(),
      () => forger.yield(),
      () => forger.handOver(),
      () => (messages.length === 0 ? forger.forged() : this.#random.pick(messages)),
    ])();
    this.#onLie();
    const node = this.#random.pick(this.#cluster.nodes);
    node.receive({ type: 'message', from: this.id, message });
  }
}
