/**
 * Accounts from a mnemonic (BIP-39, BIP-32), as every development node and wallet derives them.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { HDKey } from '@scure/bip32';
import { mnemonicToSeedSync } from '@scure/bip39';
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

/** The first `count` accounts under `path`. */
export function deriveAccounts(mnemonic: string, count: number, path = DEV_PATH): DerivedAccount[] {
  const parent = HDKey.fromMasterSeed(mnemonicToSeedSync(mnemonic)).derive(path);
  return Array.from({ length: count }, (_, index) => {
    const { privateKey } = parent.deriveChild(index);
    if (privateKey === null) throw new RangeError(`no key under ${path}/${index}`);
    return { address: addressOfKey(privateKey), privateKey };
  });
}

function addressOfKey(privateKey: Uint8Array): Address {
  const publicKey = secp256k1.getPublicKey(privateKey, false);
  return addressOf(keccak256(publicKey.subarray(1)).subarray(12));
}
