/**
 * All records of the head's snapshot, from one consistent view of the store. Cost and memory follow what is asked for:
 * pages of the flat state, which is in the order of the snapshot already.
 */

import { encodeBlock } from '../block/block-codec.ts';
import { encodeHeader } from '../block/header-codec.ts';
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { ChainError, corruptStore } from '../errors.ts';
import type { Hash } from '../primitives.ts';
import { readHead } from '../query/block-selection.ts';
import { decodeAccount } from '../state/account-codec.ts';
import { readCode } from '../state/code-table.ts';
import { encodeReceipts, readBlock, readHeader, readReceipts } from '../store/block-records.ts';
import { readGeneration } from '../store/flat-generation.ts';
import { generationRange, storageRange } from '../store/schema.ts';
import type { Snapshot, Tables } from '../store/tables.ts';
import { CodeWindow } from './code-window.ts';
import { HEADERS, PIECE_BYTES_MAX, WHOLE_BYTES_MAX } from './limits.ts';
import type { SnapshotRecord } from './record.ts';

/** Values read at once. */
const PAGE = 256;

/** Throws `corrupt-store`, and `snapshot-failed` for a block or code beyond what a snapshot can hold. */
export function* stateRecords(tables: Tables, view: Snapshot): Generator<SnapshotRecord> {
  const head = readHead(tables, view);
  let hash: Hash = head.hash;
  for (let count = 0; count < Math.min(HEADERS, head.number + 1); count += 1) {
    const header = readHeader(tables, hash, view);
    if (header === undefined) throw corruptStore(`header ${hash} is missing`);
    yield { kind: 'header', bytes: encodeHeader(header) };
    hash = header.parentHash;
  }
  const block = readBlock(tables, head.hash, view);
  const receipts = readReceipts(tables, head.hash, view);
  if (block === undefined || receipts === undefined) throw corruptStore('the head is missing');
  yield* pieces('block', encodeBlock(block));
  yield* pieces('receipts', encodeReceipts(receipts));
  yield* accounts(tables, view);
}

function* accounts(tables: Tables, view: Snapshot): Generator<SnapshotRecord> {
  const generation = readGeneration(tables, view);
  const codes = new CodeWindow();
  for (const [key, value] of entries(tables, 'accounts', generationRange(generation), view)) {
    const hash = key.subarray(1);
    const { nonce, balance, codeHash, storageRoot } = decodeAccount(value);
    if (codes.enters(codeHash)) yield* pieces('code', readCode(tables, codeHash, view));
    yield { kind: 'account', hash, nonce, balance, codeHash };
    if (storageRoot === EMPTY_TRIE_ROOT) continue;
    const range = storageRange(generation, hash);
    for (const [slotKey, slot] of entries(tables, 'storage', range, view)) {
      yield { kind: 'slot', hash: slotKey.subarray(1 + hash.length), value: slot };
    }
  }
}

/** Page by page: a cursor held open over many turns would be in the way of the store. */
function* entries(
  tables: Tables,
  table: 'accounts' | 'storage',
  range: { readonly start: Uint8Array; readonly end: Uint8Array },
  view: Snapshot,
): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
  let { start } = range;
  for (;;) {
    const page = tables.page(table, { start, end: range.end }, PAGE, view);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    start = Buffer.concat([last[0], Uint8Array.of(0)]);
  }
}

function* pieces(
  kind: 'block' | 'receipts' | 'code',
  bytes: Uint8Array,
): Generator<SnapshotRecord> {
  if (bytes.length > WHOLE_BYTES_MAX) {
    throw new ChainError('snapshot-failed', `a ${kind} of ${bytes.length} bytes is too long`);
  }
  for (let at = 0; at < bytes.length; at += PIECE_BYTES_MAX) {
    yield { kind, bytes: bytes.subarray(at, at + PIECE_BYTES_MAX) };
  }
}
