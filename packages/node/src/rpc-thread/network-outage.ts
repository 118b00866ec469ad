import type { NetworkView } from '../threads/thread-contracts.ts';

/** A wait is given up when there was no leader or no quorum for this long, all of it while it waited; in milliseconds. */
const NO_QUORUM_WAIT_MS = 5_000;

/** Since when the network can not agree, as far as this node sees. */
export class NetworkOutage {
  /** Null while the network works. */
  #since: number | null = null;

  /** Called often; `now` in monotonic milliseconds. */
  update(network: NetworkView, now: number): void {
    const isDown = network.leader === null || network.connectedValidators < network.quorum;
    this.#since = isDown ? (this.#since ?? now) : null;
  }

  get isDown(): boolean {
    return this.#since !== null;
  }

  /** Whether it lasts too long for what waits since `start`. */
  isHopeless(start: number, now: number): boolean {
    return this.#since !== null && now - Math.max(start, this.#since) >= NO_QUORUM_WAIT_MS;
  }
}
