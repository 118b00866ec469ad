import type { RequestId } from './peer-message.ts';

/** Requests whose answers are remembered; far more than can be waiting for an answer at once. */
const MAX_ANSWERS = 16_384;

/**
 * Which transaction answered which request, as far as this node has heard. A request that is repeated at the next
 * leader gets the transaction it already caused, instead of causing another. The oldest leave first.
 */
export class SignedAnswers {
  readonly #answers = new Map<RequestId, Uint8Array>();

  get(requestId: RequestId): Uint8Array | undefined {
    return this.#answers.get(requestId);
  }

  /** The first answer stays: two leaders that answered one request must not make a client see both. */
  remember(requestId: RequestId, raw: Uint8Array): void {
    if (this.#answers.has(requestId)) {
      return;
    }
    if (this.#answers.size >= MAX_ANSWERS) {
      const oldest = this.#answers.keys().next();
      if (!oldest.done) {
        this.#answers.delete(oldest.value);
      }
    }
    this.#answers.set(requestId, raw);
  }
}
