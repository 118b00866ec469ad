import { type Chain, commonAt, type Genesis } from '@praline/chain';

type Rules = Genesis['common'];

/** The chain's rules at the block after the head. Made once per fork, since copies are expensive. */
export class NextBlockRules {
  readonly #chain: Chain;
  readonly #common: Rules;
  readonly #forks = new Map<string, Rules>();

  constructor(chain: Chain, genesis: Genesis) {
    this.#chain = chain;
    this.#common = genesis.common;
  }

  /** Shared: must not be changed. */
  get(): Rules {
    const { number, timestamp } = this.#chain.head;
    const fork = this.#common.getHardforkBy({
      blockNumber: BigInt(number + 1),
      timestamp: BigInt(timestamp),
    });
    const known = this.#forks.get(fork);
    if (known !== undefined) {
      return known;
    }
    const rules = commonAt(this.#common, number + 1, timestamp);
    this.#forks.set(fork, rules);
    return rules;
  }
}
