/**
 * Gathers writes into transactions: one is in flight, and what is asked for meanwhile shares the next one.
 *
 * So writes resolve in order, many share a sync, and after a failed transaction none is begun any more: what follows a
 * failed write never reaches the disk.
 */
import { StorageError } from './storage-error.ts';

/** Writes are gathered into one transaction until they have this many bytes. */
export const TRANSACTION_MAX_BYTES = 32 * 1024 * 1024;

/** One change, run inside a transaction. */
export type WriteStep = () => void;

interface QueuedWrite {
  readonly steps: readonly WriteStep[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
}

export class GroupCommit {
  readonly #transact: (action: () => void) => Promise<void>;
  readonly #queue: QueuedWrite[] = [];
  #failure: StorageError | undefined;
  /** The loop that commits what is queued, while there is something. */
  #committing: Promise<void> | undefined;

  /** `transact` runs an action in one atomic transaction and resolves when that is durable. */
  constructor(transact: (action: () => void) => Promise<void>) {
    this.#transact = transact;
  }

  /**
   * Runs the steps of one write, of about `bytes` bytes, in a transaction.
   *
   * @throws {StorageError} `write-failed`, or `poisoned` after an earlier failure.
   */
  async write(steps: readonly WriteStep[], bytes: number): Promise<void> {
    this.assertUsable();
    const written = new Promise<void>((resolve, reject) => {
      this.#queue.push({ steps, bytes, resolve, reject });
    });
    this.#committing ??= this.#commitQueued();
    return written;
  }

  /** @throws {StorageError} `poisoned` after a failed write. */
  assertUsable(): void {
    if (this.#failure !== undefined) throw poisonedBy(this.#failure);
  }

  /** Resolves when nothing is queued or in flight. */
  async drain(): Promise<void> {
    await this.#committing;
  }

  async #commitQueued(): Promise<void> {
    // Let the rest of this turn's writes join the first transaction.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#transact(() => {
          for (const write of batch) {
            for (const step of write.steps) step();
          }
        });
        for (const write of batch) write.resolve();
      } catch (cause) {
        this.#fail(batch, cause);
      }
    }
    this.#committing = undefined;
  }

  #takeBatch(): readonly QueuedWrite[] {
    let bytes = 0;
    let count = 0;
    for (const write of this.#queue) {
      if (count > 0 && bytes + write.bytes > TRANSACTION_MAX_BYTES) break;
      bytes += write.bytes;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #fail(batch: readonly QueuedWrite[], cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failure = new StorageError(
      'write-failed',
      `writing to the store failed (${reason}): free or check the disk, then start the node again`,
      { cause },
    );
    this.#failure = failure;
    for (const write of batch) write.reject(failure);
    for (const write of this.#queue.splice(0)) write.reject(poisonedBy(failure));
  }
}

function poisonedBy(failure: StorageError): StorageError {
  return new StorageError('poisoned', `an earlier write failed: ${failure.message}`, {
    cause: failure,
  });
}
