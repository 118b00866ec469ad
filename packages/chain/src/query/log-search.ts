/**
 * Finds logs through the postings: for each address and topic the numbers of the blocks that have such a log. Only
 * blocks in the postings of every part of the filter are read, so the work follows the matches, not the chain's
 * length. A filter without address and topic looks at the headers of its range.
 */

import type { HeaderData, LogData, ReceiptData } from '../block/block-data.ts';
import { bloomMayHold, EMPTY_BLOOM } from '../block/bloom.ts';
import { ChainError } from '../errors.ts';
import { type BlockNumber, blockNumberOf } from '../primitives.ts';
import { addressPosting, topicPosting } from '../store/schema.ts';
import type { Tables } from '../store/tables.ts';
import type { LogFilter } from './chain-reader.ts';
import { PostingUnion } from './posting-union.ts';

/** Blocks one search looks at, matching or not: tens of microseconds each, in which its thread serves nobody else. */
const VISITED_BLOCKS_MAX = 10_000;
/** Alternatives of one filter: addresses and topics of all positions together. */
const FILTER_TERMS_MAX = 1_000;
/** Topics a log can have. */
const TOPICS_MAX = 4;

export interface LogSource {
  readonly tables: Tables;
  header(number: BlockNumber): HeaderData | undefined;
  receipts(header: HeaderData): readonly ReceiptData[];
}

/**
 * In chain order. Throws `ChainError`: `too-many-results` beyond `filter.maxResults`, `invalid-request` for a filter
 * or a range beyond the bounds above.
 */
export function searchLogs(source: LogSource, filter: LogFilter): readonly LogData[] {
  const terms = filter.topics.reduce(
    (sum, topics) => sum + (topics?.length ?? 0),
    filter.addresses.length,
  );
  if (terms > FILTER_TERMS_MAX) {
    throw new ChainError('invalid-request', `exceed max addresses or topics: ${FILTER_TERMS_MAX}`);
  }
  if (filter.topics.length > TOPICS_MAX) {
    throw new ChainError('invalid-request', 'exceed max topics');
  }
  const found: LogData[] = [];
  let visited = 0;
  for (const number of candidateBlocks(source, filter)) {
    visited += 1;
    if (visited > VISITED_BLOCKS_MAX) {
      throw new ChainError(
        'too-many-results',
        `the filter fits more than ${VISITED_BLOCKS_MAX} blocks; ask for fewer blocks`,
        { reached: number },
      );
    }
    const header = source.header(number);
    // A block that a snapshot's return has left can still have postings above the head.
    if (header === undefined || !mayMatch(header, filter)) continue;
    for (const receipt of source.receipts(header)) {
      for (const log of receipt.logs) {
        if (!matches(log, filter)) continue;
        if (found.length >= filter.maxResults) {
          throw new ChainError(
            'too-many-results',
            `query returned more than ${filter.maxResults} results; ask for fewer blocks`,
            { maxResults: filter.maxResults, reached: number },
          );
        }
        found.push(log);
      }
    }
  }
  return found;
}

/** Is it what the filter asks for, apart from the range? */
export function matches(
  log: Pick<LogData, 'address' | 'topics'>,
  filter: Pick<LogFilter, 'addresses' | 'topics'>,
): boolean {
  if (filter.addresses.length > 0 && !filter.addresses.includes(log.address)) return false;
  if (filter.topics.length > log.topics.length) return false;
  return filter.topics.every((wanted, position) => {
    const topic = log.topics[position];
    if (wanted === null || wanted.length === 0) return true;
    return topic !== undefined && wanted.includes(topic);
  });
}

/** By the block's bloom: receipts are read only where it does not say no. */
function mayMatch({ logsBloom }: HeaderData, filter: LogFilter): boolean {
  if (logsBloom === EMPTY_BLOOM) return false;
  const anyOf = (values: readonly Parameters<typeof bloomMayHold>[1][] | null) =>
    values === null ||
    values.length === 0 ||
    values.some((value) => bloomMayHold(logsBloom, value));
  return anyOf(filter.addresses) && filter.topics.every(anyOf);
}

function* candidateBlocks(source: LogSource, filter: LogFilter): Generator<BlockNumber> {
  const lists: PostingUnion[] = [];
  const add = (prefixes: readonly Uint8Array[]) =>
    lists.push(new PostingUnion(source.tables, prefixes, filter.from, filter.to));
  if (filter.addresses.length > 0) add(filter.addresses.map(addressPosting));
  for (const [position, topics] of filter.topics.entries()) {
    if (topics === null || topics.length === 0) continue;
    add(topics.map((topic) => topicPosting(position, topic)));
  }
  try {
    let number: number = filter.from;
    while (number <= filter.to) {
      const next = commonFrom(lists, number);
      if (next === undefined) return;
      yield blockNumberOf(next);
      number = next + 1;
    }
  } finally {
    for (const list of lists) list.close();
  }
}

/** The first number from `start` on that is in all lists; each list skips to where the others are. */
function commonFrom(lists: readonly PostingUnion[], start: number): number | undefined {
  let candidate = start;
  let agreed = 0;
  while (agreed < lists.length) {
    agreed = 0;
    for (const list of lists) {
      const next = list.from(candidate);
      if (next === undefined) return undefined;
      if (next > candidate) break;
      agreed += 1;
    }
    if (agreed < lists.length) candidate = lists[agreed]?.from(candidate) ?? candidate + 1;
  }
  return candidate;
}
