/** Typed fields out of RLP items. Every function throws `ChainError` `invalid-transaction`, naming the field. */
import type { AccessListItem, AuthorizationData } from '../block/block-data.ts';
import type { RlpItem } from '../encoding/rlp-reader.ts';
import { ChainError } from '../errors.ts';
import { type Address, addressOf, type Hash, hashOf, type Wei, weiOf } from '../primitives.ts';

/** Longest scalar of each width, in bytes. */
const WORD_BYTES = 32;
const LONG_BYTES = 8;

export function listOf(item: RlpItem | undefined, name: string): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw invalid(name, 'is not a list');
  return item;
}

export function bytesOfItem(item: RlpItem | undefined, name: string): Uint8Array {
  if (!(item instanceof Uint8Array)) throw invalid(name, 'is not a string of bytes');
  return item;
}

/** Up to 2^256 - 1. */
export function wordOf(item: RlpItem | undefined, name: string): bigint {
  return scalar(item, name, WORD_BYTES);
}

/** Up to 2^64 - 1. */
export function longOf(item: RlpItem | undefined, name: string): bigint {
  return scalar(item, name, LONG_BYTES);
}

export function amountOf(item: RlpItem | undefined, name: string): Wei {
  return weiOf(wordOf(item, name));
}

export function recipientOf(item: RlpItem | undefined, name: string): Address | null {
  const bytes = bytesOfItem(item, name);
  if (bytes.length === 0) return null;
  if (bytes.length !== 20) throw invalid(name, `has ${bytes.length} bytes instead of 20`);
  return addressOf(bytes);
}

/** For the types that can not create a contract. */
export function requiredRecipientOf(item: RlpItem | undefined, name: string): Address {
  const recipient = recipientOf(item, name);
  if (recipient === null) throw invalid(name, 'is missing');
  return recipient;
}

export function hashesOf(item: RlpItem | undefined, name: string): readonly Hash[] {
  return listOf(item, name).map((entry) => {
    const bytes = bytesOfItem(entry, name);
    if (bytes.length !== 32) throw invalid(name, `has an entry of ${bytes.length} bytes`);
    return hashOf(bytes);
  });
}

/** EIP-2930. */
export function accessListOf(item: RlpItem | undefined): readonly AccessListItem[] {
  return listOf(item, 'access list').map((entry) => {
    const fields = listOf(entry, 'access list');
    if (fields.length !== 2) throw invalid('access list', 'has a malformed entry');
    return {
      address: requiredRecipientOf(fields[0], 'access list'),
      storageKeys: hashesOf(fields[1], 'access list'),
    };
  });
}

/** EIP-7702. Whether an authorization is good is decided when it is executed. */
export function authorizationListOf(item: RlpItem | undefined): readonly AuthorizationData[] {
  const name = 'authorization list';
  return listOf(item, name).map((entry) => {
    const fields = listOf(entry, name);
    if (fields.length !== 6) throw invalid(name, 'has a malformed entry');
    return {
      chainId: wordOf(fields[0], name),
      address: requiredRecipientOf(fields[1], name),
      nonce: longOf(fields[2], name),
      yParity: Number(scalar(fields[3], name, 1)),
      r: wordOf(fields[4], name),
      s: wordOf(fields[5], name),
    };
  });
}

function scalar(item: RlpItem | undefined, name: string, maxBytes: number): bigint {
  const bytes = bytesOfItem(item, name);
  if (bytes.length > maxBytes) throw invalid(name, `is longer than ${maxBytes} bytes`);
  if (bytes.length === 0) return 0n;
  if (bytes[0] === 0) throw invalid(name, 'has leading zeros');
  return integerOf(bytes);
}

/** Big-endian bytes as an integer. */
function integerOf(bytes: Uint8Array): bigint {
  if (bytes.length <= 6) {
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    return BigInt(value);
  }
  return BigInt(
    `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
  );
}

function invalid(name: string, problem: string): ChainError {
  return new ChainError('invalid-transaction', `invalid transaction: ${name} ${problem}`);
}
