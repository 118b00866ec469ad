/**
 * Development operations that clients have asked this node, as leader, to bring into the log: one after the other, each
 * once however often its request is repeated.
 */
import { ChainError, type DevelopmentOperation, type OperationRequest } from '@praline/chain';
import type { RequestId } from '../gossip/peer-message.ts';

/** Operations waiting at a time. */
const WAITING_MAX = 4_096;

interface Answer {
  resolve(): void;
  reject(error: unknown): void;
}

interface Waiting {
  readonly request: OperationRequest;
  readonly answers: Answer[];
}

export class OperationQueue {
  readonly #waiting = new Map<RequestId, Waiting>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Resolves when it is applied here. Rejects with `ChainError`: what makes it impossible, or `not-leader` any more. */
  add(requestId: RequestId, operation: DevelopmentOperation): Promise<void> {
    const known = this.#waiting.get(requestId);
    if (known === undefined && this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(
        new ChainError('pool-full', `${WAITING_MAX} development operations wait already`),
      );
    }
    const request = { id: Buffer.from(requestId, 'hex'), operation };
    const waiting: Waiting = known ?? { request, answers: [] };
    this.#waiting.set(requestId, waiting);
    return new Promise((resolve, reject) => waiting.answers.push({ resolve, reject }));
  }

  /** The one that is next. */
  next(): OperationRequest | undefined {
    const [first] = this.#waiting.values();
    return first?.request;
  }

  /** It is in the log and applied. */
  applied(requestId: RequestId): void {
    this.#end(requestId, ({ resolve }) => resolve());
  }

  refused(requestId: RequestId, error: unknown): void {
    this.#end(requestId, ({ reject }) => reject(error));
  }

  /** Another node leads, and is asked again by whoever waits: what would come late must not come at all. */
  clear(): void {
    for (const requestId of [...this.#waiting.keys()]) {
      this.refused(requestId, new ChainError('closed', 'this node does not lead any more'));
    }
  }

  #end(requestId: RequestId, how: (answer: Answer) => void): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    for (const answer of waiting?.answers ?? []) how(answer);
  }
}

export function requestIdOf({ id }: Pick<OperationRequest, 'id'>): RequestId {
  return Buffer.from(id).toString('hex') as RequestId;
}
