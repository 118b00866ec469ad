/**
 * What nodes are told about their links: connected, disconnected, connected again.
 *
 * Told only: whether a message passes is the network's decision, so a node may believe in a dead link for a while, or be
 * told of a break that lasted an instant.
 */
import type { NodeId } from '../../core/types.ts';
import type { VirtualNetwork } from './network.ts';
import type { VirtualNode } from './node.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Milliseconds within which a transport notices that a link can be used again. */
const RECONNECT_WITHIN = 120;

export class Connections {
  readonly #nodes: readonly VirtualNode[];
  readonly #ids: readonly NodeId[];
  readonly #network: VirtualNetwork;
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** `from/to` for every link that `from` believes to be connected. */
  readonly #believed = new Set<number>();

  constructor(
    nodes: readonly VirtualNode[],
    ids: readonly NodeId[],
    modules: { network: VirtualNetwork; timeline: Timeline; random: Random },
  ) {
    this.#nodes = nodes;
    this.#ids = ids;
    this.#network = modules.network;
    this.#timeline = modules.timeline;
    this.#random = modules.random;
  }

  /** Tells both ends of a link that it broke. */
  breakLink(left: number, right: number): void {
    this.#tell(left, right, false);
    this.#tell(right, left, false);
  }

  /** A node went down: it forgets its links, and the others notice after `delay`, unless it never does. */
  nodeWentDown(node: number, delay: number): void {
    for (const peer of this.#nodes.keys()) {
      this.#believed.delete(this.#link(node, peer));
      this.#timeline.after(delay, () => {
        if (this.#nodes[node]?.state !== 'running') this.#tell(peer, node, false);
      });
    }
  }

  /** A node booted: links to it are new ones. */
  nodeBooted(node: number): void {
    for (const peer of this.#nodes.keys()) {
      this.#believed.delete(this.#link(node, peer));
      this.#tell(peer, node, false);
    }
    this.reconnect();
  }

  /** After a while, connects every pair of running nodes whose link is open both ways. */
  reconnect(within: number = RECONNECT_WITHIN): void {
    for (const left of this.#nodes.keys()) {
      for (const right of this.#nodes.keys()) {
        if (left >= right || !this.#isWanted(left, right)) continue;
        if (this.#isBelieved(left, right) && this.#isBelieved(right, left)) continue;
        this.#timeline.after(this.#random.between(0, within), () => this.#connect(left, right));
      }
    }
  }

  /** A node keeps links to others than before. */
  peersChanged(node: number): void {
    for (const peer of this.#nodes.keys()) {
      if (peer !== node && !this.#isWanted(node, peer)) this.breakLink(node, peer);
    }
    this.reconnect();
  }

  #isWanted(left: number, right: number): boolean {
    const wants = (one: number, other: number): boolean =>
      this.#nodes[one]?.peers.has(other) === true;
    return wants(left, right) && wants(right, left);
  }

  #connect(left: number, right: number): void {
    if (!this.#isWanted(left, right)) return;
    const bothRun =
      this.#nodes[left]?.state === 'running' && this.#nodes[right]?.state === 'running';
    if (!bothRun || !this.#network.isOpen(left, right) || !this.#network.isOpen(right, left)) {
      return;
    }
    this.#tell(left, right, true);
    this.#tell(right, left, true);
  }

  #tell(node: number, peer: number, connected: boolean): void {
    if (node === peer || this.#isBelieved(node, peer) === connected) return;
    const receiver = this.#nodes[node];
    const id = this.#ids[peer];
    if (receiver === undefined || receiver.state !== 'running' || id === undefined) return;
    if (connected) this.#believed.add(this.#link(node, peer));
    else this.#believed.delete(this.#link(node, peer));
    receiver.receive({ type: connected ? 'peer-connected' : 'peer-disconnected', peer: id });
  }

  #isBelieved(node: number, peer: number): boolean {
    return this.#believed.has(this.#link(node, peer));
  }

  #link(from: number, to: number): number {
    return from * this.#nodes.length + to;
  }
}
