/**
 * Decides when this node, as leader, proposes a block, and builds it.
 *
 * Instant mining: as soon as something is executable, one block at a time; what arrives while one is in flight shares
 * the next. Interval mining: one block per `blockTimeMs`. `evm_mine` forces one in either.
 */
import {
  type Address,
  blobBaseFee,
  type Candidates,
  type Chain,
  ForkRules,
  type Genesis,
  type HeaderData,
  type Hex,
  type Mempool,
  nextBaseFee,
  type PooledTransaction,
  type PralineConfig,
} from '@praline/chain';
import { timestampOf } from './block-time.ts';
import type { HeldTransactions } from './held-transactions.ts';

/** Gas of the cheapest transaction: bounds how many candidates a block can take. */
const TRANSACTION_GAS_MIN = 21_000n;
/** Candidates offered beyond what fits, in case execution refuses some. */
const SPARE_CANDIDATES = 64;
const NO_EXTRA_DATA: Hex = '0x';

export interface BlockRequest {
  readonly parent: HeaderData;
  /** Milliseconds since the epoch that the entry will carry. */
  readonly timestampMs: number;
  readonly maxBytes: number;
}

export class BlockProducer {
  readonly #mining: PralineConfig['mining'];
  readonly #rules: ForkRules;
  readonly #coinbase: Address;
  readonly #chain: Chain;
  readonly #pool: Mempool;
  readonly #held: HeldTransactions;
  /** Interval mining: the time for the next block has come. */
  #isDue = false;
  /** Blocks up to this number are made even if they are empty, since somebody asked for them. */
  #forcedTo = 0;

  constructor(
    options: { readonly genesis: Genesis; readonly coinbase: Address },
    modules: { readonly chain: Chain; readonly pool: Mempool; readonly held: HeldTransactions },
  ) {
    this.#rules = new ForkRules(options.genesis.common);
    this.#mining = options.genesis.praline.mining;
    this.#coinbase = options.coinbase;
    this.#chain = modules.chain;
    this.#pool = modules.pool;
    this.#held = modules.held;
  }

  /** Interval mining: another `blockTimeMs` has passed. */
  intervalElapsed(): void {
    this.#isDue = true;
  }

  /**
   * Has one more block made, even without transactions, above `tip` (a block may be in flight there) and above those
   * that were asked for before. Answers its number.
   */
  force(tip: number): number {
    this.#forcedTo = Math.max(this.#forcedTo, tip) + 1;
    return this.#forcedTo;
  }

  /** Whether `produce` would try. */
  get isWanted(): boolean {
    if (this.#isForced) {
      return true;
    }
    const hasTransactions = this.#pool.status().pending > 0;
    return this.#mining.mode === 'instant'
      ? hasTransactions
      : this.#isDue && (hasTransactions || this.#mining.emptyBlocks);
  }

  /** The block's RLP, which stays in flight in the chain; null when there is nothing to propose. */
  async produce({ parent, timestampMs, maxBytes }: BlockRequest): Promise<Uint8Array | null> {
    if (!this.isWanted) {
      return null;
    }
    const allowEmpty =
      this.#isForced || (this.#mining.mode === 'interval' && this.#mining.emptyBlocks);
    const built = await this.#chain.buildBlock(parent.hash, {
      timestamp: timestampOf(parent, timestampMs),
      coinbase: this.#coinbase,
      extraData: NO_EXTRA_DATA,
      candidates: this.#candidates(parent),
      maxBytes,
      allowEmpty,
    });
    for (const { hash, error } of built.refused) {
      this.#pool.dropInvalid(hash, error.message);
    }
    if (built.block === null) {
      return null;
    }
    this.#isDue = false;
    return built.raw;
  }

  /** The next transaction of each sender that pays enough for a block on the head, best first. */
  *nextOfSenders(): Generator<PooledTransaction> {
    const candidates = this.#candidatesOn(this.#chain.head);
    for (
      let next = candidates.current();
      next !== undefined;
      candidates.skipSender(), next = candidates.current()
    ) {
      if (!this.#held.has(next.data.hash)) yield next;
    }
  }

  /** Whether a block on the head could hold the transaction; one that execution refuses leaves the pool. */
  async isMineable(transaction: PooledTransaction, timestampMs: number): Promise<boolean> {
    const { head } = this.#chain;
    const { block, refused } = await this.#chain.tryBlock({
      timestamp: timestampOf(head, timestampMs),
      coinbase: this.#coinbase,
      extraData: NO_EXTRA_DATA,
      candidates: [transaction],
      maxBytes: Number.MAX_SAFE_INTEGER,
      allowEmpty: false,
    });
    for (const { hash, error } of refused) {
      this.#pool.dropInvalid(hash, error.message);
    }
    return block !== null;
  }

  get #isForced(): boolean {
    return this.#chain.head.number < this.#forcedTo;
  }

  /** Taken out of the pool before building, since a block must not be built from a pool that changes meanwhile. */
  #candidates(parent: HeaderData): PooledTransaction[] {
    const candidates = this.#candidatesOn(parent);
    const countMax = Number(parent.gasLimit / TRANSACTION_GAS_MIN) + SPARE_CANDIDATES;
    const chosen: PooledTransaction[] = [];
    for (
      let next = candidates.current();
      next !== undefined && chosen.length < countMax;
      next = candidates.current()
    ) {
      if (this.#held.has(next.data.hash)) {
        candidates.skipSender();
      } else {
        chosen.push(next);
        candidates.accept();
      }
    }
    return chosen;
  }

  #candidatesOn(parent: HeaderData): Candidates {
    const rules = this.#rules.at(parent.number + 1, parent.timestamp);
    const { excessBlobGas } = parent;
    return this.#pool.candidates({
      baseFee: parent.baseFeePerGas === undefined ? 0n : nextBaseFee(parent),
      ...(excessBlobGas === undefined ? {} : { blobBaseFee: blobBaseFee(excessBlobGas, rules) }),
    });
  }
}
