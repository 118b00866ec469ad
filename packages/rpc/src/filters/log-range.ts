/** Where a log filter looks: its blocks as numbers, checked against the head as geth does. */
import type { BlockNumber, ChainReader, LogData } from '@praline/chain';
import { invalidParams, serverError } from '../errors.ts';
import type { BlockTagOrNumber } from '../parameters/block-selector.ts';
import type { LogCriteria, LogFilterArguments } from '../parameters/log-filter.ts';

export interface BlockRange {
  readonly from: BlockNumber;
  /** Inclusive; below `from` when there is nothing. */
  readonly to: BlockNumber;
}

/** All logs a client's filter names, in order. Throws `RpcError`, or `too-many-results` of the chain. */
export function findLogs(
  reader: ChainReader,
  filter: LogFilterArguments,
  resultsMax: number,
): readonly LogData[] {
  return logsInRange(reader, filter, rangeOf(reader, filter), resultsMax);
}

export function logsInRange(
  reader: ChainReader,
  { addresses, topics }: LogCriteria,
  { from, to }: BlockRange,
  resultsMax: number,
): readonly LogData[] {
  if (from > to) return [];
  return reader.logs({ from, to, addresses, topics, maxResults: resultsMax });
}

function rangeOf(reader: ChainReader, filter: LogFilterArguments): BlockRange {
  if (filter.blockHash !== undefined) {
    const header = reader.header({ hash: filter.blockHash });
    // A block that a revert took off the chain may still be known by its hash; its logs are gone.
    const canonical = header === undefined ? undefined : reader.header({ number: header.number });
    if (header === undefined || canonical?.hash !== header.hash) throw serverError('unknown block');
    return { from: header.number, to: header.number };
  }
  const head = reader.head().number;
  const from = toNumber(reader, filter.from, head);
  const to = toNumber(reader, filter.to, head);
  if (namesNumber(filter.to) && to > head) {
    throw invalidParams('block range extends beyond current head block');
  }
  if (namesNumber(filter.from) && namesNumber(filter.to) && from > to) {
    throw invalidParams('invalid block range params');
  }
  return { from, to };
}

function namesNumber(block: BlockTagOrNumber | undefined): boolean {
  return block !== undefined && 'number' in block;
}

/** Absent means the head, as in geth. */
export function toNumber(
  reader: ChainReader,
  block: BlockTagOrNumber | undefined,
  head: BlockNumber,
): BlockNumber {
  if (block === undefined) return head;
  if ('number' in block) return block.number;
  return block.tag === 'earliest' ? reader.genesis.number : head;
}
