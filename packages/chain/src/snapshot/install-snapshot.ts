/**
 * Makes a received snapshot the head's state. It is read twice: first everything is proved and nothing written, then
 * it is written where nobody looks (another generation of the flat state, trie nodes that no known root reaches), and
 * one transaction makes it the head. A crash before that leaves the old state, and the chunks to begin again.
 */
import type { HeaderData } from '../block/block-data.ts';
import { encodeHeader } from '../block/header-codec.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { bytesOf, type Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import { encodeAccount } from '../state/account-codec.ts';
import {
  generationAfter,
  readGeneration,
  removeStaleState,
  writeGeneration,
} from '../store/flat-generation.ts';
import { HistoryGaps } from '../store/history-gaps.ts';
import { accountKey, metaKey, numberKey, storageKey, type TableName } from '../store/schema.ts';
import type { Tables, TableWriter } from '../store/tables.ts';
import { type BlockWithReceipts, writeRecords } from '../store/write-block.ts';
import { decodeTransaction } from '../transaction/decode.ts';
import { decodeChunk } from './record.ts';
import { invalidSnapshot } from './snapshot-error.ts';
import type { SnapshotRestore } from './snapshot-restore.ts';
import { type SnapshotBlock, SnapshotState, type StateSink } from './snapshot-state.ts';
import type { TimeSlices } from './time-slices.ts';

/** Bounds of one transaction: it holds the thread while it writes. */
const BATCH_VALUES_MAX = 2_000;
const BATCH_BYTES_MAX = 1_048_576;

export interface InstallRequest {
  readonly restore: SnapshotRestore;
  readonly genesis: Genesis;
  /** The block that is the head now. */
  readonly head: HeaderData;
  /** Stored with the new head. */
  readonly marker: Uint8Array;
  readonly slices: TimeSlices;
}

/** A proved snapshot, whose state is written already: `complete` makes it the head, in the caller's transaction. */
export interface WrittenSnapshot {
  readonly head: HeaderData;
  readonly block: BlockWithReceipts;
  complete(writer: TableWriter): void;
}

/** Throws `ChainError` `invalid-snapshot` with nothing written, or whatever writing threw, with nothing to be seen of it. */
export async function writeSnapshot(
  tables: Tables,
  request: InstallRequest,
): Promise<WrittenSnapshot> {
  const { restore, head, slices, marker } = request;
  const proved = await readSnapshot(request, NOWHERE, async () => undefined);
  restore.requireHead(proved.head);
  if (proved.head.number < head.number) {
    throw invalidSnapshot(`it is of block ${proved.head.number}, below the head`);
  }
  const own = proved.headers.find(({ number }) => number === head.number);
  if (own !== undefined && own.hash !== head.hash) {
    throw invalidSnapshot(`it has another block ${head.number} than this chain`);
  }
  const transactions = await transactionsOf(proved, slices);
  const block = { block: proved.block, raw: proved.raw, transactions };
  while (await removeStaleState(tables, BATCH_VALUES_MAX)) await slices.next();
  const generation = generationAfter(readGeneration(tables));
  const batch = new Batch(tables, generation);
  await readSnapshot(request, batch, () => batch.flushIfFull());
  await batch.flush();
  const gaps = HistoryGaps.read(tables).with(head.number, proved.head.number);
  return {
    head: proved.head,
    block,
    complete: (writer) => {
      for (const header of proved.headers) {
        writer.put('headers', bytesOf(header.hash), encodeHeader(header));
        writer.putSealed('canonical', numberKey(header.number), bytesOf(header.hash));
      }
      writeRecords(writer, block);
      writeGeneration(writer, generation);
      gaps.write(writer);
      writer.putSealed('meta', metaKey('head'), bytesOf(proved.head.hash));
      writer.putSealed('meta', metaKey('marker'), marker);
    },
  };
}

/** Proves it while the sink receives its state. */
async function readSnapshot(
  { restore: { chunks }, genesis, slices }: InstallRequest,
  sink: StateSink,
  afterRecord: () => Promise<void>,
): Promise<SnapshotBlock> {
  const state = new SnapshotState(genesis.header.hash, sink);
  for (const number of chunks.list.chunks.keys()) {
    for (const record of decodeChunk(await chunks.get(number))) {
      state.add(record);
      await afterRecord();
      if (slices.isOver) await slices.next();
    }
  }
  return state.finish();
}

/** The head's transactions with their senders and receipts. */
async function transactionsOf(
  { block, receipts }: SnapshotBlock,
  slices: TimeSlices,
): Promise<BlockWithReceipts['transactions']> {
  const transactions: BlockWithReceipts['transactions'][number][] = [];
  for (const [index, raw] of block.transactions.entries()) {
    const receipt = receipts[index];
    if (receipt === undefined) throw invalidSnapshot(`it has no receipt ${index}`);
    try {
      transactions.push({ signed: decodeTransaction(raw), receipt });
    } catch (error) {
      throw invalidSnapshot(`its transaction ${index} is not valid`, { reason: String(error) });
    }
    if (slices.isOver) await slices.next();
  }
  return transactions;
}

const NOWHERE: StateSink = {
  code: () => undefined,
  node: () => undefined,
  slot: () => undefined,
  account: () => undefined,
};

/** Gathers writes of proved state into transactions of bounded size, in their order. */
class Batch implements StateSink {
  readonly #tables: Tables;
  readonly #generation: number;
  #writes: { table: TableName; key: Uint8Array; value: Uint8Array; isSealed: boolean }[] = [];
  #bytes = 0;

  constructor(tables: Tables, generation: number) {
    this.#tables = tables;
    this.#generation = generation;
  }

  code(hash: Hash, code: Uint8Array): void {
    this.#put('code', bytesOf(hash), code, false);
  }

  node(hash: Uint8Array, bytes: Uint8Array): void {
    this.#put('nodes', hash, bytes, false);
  }

  slot(addressHash: Uint8Array, slotHash: Uint8Array, value: Uint8Array): void {
    this.#put('storage', storageKey(this.#generation, addressHash, slotHash), value, true);
  }

  account(addressHash: Uint8Array, account: AccountData): void {
    const key = accountKey(this.#generation, addressHash);
    this.#put('accounts', key, encodeAccount(account), true);
  }

  async flushIfFull(): Promise<void> {
    if (this.#writes.length >= BATCH_VALUES_MAX || this.#bytes >= BATCH_BYTES_MAX) {
      await this.flush();
    }
  }

  async flush(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    this.#bytes = 0;
    if (writes.length === 0) return;
    await this.#tables.commit((writer) => {
      for (const { table, key, value, isSealed } of writes) {
        if (isSealed) writer.putSealed(table, key, value);
        else writer.put(table, key, value);
      }
    });
  }

  #put(table: TableName, key: Uint8Array, value: Uint8Array, isSealed: boolean): void {
    this.#writes.push({ table, key, value, isSealed });
    this.#bytes += key.length + value.length;
  }
}
