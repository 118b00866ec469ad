/**
 * Every way by which a transaction gets into this node's pool: from clients, from other nodes, and signed here for a
 * development account. What clients gave is passed on; what the pool lets go is reported.
 */
import {
  type Address,
  type CallRequest,
  ChainError,
  type ChainErrorCode,
  type DevelopmentAccountSet,
  type DevelopmentState,
  decodeSubmittedTransaction,
  decodeWhere,
  type Hash,
  hashOf,
  isImpersonated,
  keccak256,
  type Mempool,
  type DroppedTransaction as PoolDrop,
  type PooledTransaction,
  type SignedTransaction,
  stateSender,
  type TransactionData,
  UNUSED,
  type UnsignedTransaction,
} from '@praline/chain';
import type { GossipedTransaction, RequestId } from '../gossip/peer-message.ts';
import { MAX_RAW_TRANSACTION_BYTES } from '../gossip/peer-message-codec.ts';
import type { DroppedTransaction, Submission } from '../threads/thread-contracts.ts';
import type { HeldTransactions } from './held-transactions.ts';
import { unsignedTransaction } from './unsigned-transaction.ts';

export interface TransactionDeskEvents {
  /** From clients of this node, for all other nodes. */
  accepted(transaction: GossipedTransaction): void;
  pending(transaction: TransactionData): void;
  dropped(dropped: DroppedTransaction): void;
  /** There may be something to propose. */
  proposable(): void;
}

export class TransactionDesk {
  readonly #pool: Mempool;
  readonly #held: HeldTransactions;
  readonly #accounts: DevelopmentAccountSet | null;
  readonly #chainId: bigint;
  readonly #events: TransactionDeskEvents;
  readonly #development: () => DevelopmentState;
  /** Which request a pooled transaction answers; entries leave with their transactions. */
  readonly #requests = new Map<Hash, RequestId>();
  /** Arrival of the last transaction that `nextForGossip` gave. */
  #offered = -1;

  constructor(
    options: { readonly chainId: bigint; readonly accounts: DevelopmentAccountSet | null },
    modules: {
      readonly pool: Mempool;
      readonly held: HeldTransactions;
      readonly events: TransactionDeskEvents;
      /** What development operations have set. */
      readonly development?: () => DevelopmentState;
    },
  ) {
    this.#chainId = options.chainId;
    this.#accounts = options.accounts;
    this.#pool = modules.pool;
    this.#held = modules.held;
    this.#events = modules.events;
    this.#development = modules.development ?? (() => UNUSED);
    this.#pool.listen({
      pending: ({ data }) => {
        this.#events.pending(data);
        this.#events.proposable();
      },
      dropped: (drop) => this.#dropped(drop),
    });
  }

  /** Takes a client's transaction, a blob transaction also with its blobs, which go no further. Throws `ChainError`. */
  submit(submitted: Uint8Array, requestId: RequestId | null): Submission {
    const signed = decodeSubmittedTransaction(ownBytes(submitted), this.#development());
    const { raw } = signed;
    if (raw.length > MAX_RAW_TRANSACTION_BYTES) {
      throw new ChainError(
        'oversized-transaction',
        `oversized data: transaction size ${raw.length}, limit ${MAX_RAW_TRANSACTION_BYTES}`,
      );
    }
    const { hash, from, nonce } = signed.data;
    const wasHeld = this.#held.release(hash);
    const isKnown = this.#pool.get(hash) !== undefined;
    // Signed here for this very request, or gossiped by the leader that signed it, so it is no repetition.
    if (isKnown && (wasHeld || requestId !== null)) {
      if (requestId !== null) {
        this.#requests.set(hash, requestId);
      }
      this.#events.accepted({ raw, requestId });
      this.#events.proposable();
      return { hash, place: nonce < this.#pool.pendingNonce(from) ? 'executable' : 'queued' };
    }
    const { place } = this.#add(signed, requestId);
    this.#events.accepted({ raw, requestId });
    return { hash, place: place === 'pending' ? 'executable' : 'queued' };
  }

  /** Takes what another node sent. What is refused is refused silently: its sender knows it, or will. */
  receive(transactions: readonly GossipedTransaction[]): void {
    for (const { raw, requestId } of transactions) {
      const hash = hashOf(keccak256(raw));
      if (this.#held.release(hash)) {
        this.#events.proposable();
      }
      if (this.#pool.get(hash) !== undefined) {
        continue;
      }
      try {
        this.#add(decodeWhere(this.#development(), ownBytes(raw)), requestId);
      } catch (error) {
        if (!(error instanceof ChainError) || error.code === 'corrupt-store') {
          throw error;
        }
      }
    }
  }

  /**
   * Signs for a development account with its next nonce, and holds the transaction until the asking node has it.
   * Throws `ChainError`.
   */
  sign(requestId: RequestId, request: CallRequest): Uint8Array {
    const { from } = request;
    const signer = this.#signerOf(from);
    if (from === undefined || signer === null) {
      throw new ChainError('unknown-account', 'unknown account', { address: from ?? '' });
    }
    const nonce = request.nonce ?? this.#pool.pendingNonce(from);
    const signed = signer(unsignedTransaction(request, { chainId: this.#chainId, nonce }));
    const { hash } = signed.data;
    // With a nonce of its own a request can repeat another, whose transaction stays held.
    const isNew = this.#pool.get(hash) === undefined;
    if (isNew) {
      this.#held.hold(hash);
    }
    try {
      this.#add(signed, requestId);
    } catch (error) {
      if (isNew) {
        this.#held.release(hash);
      }
      throw error;
    }
    return signed.raw;
  }

  /** With the key of a development account, or without one for an account that is impersonated. */
  #signerOf(
    from: Address | undefined,
  ): ((unsigned: UnsignedTransaction) => SignedTransaction) | null {
    if (from === undefined) {
      return null;
    }
    const accounts = this.#accounts;
    if (accounts?.has(from)) {
      return (unsigned) => accounts.signTransaction(from, unsigned);
    }
    const development = this.#development();
    return isImpersonated(development, from)
      ? (unsigned) => decodeWhere(development, stateSender(unsigned, from))
      : null;
  }

  /** Pooled transactions in the order in which they came, which another pool can take. */
  pooledForGossip(maxBytes: number): readonly GossipedTransaction[] {
    return this.#forGossip(firstOf(this.#pool.transactions(), maxBytes));
  }

  /** As `pooledForGossip`, but each call goes on where the last ended, and begins again after the last transaction. */
  nextForGossip(maxBytes: number): readonly GossipedTransaction[] {
    const all = this.#pool.transactions();
    const next = all.findIndex(({ arrival }) => arrival > this.#offered);
    const chosen = firstOf(all.slice(Math.max(0, next)), maxBytes);
    this.#offered = chosen.at(-1)?.arrival ?? -1;
    return this.#forGossip(chosen);
  }

  #forGossip(transactions: readonly PooledTransaction[]): readonly GossipedTransaction[] {
    return transactions.map(({ raw, data }) => ({
      raw,
      requestId: this.#requests.get(data.hash) ?? null,
    }));
  }

  /** These are in a block now. */
  mined(hashes: Iterable<Hash>): void {
    for (const hash of hashes) {
      this.#forget(hash);
    }
  }

  #add(signed: SignedTransaction, requestId: RequestId | null) {
    const added = this.#pool.add(signed);
    if (requestId !== null) {
      this.#requests.set(signed.data.hash, requestId);
    }
    return added;
  }

  #dropped({ hash, reason, detail }: PoolDrop): void {
    this.#forget(hash);
    this.#events.dropped({ hash, code: DROP_CODES[reason], message: DROP_TEXTS[reason](detail) });
  }

  #forget(hash: Hash): void {
    this.#requests.delete(hash);
    this.#held.release(hash);
  }
}

/**
 * A copy. What came from another thread or in a message is a view of all that came with it, which a pooled transaction
 * would keep in memory.
 */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** As many as `maxBytes` hold, and at least one. */
function firstOf(
  transactions: readonly PooledTransaction[],
  maxBytes: number,
): readonly PooledTransaction[] {
  let bytes = 0;
  const end = transactions.findIndex(({ raw }, position) => {
    bytes += raw.length;
    return position > 0 && bytes > maxBytes;
  });
  return end === -1 ? transactions : transactions.slice(0, end);
}

const DROP_CODES: Readonly<Record<PoolDrop['reason'], ChainErrorCode>> = {
  replaced: 'replacement-underpriced',
  'nonce-too-low': 'nonce-too-low',
  'insufficient-funds': 'insufficient-funds',
  'exceeds-block-gas-limit': 'exceeds-block-gas-limit',
  evicted: 'pool-full',
  invalid: 'invalid-transaction',
};

const DROP_TEXTS: Readonly<Record<PoolDrop['reason'], (detail: string) => string>> = {
  replaced: (detail) => `replacement transaction underpriced: replaced ${detail}`,
  'nonce-too-low': (detail) => `nonce too low: ${detail}`,
  'insufficient-funds': (detail) => detail,
  'exceeds-block-gas-limit': (detail) => detail,
  evicted: (detail) => `txpool is full: ${detail}`,
  invalid: (detail) => detail,
};
