/**
 * Receipts as execution makes them, and their consensus encoding (EIP-2718, EIP-658): what the receipts root commits to.
 */
import { RLP } from '@ethereumjs/rlp';
import { bigintToBytes } from '../encoding/quantity.ts';
import { type Address, bytesOf, type Hash, hashOf } from '../primitives.ts';
import { bloomOfLogs } from './bloom.ts';

/** Without its place; see `LogData`. */
export interface ReceiptLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Uint8Array;
}

/** The part of a receipt that the transaction and the block do not tell. */
export interface StoredReceipt {
  readonly type: number;
  /** EIP-658 status; before Byzantium the state root after the transaction. */
  readonly outcome: 0 | 1 | Hash;
  readonly cumulativeGasUsed: bigint;
  readonly logs: readonly ReceiptLog[];
}

/** The value under the transaction's index in the receipts trie. */
export function encodeReceipt(receipt: StoredReceipt): Uint8Array {
  const { outcome } = receipt;
  const payload = RLP.encode([
    typeof outcome === 'number' ? bigintToBytes(BigInt(outcome)) : bytesOf(outcome),
    bigintToBytes(receipt.cumulativeGasUsed),
    bytesOf(bloomOfLogs(receipt.logs)),
    receipt.logs.map(logItems),
  ]);
  return receipt.type === 0 ? payload : Buffer.concat([Uint8Array.of(receipt.type), payload]);
}

export function logItems(log: ReceiptLog): [Uint8Array, Uint8Array[], Uint8Array] {
  return [bytesOf(log.address), log.topics.map((topic) => bytesOf(topic)), log.data];
}

/** From the EVM's form of a log. */
export function logOf(
  address: Address,
  topics: readonly Uint8Array[],
  data: Uint8Array,
): ReceiptLog {
  return { address, topics: topics.map((topic) => hashOf(topic)), data };
}
