/**
 * Notices a leader that leaves transactions out, in a network where leaders may be malicious. Rule *progress*: a complaint is only
 * for a transaction that this node itself sent to the leader, that could have been mined in each of several blocks which had
 * room for it, or while the leader made no block at all.
 *
 * A complaint alone does nothing: a quorum of validators has to have reasons of its own.
 */
import type { HeaderData, PooledTransaction } from '@praline/chain';

/** Transactions watched at a time: the ones that pay best, each the next of its sender. */
const WATCHED_MAX = 32;
/** Blocks that may pass a transaction over before the leader is sent it by this node. */
const BLOCKS_BEFORE_OFFER = 2;
/** Blocks that may pass it over after that. */
const BLOCKS_BEFORE_COMPLAINT = 8;
/** Milliseconds without any block before the leader is sent it, and again before the complaint; block time comes on top. */
const STALL_MS = 3_000;

interface Watched {
  readonly transaction: PooledTransaction;
  readonly since: number;
  /** Blocks with room for it that did not take it: all, and those since the leader was sent it. */
  passed: number;
  offer: { readonly at: number; passed: number } | null;
}

export interface CensorshipWatchModules {
  /** The next transaction of each sender that could be mined on the head, best first. */
  readonly candidates: () => Iterable<PooledTransaction>;
  /** Sends the transaction to the leader. */
  readonly offer: (transaction: PooledTransaction) => void;
  /** Whether execution on the head accepts it; one that it refuses leaves the pool. */
  readonly isMineable: (transaction: PooledTransaction) => Promise<boolean>;
  /** Tells consensus whether there is a reason to complain. */
  readonly complain: (active: boolean) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class CensorshipWatch {
  readonly #modules: CensorshipWatchModules;
  readonly #stallMs: number;
  readonly #watched = new Map<string, Watched>();
  /** Whether another node leads; nothing is watched without. */
  #isLed = false;
  #lastBlockAt = 0;
  /** The transaction complained about. */
  #reason: string | null = null;
  #checking = false;

  constructor(options: { readonly blockTimeMs: number }, modules: CensorshipWatchModules) {
    this.#modules = modules;
    this.#stallMs = STALL_MS + 2 * options.blockTimeMs;
  }

  /** A leader was heard in a new term, or again: every leader starts with a clean sheet. */
  leaderChanged({ isAnother }: { readonly isAnother: boolean }): void {
    this.#watched.clear();
    this.#isLed = isAnother;
    this.#lastBlockAt = this.#modules.now();
    // Consensus drops a complaint by itself when the term changes.
    this.#reason = null;
  }

  /** A block of the present leader is committed; the pool follows it already. */
  blockCommitted(header: Pick<HeaderData, 'gasLimit' | 'gasUsed'>): void {
    if (!this.#isLed) {
      return;
    }
    const room = header.gasLimit - header.gasUsed;
    const waiting = this.#nextOfSenders();
    for (const [hash, watched] of this.#watched) {
      if (!waiting.has(hash)) {
        this.#watched.delete(hash);
      } else if (watched.transaction.data.gasLimit <= room) {
        watched.passed += 1;
        if (watched.offer !== null) {
          watched.offer.passed += 1;
        }
      }
    }
    this.#lastBlockAt = this.#modules.now();
    this.#review(waiting);
  }

  /** Called now and then. */
  tick(): void {
    if (this.#isLed) {
      this.#review(this.#nextOfSenders());
    }
  }

  #nextOfSenders(): Map<string, PooledTransaction> {
    const next = new Map<string, PooledTransaction>();
    for (const transaction of this.#modules.candidates()) {
      next.set(transaction.data.hash, transaction);
      if (next.size === WATCHED_MAX) break;
    }
    return next;
  }

  #review(waiting: ReadonlyMap<string, PooledTransaction>): void {
    const now = this.#modules.now();
    for (const [hash, transaction] of waiting) {
      if (this.#watched.size < WATCHED_MAX && !this.#watched.has(hash)) {
        this.#watched.set(hash, { transaction, since: now, passed: 0, offer: null });
      }
    }
    for (const [hash, watched] of this.#watched) {
      if (!waiting.has(hash)) {
        this.#watched.delete(hash);
      } else if (watched.offer === null) {
        this.#considerOffer(watched, now);
      } else if (this.#isOverdue(watched.offer, now)) {
        void this.#considerComplaint(watched);
      }
    }
    if (this.#reason !== null && !this.#watched.has(this.#reason)) {
      this.#reason = null;
      this.#modules.complain(false);
    }
  }

  #considerOffer(watched: Watched, now: number): void {
    const hasStalled = now - Math.max(watched.since, this.#lastBlockAt) >= this.#stallMs;
    if (watched.passed >= BLOCKS_BEFORE_OFFER || hasStalled) {
      watched.offer = { at: now, passed: 0 };
      this.#modules.offer(watched.transaction);
    }
  }

  #isOverdue(offer: { readonly at: number; readonly passed: number }, now: number): boolean {
    const hasStalled = now - Math.max(offer.at, this.#lastBlockAt) >= this.#stallMs;
    return offer.passed >= BLOCKS_BEFORE_COMPLAINT || hasStalled;
  }

  async #considerComplaint(watched: Watched): Promise<void> {
    const { hash } = watched.transaction.data;
    if (this.#reason !== null || this.#checking) {
      return;
    }
    this.#checking = true;
    try {
      const isMineable = await this.#modules.isMineable(watched.transaction);
      if (isMineable && this.#watched.get(hash) === watched && this.#reason === null) {
        this.#reason = hash;
        this.#modules.complain(true);
      }
    } finally {
      this.#checking = false;
    }
  }
}
