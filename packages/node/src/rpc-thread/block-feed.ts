/** Blocks and pending transactions as subscribers see them, from what the chain thread tells. */
import type { Hash, LogData, StoredChainReader, TransactionData } from '@praline/chain';
import type { ChainEventSource, CommittedBlock, RevertedHead } from '@praline/rpc';

type FeedReader = Pick<StoredChainReader, 'block' | 'receipts' | 'header' | 'abandonedLogs'>;

export class BlockFeed implements ChainEventSource {
  readonly #reader: FeedReader;
  readonly #onBlock = new Set<(event: CommittedBlock) => void>();
  readonly #onRevert = new Set<(event: RevertedHead) => void>();
  readonly #onPending = new Set<(transaction: TransactionData) => void>();

  constructor(reader: FeedReader) {
    this.#reader = reader;
  }

  onBlock(listener: (event: CommittedBlock) => void): () => void {
    this.#onBlock.add(listener);
    return () => void this.#onBlock.delete(listener);
  }

  onRevert(listener: (event: RevertedHead) => void): () => void {
    this.#onRevert.add(listener);
    return () => void this.#onRevert.delete(listener);
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
    // Told before a return to a snapshot that has left it already: then it is no block any more.
    if (this.#reader.header({ hash }) === undefined) {
      return;
    }
    const event = new StoredBlock(this.#reader, hash);
    for (const listener of this.#onBlock) {
      listener(event);
    }
  }

  /** The head moved back; what was left is read here only if somebody listens. */
  headReverted(head: Hash, abandoned: readonly Hash[]): void {
    const header = this.#onRevert.size === 0 ? undefined : this.#reader.header({ hash: head });
    if (header === undefined) {
      return;
    }
    const logs: LogData[] = abandoned.flatMap((hash) => [...this.#reader.abandonedLogs(hash)]);
    for (const listener of this.#onRevert) {
      listener({ head: header, logs });
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
  readonly #reader: FeedReader;
  readonly #hash: Hash;
  #block: CommittedBlock['block'] | undefined;
  #receipts: CommittedBlock['receipts'] | undefined;

  constructor(reader: FeedReader, hash: Hash) {
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
