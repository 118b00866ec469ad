/**
 * Blocks as RLP, as on Ethereum's wire and in `chain.rlp` files: `[header, transactions, ommers, withdrawals?]`. A typed
 * transaction is a string (EIP-2718), a legacy one a list.
 */
import { RLP } from '@ethereumjs/rlp';
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes, bytesToBigint } from '../encoding/quantity.ts';
import { type RlpItem, readRlp } from '../encoding/rlp-reader.ts';
import { addressOf, bytesOf, type Hash, hashOf } from '../primitives.ts';
import { NodeReader } from '../trie/node-source.ts';
import { updateTrie } from '../trie/update-trie.ts';
import type { HeaderData, WithdrawalData } from './block-data.ts';
import { headerItems, headerOf } from './header-codec.ts';

/** A block with its transactions still encoded. */
export interface RawBlock {
  readonly header: HeaderData;
  /** EIP-2718 bytes of each. */
  readonly transactions: readonly Uint8Array[];
  /** Only blocks before the merge have any. */
  readonly ommers: readonly HeaderData[];
  /** EIP-4895; absent before Shanghai. */
  readonly withdrawals?: readonly WithdrawalData[];
}

export function encodeBlock(block: RawBlock): Uint8Array {
  const parts: unknown[] = [
    headerItems(block.header),
    block.transactions.map((raw) => (isLegacy(raw) ? RLP.decode(raw) : raw)),
    block.ommers.map((ommer) => headerItems(ommer)),
  ];
  if (block.withdrawals !== undefined) parts.push(block.withdrawals.map(withdrawalItems));
  return RLP.encode(parts as Parameters<typeof RLP.encode>[0]);
}

function isLegacy(raw: Uint8Array): boolean {
  return (raw[0] ?? 0) >= 0xc0;
}

/** Block, transactions, transaction, access list, its entry, the entry's keys. */
const BLOCK_RLP_DEPTH_MAX = 6;

/** Throws `RangeError` or `TypeError` on bytes that are no block. */
export function decodeBlock(bytes: Uint8Array): RawBlock {
  const items = itemsOf(bytes);
  if (!Array.isArray(items) || items.length < 3 || items.length > 4) {
    throw new RangeError('a block is a list of 3 or 4');
  }
  const [header, transactions, ommers, withdrawals]: unknown[] = items;
  const block = {
    header: headerOf(list(header, 'header')),
    transactions: list(transactions, 'transactions').map(transactionBytes),
    ommers: list(ommers, 'ommers').map((ommer) => headerOf(list(ommer, 'ommer'))),
  };
  if (withdrawals === undefined) return block;
  return { ...block, withdrawals: list(withdrawals, 'withdrawals').map(withdrawalOf) };
}

/** With a bound on nesting: a proposer's lists in lists would cost the general library gigabytes. */
function itemsOf(bytes: Uint8Array): RlpItem {
  try {
    return readRlp(bytes, BLOCK_RLP_DEPTH_MAX);
  } catch (error) {
    throw new RangeError(error instanceof Error ? error.message : 'no RLP');
  }
}

function transactionBytes(item: unknown): Uint8Array {
  if (item instanceof Uint8Array) {
    if (item.length === 0 || isLegacy(item)) throw new RangeError('bad typed transaction');
    return item;
  }
  return RLP.encode(list(item, 'transaction') as Parameters<typeof RLP.encode>[0]);
}

function list(item: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(item)) throw new RangeError(`${what}: a list is expected`);
  return item;
}

function withdrawalItems(withdrawal: WithdrawalData): Uint8Array[] {
  return [
    bigintToBytes(withdrawal.index),
    bigintToBytes(withdrawal.validatorIndex),
    bytesOf(withdrawal.address),
    bigintToBytes(withdrawal.amount),
  ];
}

function withdrawalOf(item: unknown): WithdrawalData {
  const [index, validatorIndex, address, amount] = list(item, 'withdrawal').map((field) => {
    if (field instanceof Uint8Array) return field;
    throw new RangeError('a withdrawal field is a list');
  });
  if (!index || !validatorIndex || !address || !amount) {
    throw new RangeError('a withdrawal has 4 fields');
  }
  return {
    index: bytesToBigint(index),
    validatorIndex: bytesToBigint(validatorIndex),
    address: addressOf(address),
    amount: bytesToBigint(amount),
  };
}

/** Root of a trie from index to value: transactions, receipts and withdrawals (Yellow Paper 4.3.2). */
export function orderedRoot(values: readonly Uint8Array[]): Hash {
  const reader = new NodeReader({ getNode: () => undefined });
  const changes = values.map((value, index) => ({ key: RLP.encode(index), value }));
  return updateTrie(reader, EMPTY_TRIE_ROOT, changes, new Map());
}

export function withdrawalsRootOf(withdrawals: readonly WithdrawalData[]): Hash {
  return orderedRoot(withdrawals.map((withdrawal) => RLP.encode(withdrawalItems(withdrawal))));
}

export function ommersHashOf(ommers: readonly HeaderData[]): Hash {
  return hashOf(keccak256(RLP.encode(ommers.map((ommer) => headerItems(ommer)))));
}
