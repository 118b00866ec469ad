/**
 * Transactions of impersonated accounts, which nobody can sign. They carry the sender's address as `r` and zero as `s`:
 * no signature has that (SEC 1), every library can decode it, and the hash covers the sender. Such a transaction means
 * something only where the agreed development state impersonates its sender; everywhere else it is invalid.
 */
import type { DevelopmentState } from '../development/development-state.ts';
import { bigintToBytes, padLeft } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import { type Address, addressOf } from '../primitives.ts';
import { decodeKnownTransaction, decodeTransaction } from './decode.ts';
import type { SignedTransaction } from './signed-transaction.ts';

const ADDRESS_BITS = 160n;

/** Whether transactions of the account are taken without its key. */
export function isImpersonated(development: DevelopmentState, account: Address): boolean {
  return development.impersonatesAll || development.impersonated.includes(account);
}

/**
 * As `decodeTransaction`, but takes a stated sender that is impersonated. Throws `invalid-sender` for one that is not.
 */
export function decodeWhere(development: DevelopmentState, raw: Uint8Array): SignedTransaction {
  if (!development.impersonatesAll && development.impersonated.length === 0) {
    return decodeTransaction(raw);
  }
  const { r, s } = decodeKnownTransaction(raw, NOBODY);
  if (s !== 0n || r >> ADDRESS_BITS !== 0n) return decodeTransaction(raw);
  const from = addressOf(padLeft(bigintToBytes(r), 20));
  requireImpersonated(development, from);
  return { raw, senderPublicKey: null, data: decodeKnownTransaction(raw, from) };
}

/** Throws `invalid-sender`. */
export function requireImpersonated(development: DevelopmentState, from: Address): void {
  if (isImpersonated(development, from)) return;
  throw new ChainError('invalid-sender', `invalid sender: ${from} is not impersonated`);
}

const NOBODY = addressOf(new Uint8Array(20));
