/** Signs filled transactions for keys that the node holds. */
import { type NestedUint8Array, RLP } from '@ethereumjs/rlp';
import type { AccessListItem, AuthorizationData } from '../block/block-data.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { type Address, bytesOf, type Hex, type Wei } from '../primitives.ts';
import { type SignatureScheme, signatureScheme } from './signature.ts';

interface FilledFields {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly to: Address | null;
  readonly value: Wei;
  readonly input: Hex;
}

/** A transaction with every field decided. Blob transactions are not signed here: they need their blobs. */
export type UnsignedTransaction =
  | (FilledFields & { readonly type: 0; readonly gasPrice: Wei })
  | (FilledFields & {
      readonly type: 1;
      readonly gasPrice: Wei;
      readonly accessList: readonly AccessListItem[];
    })
  | (FilledFields & {
      readonly type: 2;
      readonly maxFeePerGas: Wei;
      readonly maxPriorityFeePerGas: Wei;
      readonly accessList: readonly AccessListItem[];
    })
  | (FilledFields & {
      readonly type: 4;
      readonly to: Address;
      readonly maxFeePerGas: Wei;
      readonly maxPriorityFeePerGas: Wei;
      readonly accessList: readonly AccessListItem[];
      readonly authorizationList: readonly AuthorizationData[];
    });

/** The EIP-2718 bytes of the signed transaction; legacy ones are protected against replay (EIP-155). */
export function signTransaction(
  transaction: UnsignedTransaction,
  privateKey: Uint8Array,
  scheme: SignatureScheme = signatureScheme,
): Uint8Array {
  const { type, chainId } = transaction;
  const fields = fieldsOf(transaction);
  const protection = type === 0 ? [scalar(chainId), scalar(0n), scalar(0n)] : [];
  const digest = keccak256(envelope(type, [...fields, ...protection]));
  const { compact, yParity } = scheme.sign(digest, privateKey);
  const v = type === 0 ? chainId * 2n + 35n + BigInt(yParity) : BigInt(yParity);
  const r = stripped(compact.subarray(0, 32));
  const s = stripped(compact.subarray(32));
  return envelope(type, [...fields, scalar(v), r, s]);
}

/** The bytes of a transaction that states its sender instead of proving it; see `stated-sender.ts`. */
export function stateSender(transaction: UnsignedTransaction, from: Address): Uint8Array {
  const { type, chainId } = transaction;
  const v = type === 0 ? chainId * 2n + 35n : 0n;
  const r = stripped(bytesOf(from));
  return envelope(type, [...fieldsOf(transaction), scalar(v), r, scalar(0n)]);
}

function fieldsOf(transaction: UnsignedTransaction): NestedUint8Array {
  const { nonce, gasLimit, to, value, input } = transaction;
  const recipient = to === null ? new Uint8Array() : bytesOf(to);
  const call = [scalar(gasLimit), recipient, scalar(value), bytesOf(input)];
  if (transaction.type === 0) return [scalar(nonce), scalar(transaction.gasPrice), ...call];
  const start = [scalar(transaction.chainId), scalar(nonce)];
  const accessList = accessListItems(transaction.accessList);
  if (transaction.type === 1) return [...start, scalar(transaction.gasPrice), ...call, accessList];
  const fees = [scalar(transaction.maxPriorityFeePerGas), scalar(transaction.maxFeePerGas)];
  const common = [...start, ...fees, ...call, accessList];
  if (transaction.type === 2) return common;
  return [...common, authorizationItems(transaction.authorizationList)];
}

function accessListItems(list: readonly AccessListItem[]): NestedUint8Array {
  return list.map(({ address, storageKeys }) => [bytesOf(address), storageKeys.map(bytesOf)]);
}

function authorizationItems(list: readonly AuthorizationData[]): NestedUint8Array {
  return list.map(({ chainId, address, nonce, yParity, r, s }) => [
    scalar(chainId),
    bytesOf(address),
    scalar(nonce),
    scalar(BigInt(yParity)),
    scalar(r),
    scalar(s),
  ]);
}

function envelope(type: number, fields: NestedUint8Array): Uint8Array {
  const list = RLP.encode(fields);
  return type === 0 ? list : new Uint8Array(Buffer.concat([new Uint8Array([type]), list]));
}

/** Big-endian without leading zeros, as RLP wants integers. */
function scalar(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array();
  const digits = value.toString(16);
  return new Uint8Array(
    Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'),
  );
}

function stripped(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start < 0 ? new Uint8Array() : bytes.subarray(start);
}
