/**
 * Accounts from a mnemonic (BIP-39, BIP-32), as every development node and wallet derives them.
 */
import { pbkdf2Sync } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { HDKey } from '@scure/bip32';
import { keccak256 } from '../crypto/keccak.ts';
import { type Address, addressOf } from '../primitives.ts';

export interface DerivedAccount {
  readonly address: Address;
  /** 32 bytes. Never log it. */
  readonly privateKey: Uint8Array;
}

/** Known to everyone: for development only. */
export const DEV_MNEMONIC = 'test test test test test test test test test test test junk';
/** BIP-44 for Ethereum; the account's index follows. */
export const DEV_PATH = "m/44'/60'/0'/0";

/** BIP-39's rounds of PBKDF2, and the bytes of the seed it gives. */
const SEED_ROUNDS = 2_048;
const SEED_BYTES = 64;

/** The first `count` accounts under `path`. The words are taken as they are: whoever takes them from outside checks them. */
export function deriveAccounts(mnemonic: string, count: number, path = DEV_PATH): DerivedAccount[] {
  const parent = HDKey.fromMasterSeed(seedOf(mnemonic)).derive(path);
  return Array.from({ length: count }, (_, index) => {
    const { privateKey } = parent.deriveChild(index);
    if (privateKey === null) throw new RangeError(`no key under ${path}/${index}`);
    return { address: addressOfKey(privateKey), privateKey };
  });
}

/** BIP-39's seed without a passphrase; Node's own PBKDF2 is thirty times as fast as a JavaScript one. */
function seedOf(mnemonic: string): Uint8Array {
  return pbkdf2Sync(mnemonic.normalize('NFKD'), 'mnemonic', SEED_ROUNDS, SEED_BYTES, 'sha512');
}

/** Throws for bytes that are no private key. */
export function addressOfKey(privateKey: Uint8Array): Address {
  const publicKey = secp256k1.getPublicKey(privateKey, false);
  return addressOf(keccak256(publicKey.subarray(1)).subarray(12));
}
