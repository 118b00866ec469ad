/** The library's parameters at each fork of a chain, made once. */
import { paramsBlock } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';

export class ForkRules {
  readonly #common: Common;
  readonly #forks = new Map<string, Common>();

  /** `common` is left as it is. */
  constructor(common: Common) {
    this.#common = common;
  }

  /** At a block with this number and time in seconds. The answer is shared: it must not be changed. */
  at(number: number | bigint, timestamp: number | bigint): Common {
    const fork = this.#common.getHardforkBy({
      blockNumber: BigInt(number),
      timestamp: BigInt(timestamp),
    });
    let rules = this.#forks.get(fork);
    if (rules === undefined) {
      rules = this.#common.copy();
      rules.setHardfork(fork);
      rules.resetParams(paramsBlock);
      this.#forks.set(fork, rules);
    }
    return rules;
  }
}
