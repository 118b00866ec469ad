/**
 * Keeps the pools of all validators filled, so that no transaction is lost with the node that accepted it.
 *
 * What a client gave to this node goes to every member at once; a member whose link comes up, and a new leader, get
 * the whole pool (bounded); what stays pooled is offered to the leader again now and then, which also carries
 * transactions between members that have no direct link. Pools know duplicates by hash, so repetition costs little.
 */
import type { NodeId } from 'mokka';
import { GossipInbox } from './gossip-inbox.ts';
import type { GossipedTransaction } from './peer-message.ts';
import { MAX_GOSSIPED_TRANSACTIONS } from './peer-message-codec.ts';
import type { PeerNetwork } from './peer-network.ts';

/** Transaction bytes of one message; one larger transaction travels alone. */
const MESSAGE_BYTES = 128 * 1024;
/** Pool bytes sent to a member whose link came up or that became leader. */
const FULL_OFFER_BYTES = 8 * 1024 * 1024;
/** Pool bytes offered to the leader again, and how often. */
const REPEATED_OFFER_BYTES = 64 * 1024;
const REPEATED_OFFER_INTERVAL_MS = 2_000;

export interface GossipPool {
  receive(transactions: readonly GossipedTransaction[]): Promise<void>;
  pooledForGossip(maxBytes: number): Promise<readonly GossipedTransaction[]>;
  /** The same, going on where the last call ended. */
  nextForGossip(maxBytes: number): Promise<readonly GossipedTransaction[]>;
}

export class TransactionGossip {
  readonly #network: PeerNetwork;
  readonly #pool: GossipPool;
  readonly #onError: (error: unknown) => void;
  readonly #inbox: GossipInbox;
  #nextOfferAt = 0;

  constructor(modules: {
    readonly network: PeerNetwork;
    readonly pool: GossipPool;
    /** The pool's thread failed; the owner decides. */
    readonly onError: (error: unknown) => void;
  }) {
    this.#network = modules.network;
    this.#pool = modules.pool;
    this.#onError = modules.onError;
    this.#inbox = new GossipInbox({
      receive: (transactions) => modules.pool.receive(transactions),
      onError: modules.onError,
    });
  }

  /** Clients of this node gave these. */
  accepted(transactions: readonly GossipedTransaction[]): void {
    for (const chunk of chunks(transactions)) {
      this.#network.broadcast({ type: 'transactions', transactions: chunk });
    }
  }

  /** The leader passed these over: it gets them from this node itself, whoever else may have sent them. */
  offerToLeader(transactions: readonly GossipedTransaction[]): void {
    const leader = this.#network.leader();
    if (leader !== null && leader !== this.#network.self) {
      this.#offer(leader, Promise.resolve(transactions));
    }
  }

  /** A member sent these. */
  received(from: NodeId, transactions: readonly GossipedTransaction[]): void {
    this.#inbox.add(from, transactions);
  }

  /** A link came up, or the member became leader. */
  offerAll(peer: NodeId): void {
    if (peer !== this.#network.self) {
      this.#offer(peer, this.#pool.pooledForGossip(FULL_OFFER_BYTES));
    }
  }

  /** Called often; `now` in monotonic milliseconds. */
  tick(now: number): void {
    const leader = this.#network.leader();
    if (now < this.#nextOfferAt || leader === null || leader === this.#network.self) {
      return;
    }
    this.#nextOfferAt = now + REPEATED_OFFER_INTERVAL_MS;
    this.#offer(leader, this.#pool.nextForGossip(REPEATED_OFFER_BYTES));
  }

  #offer(peer: NodeId, pooled: Promise<readonly GossipedTransaction[]>): void {
    pooled
      .then((transactions) => {
        for (const chunk of chunks(transactions)) {
          if (!this.#network.send(peer, { type: 'transactions', transactions: chunk })) {
            return;
          }
        }
      })
      .catch(this.#onError);
  }
}

/** Splits into messages within the bounds of count and bytes, in order. */
function* chunks(
  transactions: readonly GossipedTransaction[],
): Generator<readonly GossipedTransaction[]> {
  let chunk: GossipedTransaction[] = [];
  let bytes = 0;
  for (const transaction of transactions) {
    const isFull =
      chunk.length === MAX_GOSSIPED_TRANSACTIONS || bytes + transaction.raw.length > MESSAGE_BYTES;
    if (isFull && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(transaction);
    bytes += transaction.raw.length;
  }
  if (chunk.length > 0) {
    yield chunk;
  }
}
