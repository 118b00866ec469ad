import type { RequestId } from './peer-message.ts';

/** Requests whose answers are remembered; far more than can be waiting for an answer at once. */
const MAX_ANSWERS = 16_384;
/** Bytes of all answers together. */
const MAX_ANSWERS_BYTES = 32 * 1024 * 1024;

/**
 * Which transaction answered which request, as far as this node has heard. A request that is repeated at the next
 * leader gets the transaction it already caused, instead of causing another. The oldest leave first.
 */
export class SignedAnswers {
  readonly #answers = new Map<RequestId, Uint8Array>();
  #bytes = 0;

  get(requestId: RequestId): Uint8Array | undefined {
    return this.#answers.get(requestId);
  }

  /** The first answer stays: two leaders that answered one request must not make a client see both. */
  remember(requestId: RequestId, raw: Uint8Array): void {
    if (this.#answers.has(requestId)) {
      return;
    }
    // A copy: what arrived is a view of a whole message.
    const own = new Uint8Array(raw);
    this.#answers.set(requestId, own);
    this.#bytes += own.length;
    for (const [oldest, answer] of this.#answers) {
      if (this.#answers.size <= MAX_ANSWERS && this.#bytes <= MAX_ANSWERS_BYTES) {
        return;
      }
      this.#answers.delete(oldest);
      this.#bytes -= answer.length;
    }
  }
}
