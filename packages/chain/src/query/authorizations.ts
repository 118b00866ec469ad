/** EIP-7702 authorizations of a call, applied to the call's own state as a transaction would. */
import { RLP } from '@ethereumjs/rlp';
import type { AuthorizationData } from '../block/block-data.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes, padLeft } from '../encoding/quantity.ts';
import { type Address, bytesOf } from '../primitives.ts';
import { EMPTY_ACCOUNT, type JournaledState } from '../state/journaled-state.ts';
import { addressOfPublicKey, CURVE_ORDER_HALF, signatureScheme } from '../transaction/signature.ts';

/** First byte of what an authority signs. */
const MAGIC = 0x05;
/** Code of a delegated account: this, then the address. */
const DELEGATION_PREFIX = Uint8Array.of(0xef, 0x01, 0x00);
const NONCE_MAX = 2n ** 64n - 1n;
const NO_ADDRESS = `0x${'00'.repeat(20)}`;
/** What an authority that exists already gives back: PER_EMPTY_ACCOUNT_COST - PER_AUTH_BASE_COST, gas. */
const EXISTING_ACCOUNT_REFUND = 12_500n;

export interface AppliedAuthorizations {
  /** Accounts looked at, which are warm from then on. */
  readonly authorities: readonly Address[];
  /** Gas. */
  readonly refund: bigint;
}

/** Skips what does not apply, as the protocol does. */
export function applyAuthorizations(
  state: JournaledState,
  list: readonly AuthorizationData[],
  chainId: bigint,
): AppliedAuthorizations {
  const authorities: Address[] = [];
  let refund = 0n;
  for (const authorization of list) {
    const authority = authorityOf(authorization, chainId);
    if (authority === undefined) continue;
    authorities.push(authority);
    const known = state.getAccount(authority);
    const account = known ?? EMPTY_ACCOUNT;
    const code = state.getCode(account.codeHash);
    if (code.length > 0 && !isDelegation(code)) continue;
    if (account.nonce !== authorization.nonce) continue;
    if (known !== undefined) refund += EXISTING_ACCOUNT_REFUND;
    const { address } = authorization;
    const delegation =
      address === NO_ADDRESS
        ? new Uint8Array()
        : Buffer.concat([DELEGATION_PREFIX, bytesOf(address)]);
    state.putCode(authority, delegation);
    const written = state.getAccount(authority) ?? EMPTY_ACCOUNT;
    state.putAccount(authority, { ...written, nonce: account.nonce + 1n });
  }
  return { authorities, refund };
}

function isDelegation(code: Uint8Array): boolean {
  return DELEGATION_PREFIX.every((byte, index) => code[index] === byte);
}

export function authorityOf(
  authorization: AuthorizationData,
  chainId: bigint,
): Address | undefined {
  const { address, nonce, yParity, r, s } = authorization;
  if (authorization.chainId !== 0n && authorization.chainId !== chainId) return undefined;
  if (nonce >= NONCE_MAX || s > CURVE_ORDER_HALF) return undefined;
  if (yParity !== 0 && yParity !== 1) return undefined;
  const message = RLP.encode([
    bigintToBytes(authorization.chainId),
    bytesOf(address),
    bigintToBytes(nonce),
  ]);
  const digest = keccak256(Buffer.concat([Uint8Array.of(MAGIC), message]));
  const compact = Buffer.concat([padLeft(bigintToBytes(r), 32), padLeft(bigintToBytes(s), 32)]);
  const publicKey = signatureScheme.recover(digest, { compact, yParity });
  return publicKey === undefined ? undefined : addressOfPublicKey(publicKey);
}
