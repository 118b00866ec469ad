/**
 * The filters of `eth_newFilter` and its relatives: polled, one per id, removed when nobody polls them.
 *
 * Block and log filters hold no results, only the next block to look at; each poll reads the chain from there to the
 * head. So history and what is new meet without gap or duplicate, whatever blocks arrive meanwhile, and an idle filter
 * costs nothing. When the chain's head moves back (`evm_revert`), filters look again from the first replaced block.
 * Pending transaction filters have nothing to read back from and share a bounded list of hashes.
 */
import { randomBytes } from 'node:crypto';
import type { BlockNumber, BlockRef, Hash, LogData } from '@praline/chain';
import { logMatches } from '@praline/chain/reading';
import type { RevertedHead, RpcBackend } from '../backend.ts';
import { RPC_ERROR_CODES, RpcError, serverError } from '../errors.ts';
import { formatLog, formatRemovedLog } from '../format/log.ts';
import type { JsonValue } from '../json.ts';
import type { RpcLimits } from '../limits.ts';
import type { LogFilterArguments } from '../parameters/log-filter.ts';
import { findLogs, logsInRange, toNumber } from './log-range.ts';
import { PendingHashes } from './pending-hashes.ts';

/** Who made a filter; counts them. */
export interface FilterOwner {
  filterCount: number;
}

interface FilterBase {
  readonly owner: FilterOwner;
  /** Time of the last poll, ms. */
  usedAt: number;
}

type NewFilter =
  | {
      readonly kind: 'logs';
      readonly wanted: LogFilterArguments;
      /** Never looks below, not even when the head moves back. */
      readonly firstBlock: BlockNumber;
      nextBlock: BlockNumber;
      /** Logs that were told of and are on the chain no more; told with the next poll. */
      removed: readonly LogData[];
    }
  | { readonly kind: 'blocks'; readonly firstBlock: BlockNumber; nextBlock: BlockNumber }
  /** `next`: position in the list of pending hashes. */
  | { readonly kind: 'pending-transactions'; next: number };

type Filter = FilterBase & NewFilter;

export interface FilterModules {
  readonly backend: Pick<RpcBackend, 'reader' | 'events'>;
  /** Any clock that does not jump, ms. */
  readonly now: () => number;
}

export class FilterRegistry {
  readonly #filters = new Map<string, Filter>();
  readonly #pending: PendingHashes;
  readonly #limits: RpcLimits;
  readonly #backend: FilterModules['backend'];
  readonly #now: () => number;
  /** Undefined while there is no filter, so that a node need not read what it would tell. */
  #endEvents: (() => void) | undefined;
  /** The last block event since then, or the head at that time. */
  #lastTold: BlockRef | undefined;

  constructor(limits: RpcLimits, { backend, now }: FilterModules) {
    this.#limits = limits;
    this.#pending = new PendingHashes(limits.filterPendingHashesMax);
    this.#backend = backend;
    this.#now = now;
  }

  get size(): number {
    return this.#filters.size;
  }

  /** Logs from `fromBlock` (from now on, without one) to `toBlock`. Throws `RpcError` beyond the limits, as all do. */
  addLogFilter(wanted: LogFilterArguments, owner: FilterOwner): string {
    const { reader } = this.#backend;
    const head = reader.head().number;
    const { from } = wanted;
    const isNamed = from !== undefined && ('number' in from || from.tag === 'earliest');
    const firstBlock = isNamed ? toNumber(reader, from, head) : reader.genesis.number;
    const nextBlock = isNamed ? firstBlock : ((head + 1) as BlockNumber);
    return this.#add({ kind: 'logs', wanted, firstBlock, nextBlock, removed: [] }, owner);
  }

  addBlockFilter(owner: FilterOwner): string {
    const { reader } = this.#backend;
    const nextBlock = (reader.head().number + 1) as BlockNumber;
    return this.#add({ kind: 'blocks', firstBlock: reader.genesis.number, nextBlock }, owner);
  }

  addPendingTransactionFilter(owner: FilterOwner): string {
    return this.#add({ kind: 'pending-transactions', next: this.#pending.end }, owner);
  }

  /** What happened since the last poll. Throws `filter not found`. */
  changes(id: string): JsonValue {
    const filter = this.#use(id);
    switch (filter.kind) {
      case 'logs':
        return this.#logChanges(filter);
      case 'blocks':
        return this.#blockChanges(filter);
      case 'pending-transactions': {
        const hashes = this.#pending.from(filter.next);
        // Removed rather than cut short: a client that is told can ask again, one that misses hashes can not know.
        if (hashes === undefined) {
          this.remove(id);
          throw filterNotFound();
        }
        filter.next = this.#pending.end;
        return hashes;
      }
    }
  }

  /** All logs of a log filter, polled before or not. Throws `filter not found` for other kinds too, as geth does. */
  logs(id: string): JsonValue {
    const filter = this.#use(id);
    if (filter.kind !== 'logs') throw filterNotFound();
    return findLogs(this.#backend.reader, filter.wanted, this.#limits.resultsMax).map(formatLog);
  }

  /** Whether there was such a filter. */
  remove(id: string): boolean {
    const filter = this.#filters.get(id);
    if (filter === undefined) return false;
    filter.owner.filterCount--;
    this.#filters.delete(id);
    if (this.#filters.size === 0) this.#stopListening();
    return true;
  }

  close(): void {
    this.#stopListening();
    this.#filters.clear();
  }

  #add(filter: NewFilter, owner: FilterOwner): string {
    this.#removeIdle();
    const { filtersMax, filtersPerConnectionMax } = this.#limits;
    if (this.#filters.size >= filtersMax || owner.filterCount >= filtersPerConnectionMax) {
      throw new RpcError(
        RPC_ERROR_CODES.limitExceeded,
        'too many filters, remove some with eth_uninstallFilter',
      );
    }
    const id = `0x${randomBytes(FILTER_ID_BYTES).toString('hex')}`;
    owner.filterCount++;
    this.#listen();
    this.#filters.set(id, { ...filter, owner, usedAt: this.#now() });
    return id;
  }

  #use(id: string): Filter {
    this.#removeIdle();
    const filter = this.#filters.get(id);
    if (filter === undefined) throw filterNotFound();
    filter.usedAt = this.#now();
    return filter;
  }

  #removeIdle(): void {
    const oldest = this.#now() - this.#limits.filterIdleMs;
    for (const [id, filter] of this.#filters) if (filter.usedAt < oldest) this.remove(id);
  }

  #listen(): void {
    if (this.#endEvents !== undefined) return;
    const { events, reader } = this.#backend;
    const { number, hash } = reader.head();
    this.#lastTold = { number, hash };
    const endBlocks = events.onBlock(({ block }) => this.#onBlock(block.header));
    const endReverts = events.onRevert((event) => this.#onRevert(event));
    const endTransactions = events.onPendingTransaction((transaction) =>
      this.#pending.add(transaction.hash),
    );
    this.#endEvents = () => {
      endBlocks();
      endReverts();
      endTransactions();
    };
  }

  #stopListening(): void {
    this.#endEvents?.();
    this.#endEvents = undefined;
    this.#pending.clear();
  }

  /**
   * Blocks are told in order, so one that does not rise above the last replaces it, and the head had moved back; unless
   * the last is still on the chain, and this one is told late. Told may be later than readable, so what filters have
   * shown already says nothing.
   */
  #onBlock({ number, hash }: BlockRef): void {
    this.#removeIdle();
    const last = this.#lastTold;
    if (last !== undefined && number <= last.number) {
      if (this.#backend.reader.header({ number: last.number })?.hash === last.hash) return;
      for (const filter of this.#filters.values()) {
        if (filter.kind === 'pending-transactions' || filter.nextBlock <= number) continue;
        filter.nextBlock = Math.max(number, filter.firstBlock) as BlockNumber;
      }
    }
    this.#lastTold = { number, hash };
  }

  /** Tells of all that is gone, and looks again from the first block that can be replaced. */
  #onRevert({ head, logs }: RevertedHead): void {
    const next = (head.number + 1) as BlockNumber;
    for (const filter of this.#filters.values()) {
      if (filter.kind === 'pending-transactions' || filter.nextBlock <= next) continue;
      if (filter.kind === 'logs') {
        const { firstBlock, nextBlock, wanted } = filter;
        const gone = logs.filter(
          (log) =>
            log.blockNumber >= firstBlock && log.blockNumber < nextBlock && logMatches(log, wanted),
        );
        filter.removed = [...filter.removed, ...gone].slice(-this.#limits.resultsMax);
      }
      filter.nextBlock = Math.max(next, filter.firstBlock) as BlockNumber;
    }
    this.#lastTold = { number: head.number, hash: head.hash };
  }

  #logChanges(filter: Filter & { kind: 'logs' }): JsonValue {
    const { reader } = this.#backend;
    const head = reader.head().number;
    const { to: last } = filter.wanted;
    const bounded = last !== undefined && 'number' in last ? Math.min(last.number, head) : head;
    let to = bounded as BlockNumber;
    for (;;) {
      try {
        const found = logsInRange(
          reader,
          filter.wanted,
          { from: filter.nextBlock, to },
          this.#limits.resultsMax,
        );
        if (to >= filter.nextBlock) filter.nextBlock = (to + 1) as BlockNumber;
        const removed = filter.removed.map(formatRemovedLog);
        filter.removed = [];
        return [...removed, ...found.map(formatLog)];
      } catch (thrown) {
        // Too many for one answer: the nearer half now, the rest with the next poll.
        if (!isTooManyResults(thrown) || to <= filter.nextBlock) throw thrown;
        to = Math.floor((filter.nextBlock + to) / 2) as BlockNumber;
      }
    }
  }

  #blockChanges(filter: Filter & { kind: 'blocks' }): JsonValue {
    const { reader } = this.#backend;
    const hashes: Hash[] = [];
    while (hashes.length < this.#limits.resultsMax) {
      const header = reader.header({ number: filter.nextBlock });
      if (header === undefined) {
        const head = reader.head().number;
        // A node that has taken a snapshot can not tell of the blocks it has skipped, and must not pass over them silently.
        if (head >= filter.nextBlock) reader.requireHistory(filter.nextBlock, head);
        break;
      }
      hashes.push(header.hash);
      filter.nextBlock = (filter.nextBlock + 1) as BlockNumber;
    }
    return hashes;
  }
}

/** Unguessable, so that one client can not read or remove another's filter. */
const FILTER_ID_BYTES = 16;

function filterNotFound(): RpcError {
  return serverError('filter not found');
}

function isTooManyResults(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'too-many-results';
}
