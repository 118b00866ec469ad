/** What a client does next: an endless sequence that follows from the seed alone. */
import type { SeededRandom } from '../random.ts';

export type Operation = { readonly node: number } & (
  | { readonly kind: 'transfer'; readonly to: string; readonly wei: bigint }
  | { readonly kind: 'write'; readonly key: number; readonly value: number }
  | { readonly kind: 'increment' | 'read-counter' | 'read-height' }
  | { readonly kind: 'read-register'; readonly key: number; readonly isLinearizable: boolean }
);

export interface OperationPlanOptions {
  readonly random: SeededRandom;
  readonly client: number;
  readonly nodes: readonly number[];
  /** Accounts that transfers go to; all belong to the run. */
  readonly accounts: readonly string[];
}

/** The node that a client usually asks. */
const HOME_CHANCE = 0.75;
/** Registers in use at a time; then the next ones, so that each has a history that can be searched. */
const KEYS_AT_A_TIME = 3;
const OPERATIONS_PER_KEYS = 25;
/** Values of different clients differ. */
const VALUES_PER_CLIENT = 1_000_000;

export class OperationPlan {
  readonly #options: OperationPlanOptions;
  #count = 0;

  constructor(options: OperationPlanOptions) {
    this.#options = options;
  }

  next(): Operation {
    const { random, client, nodes, accounts } = this.#options;
    this.#count += 1;
    const home = nodes[(client - 1) % nodes.length] ?? 1;
    const node = random.chance(HOME_CHANCE) ? home : random.pick(nodes);
    const generation = Math.floor(this.#count / OPERATIONS_PER_KEYS);
    const key = generation * KEYS_AT_A_TIME + random.integer(0, KEYS_AT_A_TIME - 1);
    const wei = BigInt(random.integer(1, 1_000_000));
    const to = random.pick(accounts);
    const isLinearizable = random.chance(0.6);
    const dice = random.next();
    if (dice < 0.3) return { kind: 'transfer', node, to, wei };
    if (dice < 0.5) {
      return { kind: 'write', node, key, value: client * VALUES_PER_CLIENT + this.#count };
    }
    if (dice < 0.6) return { kind: 'increment', node };
    if (dice < 0.85) return { kind: 'read-register', node, key, isLinearizable };
    return { kind: dice < 0.93 ? 'read-counter' : 'read-height', node };
  }
}
