/**
 * How bodies and receipts are stored, and reads of blocks by hash or number. Senders are kept with the body, so that
 * showing a block costs no signature recovery.
 */
import { RLP } from '@ethereumjs/rlp';
import { decodeBlock, type RawBlock } from '../block/block-codec.ts';
import type { HeaderData } from '../block/block-data.ts';
import { decodeHeader } from '../block/header-codec.ts';
import { logItems, logOf, type StoredReceipt } from '../block/receipt-codec.ts';
import { bigintToBytes, bytesToBigint, bytesToNumber } from '../encoding/quantity.ts';
import { readRlp } from '../encoding/rlp-reader.ts';
import { corruptStore } from '../errors.ts';
import {
  type Address,
  addressOf,
  type BlockNumber,
  blockNumberOf,
  bytesOf,
  type Hash,
  hashOf,
} from '../primitives.ts';
import { numberKey } from './schema.ts';
import type { Snapshot, Tables } from './tables.ts';

/** A block as stored, with the recovered sender of each transaction. */
export interface StoredBlock extends RawBlock {
  readonly senders: readonly Address[];
  /** Length of the block's RLP in bytes. */
  readonly size: number;
}

/** Where a transaction is. */
export interface TransactionPlace {
  readonly number: BlockNumber;
  readonly index: number;
}

const ADDRESS_BYTES = 20;

/** `[block RLP, senders]`. */
export function encodeBody(raw: Uint8Array, senders: readonly Address[]): Uint8Array {
  return RLP.encode([raw, Buffer.concat(senders.map((one) => bytesOf(one)))]);
}

export function encodeReceipts(receipts: readonly StoredReceipt[]): Uint8Array {
  return RLP.encode(
    receipts.map((receipt) => [
      bigintToBytes(BigInt(receipt.type)),
      typeof receipt.outcome === 'number'
        ? bigintToBytes(BigInt(receipt.outcome))
        : bytesOf(receipt.outcome),
      bigintToBytes(receipt.cumulativeGasUsed),
      receipt.logs.map(logItems),
    ]),
  );
}

export function encodePlace(place: TransactionPlace): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(BigInt(place.number));
  bytes.writeUInt32BE(place.index, 8);
  return bytes;
}

/** Undefined when there is no such block. Throws `corrupt-store`. */
export function readHeader(
  tables: Tables,
  hash: Hash,
  snapshot?: Snapshot,
): HeaderData | undefined {
  const bytes = tables.get('headers', bytesOf(hash), snapshot);
  if (bytes === undefined) return undefined;
  const header = decodeStored('header', hash, () => decodeHeader(bytes));
  if (header.hash !== hash) throw corruptStore(`header ${hash} does not match its hash`);
  return header;
}

/** Hash of the committed block at this height. */
export function readCanonical(
  tables: Tables,
  number: BlockNumber,
  snapshot?: Snapshot,
): Hash | undefined {
  const bytes = tables.getSealed('canonical', numberKey(number), snapshot);
  return bytes === undefined ? undefined : hashOf(bytes);
}

/** Undefined when there is no such block. Throws `corrupt-store`. */
export function readBlock(
  tables: Tables,
  hash: Hash,
  snapshot?: Snapshot,
): StoredBlock | undefined {
  const bytes = tables.getSealed('bodies', bytesOf(hash), snapshot);
  if (bytes === undefined) return undefined;
  return decodeStored('body', hash, () => {
    const [raw, senders] = RLP.decode(bytes);
    if (!(raw instanceof Uint8Array) || !(senders instanceof Uint8Array)) throw new RangeError();
    const block = decodeBlock(raw);
    return {
      ...block,
      size: raw.length,
      senders: block.transactions.map((_, index) =>
        addressOf(senders.subarray(index * ADDRESS_BYTES, (index + 1) * ADDRESS_BYTES)),
      ),
    };
  });
}

/** Undefined when there is no such block. Throws `corrupt-store`. */
export function readReceipts(
  tables: Tables,
  hash: Hash,
  snapshot?: Snapshot,
): readonly StoredReceipt[] | undefined {
  const bytes = tables.getSealed('receipts', bytesOf(hash), snapshot);
  if (bytes === undefined) return undefined;
  return decodeStored('receipts', hash, () => decodeReceipts(bytes));
}

/** Receipts, receipt, logs, log, topics. */
const RECEIPTS_RLP_DEPTH = 5;

/** Throws `RangeError`, `TypeError` or `ChainError` on anything but what `encodeReceipts` writes. */
export function decodeReceipts(bytes: Uint8Array): readonly StoredReceipt[] {
  const items: unknown = readRlp(bytes, RECEIPTS_RLP_DEPTH);
  return asList(items).map(receiptOf);
}

/** Place of a committed transaction. Throws `corrupt-store`. */
export function readPlace(
  tables: Tables,
  hash: Hash,
  snapshot?: Snapshot,
): TransactionPlace | undefined {
  const bytes = tables.getSealed('transactions', bytesOf(hash), snapshot);
  if (bytes === undefined) {
    tables.requireAbsent('transactions', bytesOf(hash));
    return undefined;
  }
  const view = Buffer.from(bytes);
  return { number: blockNumberOf(view.readBigUInt64BE()), index: view.readUInt32BE(8) };
}

function receiptOf(item: unknown): StoredReceipt {
  const [type, outcome, gas, logs] = asList(item);
  const result = asBytes(outcome);
  return {
    type: bytesToNumber(asBytes(type)),
    outcome: result.length === 32 ? hashOf(result) : result.length === 0 ? 0 : 1,
    cumulativeGasUsed: bytesToBigint(asBytes(gas)),
    logs: asList(logs).map((log) => {
      const [address, topics, data] = asList(log);
      return logOf(addressOf(asBytes(address)), asList(topics).map(asBytes), asBytes(data));
    }),
  };
}

function asBytes(item: unknown): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw new RangeError('bytes expected');
}

function asList(item: unknown): readonly unknown[] {
  if (Array.isArray(item)) return item;
  throw new RangeError('a list expected');
}

function decodeStored<Value>(what: string, hash: Hash, decode: () => Value): Value {
  try {
    return decode();
  } catch (error) {
    throw corruptStore(`the ${what} of block ${hash} can not be decoded`, {
      reason: String(error),
    });
  }
}
