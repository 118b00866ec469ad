/** Waits until this thread can read a block of a certain number, bounded like waits for transactions. */
import { ChainError } from '@praline/chain/configuration';
import { noQuorumError, unansweredError } from '../gossip/no-quorum.ts';
import type { NetworkView } from '../threads/thread-contracts.ts';
import { NetworkOutage } from './network-outage.ts';

/** With a working network a wait is given up after this long: this node may be busy with a long block before. */
const MAX_WAIT_MS = 60_000;

interface Wait {
  readonly number: number;
  readonly since: number;
  resolve(): void;
  reject(error: Error): void;
}

export class ReadableWaits {
  readonly #head: () => number;
  readonly #now: () => number;
  readonly #outage = new NetworkOutage();
  #waits: Wait[] = [];

  constructor(modules: {
    /** Number of the head this thread reads. */
    readonly head: () => number;
    /** Monotonic milliseconds. */
    readonly now: () => number;
  }) {
    this.#head = modules.head;
    this.#now = modules.now;
  }

  wait(number: number): Promise<void> {
    if (this.#head() >= number) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#waits.push({ number, since: this.#now(), resolve, reject });
    });
  }

  headChanged(): void {
    if (this.#waits.length > 0) {
      const head = this.#head();
      this.#end(
        (wait) => wait.number <= head,
        (wait) => wait.resolve(),
      );
    }
  }

  /** The head moved back, from a height that all nodes had reached: what is waited for was there, or is gone. */
  headReverted(): void {
    this.#end(
      () => true,
      (wait) => wait.resolve(),
    );
  }

  tick(network: NetworkView): void {
    this.headChanged();
    const now = this.#now();
    this.#outage.update(network, now);
    this.#end(
      ({ since }) => now - since >= MAX_WAIT_MS,
      (wait) => wait.reject(unansweredError(MAX_WAIT_MS)),
    );
    this.#end(
      ({ since }) => this.#outage.isHopeless(since, now),
      (wait) =>
        wait.reject(
          noQuorumError({
            connected: network.connectedValidators,
            needed: network.quorum,
            validators: network.validators,
          }),
        ),
    );
  }

  close(): void {
    this.#end(
      () => true,
      (wait) => wait.reject(new ChainError('closed', 'the node is shutting down')),
    );
  }

  #end(isOver: (wait: Wait) => boolean, how: (wait: Wait) => void): void {
    const over = this.#waits.filter(isOver);
    this.#waits = this.#waits.filter((wait) => !isOver(wait));
    for (const wait of over) {
      how(wait);
    }
  }
}
