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
  type Hex,
  type Mempool,
  nextBaseFee,
  nextTimestamp,
  type PooledTransaction,
  type Position,
  type PralineConfig,
} from '@praline/chain';
import { secondsOf } from './block-time.ts';
import type { HeldTransactions } from './held-transactions.ts';

/** Gas of the cheapest transaction: bounds how many candidates a block can take. */
const TRANSACTION_GAS_MIN = 21_000n;
/** Candidates offered beyond what fits, in case execution refuses some. */
const SPARE_CANDIDATES = 64;
const NO_EXTRA_DATA: Hex = '0x';

export interface BlockRequest {
  readonly parent: Position;
  /** Milliseconds since the epoch that the entry will carry. */
  readonly timestampMs: number;
  readonly maxBytes: number;
}

/** A block that stays in flight in the chain. */
export interface ProducedBlock {
  readonly raw: Uint8Array;
  /** After it. */
  readonly position: Position;
}

/** When blocks are made. */
interface Mining {
  /** As soon as something is executable. */
  readonly automine: boolean;
  /** Milliseconds; 0 for none. */
  readonly intervalMs: number;
  /** Whether an interval ends with a block even if nothing came. */
  readonly emptyBlocks: boolean;
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

  /** The chain went back to a snapshot: blocks that were asked for are asked for again. */
  forgetForced(): void {
    this.#forcedTo = 0;
  }

  /** Milliseconds between blocks now; 0 without interval mining. */
  get intervalMs(): number {
    return this.#now.intervalMs;
  }

  /** Whether `produce` would try. */
  get isWanted(): boolean {
    if (this.#isForced) {
      return true;
    }
    const { automine, intervalMs, emptyBlocks } = this.#now;
    const hasTransactions = this.#pool.status().pending > 0;
    const isDue = this.#isDue && intervalMs > 0;
    return (hasTransactions && (automine || isDue)) || (isDue && emptyBlocks);
  }

  /** Whether somebody asked for a block above this one, and nothing is there to put into it. */
  wantsEmptyAbove(number: number): boolean {
    return number < this.#forcedTo && this.#pool.status().pending === 0;
  }

  /** Null when there is nothing to propose. */
  async produce({ parent, timestampMs, maxBytes }: BlockRequest): Promise<ProducedBlock | null> {
    const isForced = parent.head.number < this.#forcedTo;
    if (!isForced && !this.isWanted) {
      return null;
    }
    const { intervalMs, emptyBlocks } = this.#now;
    const isDue = this.#isDue && intervalMs > 0;
    const allowEmpty = isForced || (isDue && emptyBlocks);
    const agreedSeconds = secondsOf(timestampMs);
    const built = await this.#chain.buildBlock(parent.id, {
      timestamp: nextTimestamp(parent, agreedSeconds),
      agreedSeconds,
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
    return built;
  }

  /** The next transaction of each sender that pays enough for a block on the head, best first. */
  *nextOfSenders(): Generator<PooledTransaction> {
    const candidates = this.#candidatesOn(this.#chain.position);
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
    const agreedSeconds = secondsOf(timestampMs);
    const { block, refused } = await this.#chain.tryBlock({
      timestamp: nextTimestamp(this.#chain.position, agreedSeconds),
      agreedSeconds,
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

  /** What development operations have set, else what the genesis configuration says. */
  get #now(): Mining {
    const { mining } = this.#chain.position.development;
    if (mining !== null) {
      return { ...mining, emptyBlocks: true };
    }
    return this.#mining.mode === 'instant'
      ? { automine: true, intervalMs: 0, emptyBlocks: false }
      : {
          automine: false,
          intervalMs: this.#mining.blockTimeMs,
          emptyBlocks: this.#mining.emptyBlocks,
        };
  }

  /** Taken out of the pool before building, since a block must not be built from a pool that changes meanwhile. */
  #candidates(parent: Position): PooledTransaction[] {
    const candidates = this.#candidatesOn(parent);
    const gasLimit = parent.development.settings.gasLimit ?? parent.head.gasLimit;
    const countMax = Number(gasLimit / TRANSACTION_GAS_MIN) + SPARE_CANDIDATES;
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

  #candidatesOn({ head, development }: Position): Candidates {
    const rules = this.#rules.at(head.number + 1, head.timestamp);
    const { excessBlobGas, baseFeePerGas } = head;
    const { nextBaseFee: set } = development.settings;
    return this.#pool.candidates({
      baseFee: set ?? (baseFeePerGas === undefined ? 0n : nextBaseFee(head)),
      ...(excessBlobGas === undefined ? {} : { blobBaseFee: blobBaseFee(excessBlobGas, rules) }),
    });
  }
}
