/**
 * Bytes of a signed transaction to data. One pass over RLP and one signature recovery; a transaction object of
 * `@ethereumjs/tx` costs more than both, and only execution needs it (see executable.ts).
 */

import type { TransactionData } from '../block/block-data.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { type RlpItem, readRlp } from '../encoding/rlp-reader.ts';
import { ChainError } from '../errors.ts';
import { type Address, hashOf, hexOf } from '../primitives.ts';
import {
  accessListOf,
  amountOf,
  authorizationListOf,
  bytesOfItem,
  hashesOf,
  listOf,
  longOf,
  recipientOf,
  requiredRecipientOf,
  wordOf,
} from './fields.ts';
import {
  addressOfPublicKey,
  CURVE_ORDER_HALF,
  type SignatureScheme,
  signatureScheme,
} from './signature.ts';
import type { SignedTransaction } from './signed-transaction.ts';
import { signingDigest } from './signing-digest.ts';

/** Largest transaction in bytes (geth's `txMaxSize`). */
export const TRANSACTION_BYTES_MAX = 128 * 1024;
/** Largest blob transaction in bytes (geth's blob pool). */
export const BLOB_TRANSACTION_BYTES_MAX = 1024 * 1024;
/** Transaction, access list, its entry, the entry's keys. */
export const TRANSACTION_RLP_DEPTH_MAX = 4;

/** Number of fields by EIP-2718 type. */
const FIELD_COUNTS = [9, 11, 12, 14, 13] as const;

type UnsignedFields = Omit<TransactionData, 'hash' | 'from' | 'v' | 'r' | 's'>;

type TransactionType = 0 | 1 | 2 | 3 | 4;

/**
 * Decodes and recovers the sender. Throws `ChainError` with `invalid-transaction`, `oversized-transaction`,
 * `transaction-type-not-supported` or `invalid-sender`.
 */
export function decodeTransaction(
  raw: Uint8Array,
  scheme: SignatureScheme = signatureScheme,
): SignedTransaction {
  const { type, items } = itemsOf(raw);
  const signature = signatureOf(type, items);
  const digest = signingDigest(raw, items, signature.protectedFor);
  const { r, s, yParity } = signature;
  const senderPublicKey =
    s > CURVE_ORDER_HALF
      ? undefined
      : scheme.recover(digest, { compact: compactOf(r, s), yParity });
  if (senderPublicKey === undefined) throw invalidSignature();
  const from = addressOfPublicKey(senderPublicKey);
  return { raw, senderPublicKey, data: dataOf(raw, type, items, signature, from) };
}

/** A transaction that was decoded before, with the sender found then: no recovery. Throws as `decodeTransaction`. */
export function decodeKnownTransaction(raw: Uint8Array, from: Address): TransactionData {
  const { type, items } = itemsOf(raw);
  return dataOf(raw, type, items, signatureOf(type, items), from);
}

function itemsOf(raw: Uint8Array): { type: TransactionType; items: readonly RlpItem[] } {
  const type = typeOf(raw);
  const limit = type === 3 ? BLOB_TRANSACTION_BYTES_MAX : TRANSACTION_BYTES_MAX;
  if (raw.length > limit) {
    throw new ChainError(
      'oversized-transaction',
      `oversized data: transaction size ${raw.length}, limit ${limit}`,
    );
  }
  const payload = type === 0 ? raw : raw.subarray(1);
  const items = listOf(readRlp(payload, TRANSACTION_RLP_DEPTH_MAX), 'transaction');
  if (items.length !== FIELD_COUNTS[type]) {
    throw new ChainError(
      'invalid-transaction',
      `invalid transaction: ${items.length} fields, type ${type} has ${FIELD_COUNTS[type]}`,
    );
  }
  return { type, items };
}

interface SignatureFields {
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
  readonly yParity: 0 | 1;
  /** Chain id of a legacy transaction with replay protection. */
  readonly protectedFor: bigint | undefined;
}

function signatureOf(type: TransactionType, items: readonly RlpItem[]): SignatureFields {
  const v = wordOf(items.at(-3), 'signature');
  const r = wordOf(items.at(-2), 'signature');
  const s = wordOf(items.at(-1), 'signature');
  return { v, r, s, ...parityOf(type, v) };
}

function dataOf(
  raw: Uint8Array,
  type: TransactionType,
  items: readonly RlpItem[],
  { v, r, s, protectedFor }: SignatureFields,
  from: Address,
): TransactionData {
  const chainId = type === 0 ? protectedFor : wordOf(items[0], 'chain id');
  return {
    hash: hashOf(keccak256(raw)),
    from,
    ...decodeFields(type, items),
    ...(chainId === undefined ? {} : { chainId }),
    v,
    r,
    s,
  };
}

function typeOf(raw: Uint8Array): TransactionType {
  const first = raw[0];
  if (first === undefined) {
    throw new ChainError('invalid-transaction', 'invalid transaction: no bytes');
  }
  if (first >= 0xc0) return 0;
  if (first === 1 || first === 2 || first === 3 || first === 4) return first;
  if (first < 0x80) {
    throw new ChainError('transaction-type-not-supported', 'transaction type not supported', {
      type: first,
    });
  }
  throw new ChainError('invalid-transaction', 'rlp: expected a list for the transaction');
}

function decodeFields(type: TransactionType, items: readonly RlpItem[]): UnsignedFields {
  if (type === 0) {
    return {
      type,
      nonce: longOf(items[0], 'nonce'),
      gasPrice: amountOf(items[1], 'gas price'),
      ...callFields(items, 2),
    };
  }
  if (type === 1) {
    return {
      type,
      nonce: longOf(items[1], 'nonce'),
      gasPrice: amountOf(items[2], 'gas price'),
      ...callFields(items, 3),
      accessList: accessListOf(items[7]),
    };
  }
  const common = {
    type,
    nonce: longOf(items[1], 'nonce'),
    maxPriorityFeePerGas: amountOf(items[2], 'priority fee'),
    maxFeePerGas: amountOf(items[3], 'fee cap'),
    ...callFields(items, 4),
    accessList: accessListOf(items[8]),
  };
  if (type === 2) return common;
  requiredRecipientOf(items[5], 'recipient');
  if (type === 4) return { ...common, authorizationList: authorizationListOf(items[9]) };
  return {
    ...common,
    maxFeePerBlobGas: amountOf(items[9], 'blob fee cap'),
    blobVersionedHashes: hashesOf(items[10], 'blob hashes'),
  };
}

/** Gas limit, recipient, value and data follow each other in every type. */
function callFields(items: readonly RlpItem[], at: number) {
  return {
    gasLimit: longOf(items[at], 'gas limit'),
    to: recipientOf(items[at + 1], 'recipient'),
    value: amountOf(items[at + 2], 'value'),
    input: hexOf(bytesOfItem(items[at + 3], 'data')),
  };
}

/** EIP-155 for legacy transactions; the others carry the parity itself. */
function parityOf(
  type: number,
  v: bigint,
): { readonly yParity: 0 | 1; readonly protectedFor: bigint | undefined } {
  if (type !== 0) return { yParity: bit(v), protectedFor: undefined };
  if (v === 27n || v === 28n) return { yParity: bit(v - 27n), protectedFor: undefined };
  if (v < 35n) throw invalidSignature();
  return { yParity: bit((v - 35n) & 1n), protectedFor: (v - 35n) >> 1n };
}

function bit(value: bigint): 0 | 1 {
  if (value === 0n) return 0;
  if (value === 1n) return 1;
  throw invalidSignature();
}

function compactOf(r: bigint, s: bigint): Uint8Array {
  const digits = r.toString(16).padStart(64, '0') + s.toString(16).padStart(64, '0');
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

function invalidSignature(): ChainError {
  return new ChainError('invalid-sender', 'invalid sender: invalid transaction v, r, s values');
}
