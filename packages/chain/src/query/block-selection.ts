/** What a client's way of naming a block means on this chain. */
import type { HeaderData } from '../block/block-data.ts';
import { ChainError, corruptStore } from '../errors.ts';
import { type BlockNumber, type Hash, hashOf } from '../primitives.ts';
import { readCanonical, readHeader } from '../store/block-records.ts';
import { HistoryGaps } from '../store/history-gaps.ts';
import { metaKey } from '../store/schema.ts';
import type { Snapshot, Tables } from '../store/tables.ts';
import type { BlockSelector } from './chain-reader.ts';

/** The last committed block. Throws `corrupt-store` when the chain has none. */
export function readHead(tables: Tables, snapshot?: Snapshot): HeaderData {
  const hash = readHeadHash(tables, snapshot);
  const header = readHeader(tables, hash, snapshot);
  if (header === undefined) throw new ChainError('corrupt-store', `head ${hash} has no header`);
  return header;
}

export function readHeadHash(tables: Tables, snapshot?: Snapshot): Hash {
  const bytes = tables.getSealed('meta', metaKey('head'), snapshot);
  if (bytes === undefined) throw new ChainError('corrupt-store', 'the chain has no head');
  return hashOf(bytes);
}

export function isPending(block: BlockSelector): boolean {
  return 'tag' in block && block.tag === 'pending';
}

/** Undefined when there is no such block. Blocks are final when committed, so all tags but `earliest` are the head. */
export function selectHeader(
  tables: Tables,
  genesis: Hash,
  block: BlockSelector,
): HeaderData | undefined {
  if ('tag' in block) {
    return block.tag === 'earliest' ? readHeader(tables, genesis) : readHead(tables);
  }
  if ('number' in block) {
    const hash = readCanonical(tables, block.number);
    const header = hash === undefined ? undefined : readHeader(tables, hash);
    if (header === undefined) requireAbove(tables, block.number);
    return header;
  }
  // A hash that is not in the canonical chain is of a block that a snapshot's return has left: it is no block any more.
  const header = readHeader(tables, block.hash);
  if (header === undefined) return header;
  return readCanonical(tables, header.number) === header.hash ? header : undefined;
}

/** A block that is not here must be above the head or in a gap. Throws `corrupt-store`. */
function requireAbove(tables: Tables, number: BlockNumber): void {
  if (number > readHead(tables).number || HistoryGaps.read(tables).has(number)) return;
  throw corruptStore(`block ${number} is missing`);
}

/** As `selectHeader`. Throws `unknown-block` in geth's words, or `history-unavailable`. */
export function requireHeader(tables: Tables, genesis: Hash, block: BlockSelector): HeaderData {
  const header = selectHeader(tables, genesis, block);
  if (header === undefined && 'number' in block) {
    HistoryGaps.read(tables).require(block.number, block.number);
  }
  if (header === undefined) throw new ChainError('unknown-block', 'header not found');
  return header;
}
