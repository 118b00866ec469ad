/**
 * Transactions that other nodes sent, on their way into the pool: bounded for each peer, in fair turns, and a few at a
 * time. Checking signatures takes the chain thread's time, so a peer that sends more than the pool can take must
 * neither fill the memory, nor keep out what others send, nor delay blocks that wait for a vote.
 */
import type { NodeId } from 'mokka';
import type { GossipedTransaction } from './peer-message.ts';

/** Bytes of one peer's waiting transactions; what comes beyond them is dropped, since senders offer it again. */
const PEER_WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** What one waiting transaction takes beside its own bytes. */
const TRANSACTION_OVERHEAD_BYTES = 128;
/** Transactions handed to the pool in one call: a few milliseconds of signature checks. */
const BATCH_TRANSACTIONS = 64;

interface Waiting {
  readonly transactions: GossipedTransaction[];
  bytes: number;
}

export class GossipInbox {
  readonly #receive: (transactions: readonly GossipedTransaction[]) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  /** The first has the next turn. */
  readonly #waiting = new Map<NodeId, Waiting>();
  #isReceiving = false;

  constructor(modules: {
    /** Hands them to the pool; the next come when it has resolved. */
    readonly receive: (transactions: readonly GossipedTransaction[]) => Promise<void>;
    readonly onError: (error: unknown) => void;
  }) {
    this.#receive = modules.receive;
    this.#onError = modules.onError;
  }

  add(from: NodeId, transactions: readonly GossipedTransaction[]): void {
    const waiting = this.#waiting.get(from) ?? { transactions: [], bytes: 0 };
    this.#waiting.set(from, waiting);
    for (const transaction of transactions) {
      const bytes = sizeOf(transaction);
      if (waiting.bytes + bytes > PEER_WAITING_BYTES_MAX) {
        break;
      }
      waiting.transactions.push(transaction);
      waiting.bytes += bytes;
    }
    this.#handOver();
  }

  #handOver(): void {
    const [first] = this.#waiting;
    if (this.#isReceiving || first === undefined) {
      return;
    }
    const [from, waiting] = first;
    const batch = waiting.transactions.splice(0, BATCH_TRANSACTIONS);
    this.#waiting.delete(from);
    if (waiting.transactions.length > 0) {
      waiting.bytes -= batch.reduce((sum, transaction) => sum + sizeOf(transaction), 0);
      this.#waiting.set(from, waiting);
    }
    this.#isReceiving = true;
    this.#receive(batch)
      .catch(this.#onError)
      .finally(() => {
        this.#isReceiving = false;
        this.#handOver();
      });
  }
}

function sizeOf({ raw }: GossipedTransaction): number {
  return raw.length + TRANSACTION_OVERHEAD_BYTES;
}
