/**
 * Finds transactions of an address, block by block in either direction: through the postings of participants and of logs
 * where there are any, so the work follows the page, and by looking at each block below.
 */
import type { HeaderData, ReceiptData, TransactionData } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import { type Address, type BlockNumber, blockNumberOf } from '../primitives.ts';
import { readParticipantsFloor } from '../store/participants-floor.ts';
import {
  addressPosting,
  participantPosting,
  postingNumber,
  postingRange,
} from '../store/schema.ts';
import type { Tables } from '../store/tables.ts';
import type { AddressSearch, AddressTransactions } from './chain-reader.ts';

/** Blocks one search reads: some 50 microseconds each and more, in which its thread serves nobody else. */
const VISITED_BLOCKS_MAX = 5_000;

export interface AddressSource {
  readonly tables: Pick<Tables, 'getSealed' | 'keys' | 'keysDown'>;
  readonly head: BlockNumber;
  /** From here on blocks are here. */
  readonly lowest: BlockNumber;
  header(number: BlockNumber): HeaderData | undefined;
  transactions(header: HeaderData): readonly TransactionData[];
  receipts(header: HeaderData): readonly ReceiptData[];
}

type Found = AddressTransactions['transactions'][number];

export function searchAddress(source: AddressSource, search: AddressSearch): AddressTransactions {
  const { address, direction, pageSize } = search;
  const transactions: Found[] = [];
  let visited = 0;
  for (const number of candidates(source, search)) {
    visited += 1;
    if (visited > VISITED_BLOCKS_MAX) {
      if (transactions.length > 0) return { transactions, hasMore: true };
      throw new ChainError(
        'too-many-results',
        `the search has looked at ${VISITED_BLOCKS_MAX} blocks up to block ${number} and found nothing; ` +
          'blocks of before this version are not indexed by address',
        { reached: number },
      );
    }
    // A block that a snapshot's return has left can still have postings.
    const header = source.header(number);
    if (header === undefined || header.gasUsed === 0n) continue;
    const here = matchesIn(source, header, address);
    if (here.length === 0) continue;
    if (transactions.length >= pageSize) return { transactions, hasMore: true };
    transactions.push(...(direction === 'older' ? here.reverse() : here));
  }
  return { transactions, hasMore: false };
}

function matchesIn(source: AddressSource, header: HeaderData, address: Address): Found[] {
  const receipts = source.receipts(header);
  return source.transactions(header).flatMap((transaction, index) => {
    const receipt = receipts[index];
    if (receipt === undefined || !takesPart(address, receipt)) return [];
    return [{ header, index, transaction, receipt }];
  });
}

function takesPart(address: Address, { from, to, contractAddress, logs }: ReceiptData): boolean {
  return (
    [from, to, contractAddress].includes(address) || logs.some((log) => log.address === address)
  );
}

/** Numbers of blocks that may have something, in the direction of the search. */
function* candidates(
  { tables, head, lowest }: AddressSource,
  { address, from, direction }: AddressSearch,
): Generator<BlockNumber> {
  const floor = Math.max(lowest, readParticipantsFloor(tables) ?? head + 1);
  if (direction === 'older') {
    const start = Math.min(from, head);
    yield* posted(tables, address, { from: floor, to: start }, direction);
    for (let at = Math.min(start, floor - 1); at >= lowest; at -= 1) yield blockNumberOf(at);
  } else {
    for (let at = Math.max(from, lowest); at < Math.min(floor, head + 1); at += 1) {
      yield blockNumberOf(at);
    }
    yield* posted(tables, address, { from: Math.max(from, floor), to: head }, direction);
  }
}

/** Both kinds of postings, as one. */
function* posted(
  tables: AddressSource['tables'],
  address: Address,
  { from, to }: { readonly from: number; readonly to: number },
  direction: AddressSearch['direction'],
): Generator<BlockNumber> {
  if (from > to) return;
  const cursors = [participantPosting(address), addressPosting(address)].map((prefix) => {
    const range = postingRange(prefix, blockNumberOf(from), blockNumberOf(to));
    const keys =
      direction === 'newer'
        ? tables.keys('postings', range)
        : tables.keysDown('postings', { start: prefix, end: range.end });
    return keys[Symbol.iterator]();
  });
  const step = (cursor: Iterator<Uint8Array>): number | undefined => {
    const next = cursor.next();
    const number = next.done === true ? undefined : postingNumber(next.value);
    return number === undefined || number < from || number > to ? undefined : number;
  };
  try {
    const next = cursors.map(step);
    for (;;) {
      const there = next.filter((number) => number !== undefined);
      if (there.length === 0) return;
      const number = direction === 'newer' ? Math.min(...there) : Math.max(...there);
      yield blockNumberOf(number);
      for (const [index, cursor] of cursors.entries()) {
        if (next[index] === number) next[index] = step(cursor);
      }
    }
  } finally {
    for (const cursor of cursors) cursor.return?.();
  }
}
