/** Blocks that somebody asked for (`evm_mine`), and who waits for them. */
import type { BlockProducer } from './block-producer.ts';

type Resolve = (number: number) => void;

export class RequestedBlocks {
  readonly #producer: BlockProducer;
  readonly #tip: () => number;
  #waiting = new Map<number, Resolve>();

  /** `tip`: number of the last block that is accepted or committed. */
  constructor(producer: BlockProducer, tip: () => number) {
    this.#producer = producer;
    this.#tip = tip;
  }

  /** Has one more block made. Answers its number once it is committed. */
  ask(): Promise<number> {
    return new Promise((resolve) => this.#ask(resolve));
  }

  /** The head is at this height now. */
  headChanged(head: number): void {
    for (const [number, resolve] of this.#waiting) {
      if (number <= head) {
        this.#waiting.delete(number);
        resolve(number);
      }
    }
  }

  /** The head went back to a snapshot: what is still waited for comes above it. */
  headReverted(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#producer.forgetForced();
    for (const resolve of waiting.values()) {
      this.#ask(resolve);
    }
  }

  #ask(resolve: Resolve): void {
    this.#waiting.set(this.#producer.force(this.#tip()), resolve);
  }
}
