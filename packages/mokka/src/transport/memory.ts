/**
 * A network in memory, for tests and for clusters within one process.
 *
 * Frames arrive in a later turn of the event loop, in order per pair and channel, and only over a link that both sides
 * want: each has started to listen and names the other as a peer, and no test has cut the link.
 */
import type { NodeId } from '../core/types.ts';
import type { Channel, PeerAddress, Transport, TransportHandlers } from './transport.ts';

/** Size limits of a frame in bytes per channel; those of the network transport by default. */
export interface MemoryNetworkOptions {
  readonly consensusFrameMaxBytes?: number;
  readonly applicationFrameMaxBytes?: number;
  /** True drops the frame on its way. Called once for each frame, when it would arrive. */
  readonly drop?: (frame: CarriedFrame) => boolean;
}

export interface CarriedFrame {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly channel: Channel;
  readonly frame: Uint8Array;
}

const CONSENSUS_FRAME_MAX_BYTES = 16 * 1024 * 1024;
const APPLICATION_FRAME_MAX_BYTES = 1024 * 1024;

/** Joins the memory transports made from it. */
export class MemoryNetwork {
  readonly #maxBytes: Readonly<Record<Channel, number>>;
  readonly #drop: (frame: CarriedFrame) => boolean;
  readonly #transports = new Map<NodeId, MemoryTransport>();
  readonly #cut = new Set<string>();
  /** Numbers each establishment of a link; a frame of an earlier one never arrives. */
  readonly #links = new Map<string, number>();
  #linkCount = 0;

  constructor(options: MemoryNetworkOptions = {}) {
    this.#maxBytes = {
      consensus: options.consensusFrameMaxBytes ?? CONSENSUS_FRAME_MAX_BYTES,
      application: options.applicationFrameMaxBytes ?? APPLICATION_FRAME_MAX_BYTES,
    };
    this.#drop = options.drop ?? (() => false);
  }

  /** A transport of the node `id`; it takes part once it listens. */
  createTransport(id: NodeId): Transport {
    return new MemoryTransport(id, this);
  }

  /** Cuts the link between two nodes until `connect`. */
  disconnect(a: NodeId, b: NodeId): void {
    this.#cut.add(pairOf(a, b));
    this.refresh('link cut');
  }

  /** Undoes `disconnect`. */
  connect(a: NodeId, b: NodeId): void {
    this.#cut.delete(pairOf(a, b));
    this.refresh('');
  }

  /** @internal Called by transports. */
  attach(id: NodeId, transport: MemoryTransport): void {
    if (this.#transports.has(id)) throw new Error(`node ${id} is already on this network`);
    this.#transports.set(id, transport);
    this.refresh('');
  }

  /** @internal Called by transports. */
  detach(id: NodeId, transport: MemoryTransport): void {
    if (this.#transports.get(id) !== transport) return;
    for (const other of [...this.#transports.keys()]) {
      if (other !== id) this.#unlink(id, other, 'peer closed');
    }
    this.#transports.delete(id);
  }

  /** @internal Brings links in line with what both sides want. */
  refresh(reason: string): void {
    const ids = [...this.#transports.keys()];
    for (const [position, a] of ids.entries()) {
      for (const b of ids.slice(position + 1)) {
        if (this.#wanted(a, b)) this.#link(a, b);
        else this.#unlink(a, b, reason === '' ? 'no longer a peer' : reason);
      }
    }
  }

  /** @internal False when the frame is dropped at the sender. */
  carry(carried: CarriedFrame): boolean {
    const pair = pairOf(carried.from, carried.to);
    const link = this.#links.get(pair);
    if (link === undefined || carried.frame.length > this.#maxBytes[carried.channel]) return false;
    const copy = { ...carried, frame: carried.frame.slice() };
    setImmediate(() => {
      if (this.#links.get(pair) !== link || this.#drop(copy)) return;
      this.#transports.get(copy.to)?.handUp(copy);
    });
    return true;
  }

  #wanted(a: NodeId, b: NodeId): boolean {
    const first = this.#transports.get(a);
    const second = this.#transports.get(b);
    if (first === undefined || second === undefined) return false;
    return first.wants(b) && second.wants(a) && !this.#cut.has(pairOf(a, b));
  }

  #link(a: NodeId, b: NodeId): void {
    const pair = pairOf(a, b);
    if (this.#links.has(pair)) return;
    this.#linkCount += 1;
    const link = this.#linkCount;
    this.#links.set(pair, link);
    this.#later(a, b, () => this.#links.get(pair) === link);
    this.#later(b, a, () => this.#links.get(pair) === link);
  }

  #later(id: NodeId, peer: NodeId, still: () => boolean): void {
    setImmediate(() => {
      if (still()) this.#transports.get(id)?.linkUp(peer);
    });
  }

  #unlink(a: NodeId, b: NodeId, reason: string): void {
    if (!this.#links.delete(pairOf(a, b))) return;
    const first = this.#transports.get(a);
    const second = this.#transports.get(b);
    setImmediate(() => {
      first?.linkDown(b, reason);
      second?.linkDown(a, reason);
    });
  }
}

class MemoryTransport implements Transport {
  readonly #id: NodeId;
  readonly #network: MemoryNetwork;
  #peers: ReadonlySet<NodeId> = new Set();
  readonly #up = new Set<NodeId>();
  #handlers: TransportHandlers | undefined;

  constructor(id: NodeId, network: MemoryNetwork) {
    this.#id = id;
    this.#network = network;
  }

  async listen(handlers: TransportHandlers): Promise<void> {
    if (this.#handlers !== undefined) throw new Error('the transport already listens');
    this.#network.attach(this.#id, this);
    this.#handlers = handlers;
    this.#network.refresh('');
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#peers = new Set(peers.map((peer) => peer.id).filter((id) => id !== this.#id));
    this.#network.refresh('');
  }

  write(to: NodeId, channel: Channel, frame: Uint8Array): boolean {
    if (!this.#up.has(to)) return false;
    return this.#network.carry({ from: this.#id, to, channel, frame });
  }

  async close(): Promise<void> {
    this.#network.detach(this.#id, this);
    this.#handlers = undefined;
    this.#up.clear();
  }

  wants(peer: NodeId): boolean {
    return this.#handlers !== undefined && this.#peers.has(peer);
  }

  handUp(carried: CarriedFrame): void {
    this.#handlers?.onFrame(carried.from, carried.channel, carried.frame);
  }

  linkUp(peer: NodeId): void {
    this.#up.add(peer);
    this.#handlers?.onConnected(peer);
  }

  linkDown(peer: NodeId, reason: string): void {
    if (this.#up.delete(peer)) this.#handlers?.onDisconnected(peer, reason);
  }
}

function pairOf(a: NodeId, b: NodeId): string {
  return a < b ? `${a}/${b}` : `${b}/${a}`;
}
