/**
 * Accounts whose keys the node holds, derived from one mnemonic along the path all development nodes use. The keys
 * stay inside this object: it signs, and never gives them away except to whoever prints them at start.
 */
import { validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ChainError } from '../errors.ts';
import { deriveAccounts } from '../genesis/dev-accounts.ts';
import { type Address, type Hex, hexOf } from '../primitives.ts';
import { decodeTransaction } from '../transaction/decode.ts';
import { signTransaction, type UnsignedTransaction } from '../transaction/sign.ts';
import { signatureScheme } from '../transaction/signature.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';

/** More would make the start slow. */
const DEVELOPMENT_ACCOUNTS_MAX = 1_000;

export class DevelopmentAccountSet {
  readonly #mnemonic: string;
  readonly #count: number;
  /** Derived when they are first asked for: that takes longer than anything else when a thread starts. */
  #derived: ReadonlyMap<Address, Uint8Array> | undefined;

  /**
   * The first `count` accounts. Throws `ChainError` `invalid-request` for words that are no BIP-39 mnemonic and for a
   * count out of range; the message does not repeat the words.
   */
  constructor(mnemonic: string, count: number) {
    if (!validateMnemonic(mnemonic, wordlist)) {
      throw new ChainError(
        'invalid-request',
        'The mnemonic is not 12 to 24 words of the BIP-39 English list with a correct checksum.',
      );
    }
    if (!Number.isInteger(count) || count < 0 || count > DEVELOPMENT_ACCOUNTS_MAX) {
      throw new ChainError(
        'invalid-request',
        `The number of development accounts must be from 0 to ${DEVELOPMENT_ACCOUNTS_MAX}.`,
        { count },
      );
    }
    this.#mnemonic = mnemonic;
    this.#count = count;
  }

  get addresses(): readonly Address[] {
    return [...this.#keys.keys()];
  }

  has(address: Address): boolean {
    return this.#keys.has(address);
  }

  /** 32 bytes. For the table that is shown at start; never for a log. Throws `unknown-account`. */
  privateKey(address: Address): Hex {
    return hexOf(this.#key(address));
  }

  /** Signs a 32-byte digest: 65 bytes r, s, v with v 27 or 28. Throws `unknown-account`. */
  signDigest(address: Address, digest: Uint8Array): Hex {
    const { compact, yParity } = signatureScheme.sign(digest, this.#key(address));
    return hexOf(new Uint8Array([...compact, 27 + yParity]));
  }

  /** Throws `unknown-account`. */
  signTransaction(address: Address, transaction: UnsignedTransaction): SignedTransaction {
    return decodeTransaction(signTransaction(transaction, this.#key(address)));
  }

  get #keys(): ReadonlyMap<Address, Uint8Array> {
    this.#derived ??= new Map(
      deriveAccounts(this.#mnemonic, this.#count).map(({ address, privateKey }) => [
        address,
        privateKey,
      ]),
    );
    return this.#derived;
  }

  #key(address: Address): Uint8Array {
    const key = this.#keys.get(address);
    if (key !== undefined) return key;
    throw new ChainError('unknown-account', 'unknown account', { address });
  }
}
