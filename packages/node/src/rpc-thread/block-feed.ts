/** Blocks and pending transactions as subscribers see them, from what the chain thread tells. */
import type { ChainReader, Hash, TransactionData } from '@praline/chain';
import type { ChainEventSource, CommittedBlock } from '@praline/rpc';

export class BlockFeed implements ChainEventSource {
  readonly #reader: ChainReader;
  readonly #onBlock = new Set<(event: CommittedBlock) => void>();
  readonly #onPending = new Set<(transaction: TransactionData) => void>();

  constructor(reader: ChainReader) {
    this.#reader = reader;
  }

  onBlock(listener: (event: CommittedBlock) => void): () => void {
    this.#onBlock.add(listener);
    return () => void this.#onBlock.delete(listener);
  }

  onPendingTransaction(listener: (transaction: TransactionData) => void): () => void {
    this.#onPending.add(listener);
    return () => void this.#onPending.delete(listener);
  }

  /** A block is durable; it is read here only if somebody listens. */
  blockCommitted(hash: Hash): void {
    if (this.#onBlock.size === 0) {
      return;
    }
    const event = new StoredBlock(this.#reader, hash);
    for (const listener of this.#onBlock) {
      listener(event);
    }
  }

  transactionsPending(transactions: readonly TransactionData[]): void {
    for (const listener of this.#onPending) {
      for (const transaction of transactions) {
        listener(transaction);
      }
    }
  }
}

/** Reads parts of the block when they are asked for, once. */
class StoredBlock implements CommittedBlock {
  readonly #reader: ChainReader;
  readonly #hash: Hash;
  #block: CommittedBlock['block'] | undefined;
  #receipts: CommittedBlock['receipts'] | undefined;

  constructor(reader: ChainReader, hash: Hash) {
    this.#reader = reader;
    this.#hash = hash;
  }

  get block(): CommittedBlock['block'] {
    this.#block ??= this.#reader.block({ hash: this.#hash });
    if (this.#block === undefined) {
      throw new Error(`Block ${this.#hash} was announced and can not be read`);
    }
    return this.#block;
  }

  get receipts(): CommittedBlock['receipts'] {
    this.#receipts ??= this.#reader.receipts({ hash: this.#hash });
    if (this.#receipts === undefined) {
      throw new Error(`The receipts of block ${this.#hash} can not be read`);
    }
    return this.#receipts;
  }

  get logs(): CommittedBlock['logs'] {
    return this.receipts.flatMap(({ logs }) => logs);
  }
}
