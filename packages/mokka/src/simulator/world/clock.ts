/**
 * One node's clocks: a monotonic one with an arbitrary start at each boot and a slightly wrong rate, and a unix time
 * that is skewed and can jump either way.
 */
import type { Instant } from '../../core/types.ts';

/** 1 January 2026, so that timestamps look like real ones. */
const UNIX_TIME_AT_START = 1_767_225_600_000;

export class VirtualClock {
  /** Milliseconds added to the unix time. */
  unixError: number;
  readonly #rate: number;
  #bootedAt = 0;
  #monotonicAtBoot = 0;
  #last = 0;
  /** Virtual instant at which a frozen clock runs again. */
  #thawsAt = 0;

  constructor(rate: number, unixError: number) {
    this.#rate = rate;
    this.unixError = unixError;
  }

  /** A new boot: the monotonic clock starts anywhere. */
  boot(virtualNow: number, monotonic: number): void {
    this.#bootedAt = virtualNow;
    this.#monotonicAtBoot = monotonic;
    this.#last = monotonic;
    this.#thawsAt = 0;
  }

  /** The machine stands still: the next `duration` virtual milliseconds do not pass for the monotonic clock. */
  freeze(virtualNow: number, duration: number): void {
    this.#bootedAt += duration;
    this.#thawsAt = virtualNow + duration;
  }

  /** The machine goes on, perhaps sooner than planned: what is left of its standstill passes as usual. */
  thaw(virtualNow: number): void {
    this.#bootedAt -= Math.max(0, this.#thawsAt - virtualNow);
    this.#thawsAt = 0;
  }

  /** This node's instant; `atLeast` is a deadline that was just waited for (its rounding error is hidden). */
  read(virtualNow: number, atLeast = 0): Instant {
    const monotonic = this.#monotonicAtBoot + (virtualNow - this.#bootedAt) * this.#rate;
    this.#last = Math.max(this.#last, monotonic, atLeast);
    const unixTime = Math.floor(UNIX_TIME_AT_START + virtualNow + this.unixError);
    return { now: this.#last, unixTime };
  }

  /** The virtual instant at which this node's monotonic clock shows `deadline`. */
  virtualInstant(deadline: number): number {
    return this.#bootedAt + (deadline - this.#monotonicAtBoot) / this.#rate;
  }
}
