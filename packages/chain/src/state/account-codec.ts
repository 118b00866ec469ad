/**
 * Accounts as RLP, the value of the account trie (Yellow Paper 4.1): `[nonce, balance, storageRoot, codeHash]`.
 */
import { RLP } from '@ethereumjs/rlp';
import { bigintToBytes, bytesToBigint } from '../encoding/quantity.ts';
import { bytesOf, hashOf, weiOf } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';

export function encodeAccount(account: AccountData): Uint8Array {
  return RLP.encode([
    bigintToBytes(account.nonce),
    bigintToBytes(account.balance),
    bytesOf(account.storageRoot),
    bytesOf(account.codeHash),
  ]);
}

/** Throws `RangeError` on anything an encoder does not write. */
export function decodeAccount(bytes: Uint8Array): AccountData {
  const items = RLP.decode(bytes);
  if (!Array.isArray(items) || items.length !== 4) throw new RangeError('an account has 4 fields');
  const [nonce, balance, storageRoot, codeHash] = items;
  if (
    !(nonce instanceof Uint8Array) ||
    !(balance instanceof Uint8Array) ||
    !(storageRoot instanceof Uint8Array) ||
    !(codeHash instanceof Uint8Array)
  ) {
    throw new RangeError('an account field is a list');
  }
  return {
    nonce: bytesToBigint(nonce),
    balance: weiOf(bytesToBigint(balance)),
    storageRoot: hashOf(storageRoot),
    codeHash: hashOf(codeHash),
  };
}
