/**
 * Block headers as RLP: the field order of the execution specification. Fields of later forks follow each other, so
 * their number says which are there.
 */
import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes, bytesToBigint, bytesToNumber } from '../encoding/quantity.ts';
import { addressOf, blockNumberOf, bloomOf, bytesOf, hashOf, hexOf, weiOf } from '../primitives.ts';
import type { HeaderData } from './block-data.ts';

/** A header before its hash is known. */
export type HeaderFields = Omit<HeaderData, 'hash'>;

const FIELDS_MIN = 15;
const FIELDS_MAX = 21;

/** The items of the header's RLP list. */
export function headerItems(header: HeaderFields): Uint8Array[] {
  const items = [
    bytesOf(header.parentHash),
    bytesOf(header.ommersHash),
    bytesOf(header.beneficiary),
    bytesOf(header.stateRoot),
    bytesOf(header.transactionsRoot),
    bytesOf(header.receiptsRoot),
    bytesOf(header.logsBloom),
    bigintToBytes(header.difficulty),
    bigintToBytes(BigInt(header.number)),
    bigintToBytes(header.gasLimit),
    bigintToBytes(header.gasUsed),
    bigintToBytes(BigInt(header.timestamp)),
    bytesOf(header.extraData),
    bytesOf(header.mixHash),
    bytesOf(header.nonce),
  ];
  const later = [
    quantity(header.baseFeePerGas),
    header.withdrawalsRoot && bytesOf(header.withdrawalsRoot),
    quantity(header.blobGasUsed),
    quantity(header.excessBlobGas),
    header.parentBeaconBlockRoot && bytesOf(header.parentBeaconBlockRoot),
    header.requestsHash && bytesOf(header.requestsHash),
  ];
  for (const item of later) {
    if (item === undefined) break;
    items.push(item);
  }
  return items;
}

function quantity(value: bigint | undefined): Uint8Array | undefined {
  return value === undefined ? undefined : bigintToBytes(value);
}

export function encodeHeader(header: HeaderFields): Uint8Array {
  return RLP.encode(headerItems(header));
}

/** Completes a header with its hash, the Keccak-256 of its RLP. */
export function sealHeader(header: HeaderFields): HeaderData {
  return { ...header, hash: hashOf(keccak256(encodeHeader(header))) };
}

/** Throws `RangeError` or `TypeError` on bytes that are no header. */
export function decodeHeader(bytes: Uint8Array): HeaderData {
  const items = RLP.decode(bytes);
  if (!Array.isArray(items)) throw new RangeError('a header is a list');
  return headerOf(items);
}

/** From the decoded items of a header; the hash is computed from them. Throws as `decodeHeader`. */
export function headerOf(items: readonly unknown[]): HeaderData {
  if (items.length < FIELDS_MIN || items.length > FIELDS_MAX) {
    throw new RangeError(`a header has ${FIELDS_MIN} to ${FIELDS_MAX} fields, not ${items.length}`);
  }
  const fields = items.map((item) => {
    if (item instanceof Uint8Array) return item;
    throw new RangeError('a header field is a list');
  });
  const at = (index: number): Uint8Array => fields[index] ?? new Uint8Array(0);
  if (at(14).length !== 8) throw new RangeError('a header nonce has 8 bytes');
  return {
    hash: hashOf(keccak256(RLP.encode(fields))),
    parentHash: hashOf(at(0)),
    ommersHash: hashOf(at(1)),
    beneficiary: addressOf(at(2)),
    stateRoot: hashOf(at(3)),
    transactionsRoot: hashOf(at(4)),
    receiptsRoot: hashOf(at(5)),
    logsBloom: bloomOf(at(6)),
    difficulty: integer(at(7)),
    number: blockNumberOf(integer(at(8))),
    gasLimit: integer(at(9)),
    gasUsed: integer(at(10)),
    timestamp: safeInteger(at(11)),
    extraData: hexOf(at(12)),
    mixHash: hashOf(at(13)),
    nonce: hexOf(at(14)),
    ...(fields.length > 15 && { baseFeePerGas: weiOf(integer(at(15))) }),
    ...(fields.length > 16 && { withdrawalsRoot: hashOf(at(16)) }),
    ...(fields.length > 17 && { blobGasUsed: integer(at(17)) }),
    ...(fields.length > 18 && { excessBlobGas: integer(at(18)) }),
    ...(fields.length > 19 && { parentBeaconBlockRoot: hashOf(at(19)) }),
    ...(fields.length > 20 && { requestsHash: hashOf(at(20)) }),
  };
}

/** Also the time must have one encoding only: another would give a stored header another hash than the block's. */
function safeInteger(bytes: Uint8Array): number {
  integer(bytes);
  return bytesToNumber(bytes);
}

function integer(bytes: Uint8Array): bigint {
  if (bytes[0] === 0) throw new RangeError('an integer has leading zeros');
  return bytesToBigint(bytes);
}
