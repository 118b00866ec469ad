/** Transactions signed before anything is timed, so that the load generator only sends bytes. */
import {
  DEV_CHAIN_ID,
  DEV_MNEMONIC,
  type DerivedAccount,
  deriveAccounts,
  hexOf,
  parseAddress,
  signTransaction,
  weiOf,
} from '@praline/chain';
import type { Hex } from 'viem';
import { progress } from './report.ts';

export const CHAIN_ID = DEV_CHAIN_ID;
/** Far above any base fee these runs reach: 1000 gwei. */
const MAX_FEE_WEI = weiOf(1_000_000_000_000n);
const TIP_WEI = weiOf(1_000_000_000n);
const TRANSFER_GAS = 21_000n;

/** One account's transactions, in the order of their nonces. */
export interface SignedSequence {
  readonly raw: readonly Hex[];
}

/** What an account calls, the same in each of its transactions. */
export interface SignedCall {
  readonly to: Hex;
  /** Wei. */
  readonly value: bigint;
  readonly input: Hex;
  readonly gasLimit: bigint;
}

/** `total` transfers of 1 wei, spread over `accounts` senders, each to an address of its own. */
export function signTransfers(
  accounts: number,
  total: number,
  firstNonce = 0,
): readonly SignedSequence[] {
  const callOf = (index: number): SignedCall => ({
    to: `0x${(0xbe7c0000 + index).toString(16).padStart(40, '0')}`,
    value: 1n,
    input: '0x',
    gasLimit: TRANSFER_GAS,
  });
  return signCalls(accounts, total, callOf, firstNonce);
}

/** `total` transactions, spread over the first `accounts` development accounts, with nonces from `firstNonce`. */
export function signCalls(
  accounts: number,
  total: number,
  callOf: (account: number) => SignedCall,
  firstNonce = 0,
): readonly SignedSequence[] {
  const perAccount = Math.ceil(total / accounts);
  return deriveAccounts(DEV_MNEMONIC, accounts).map((account, index) => {
    progress(`signing: account ${index + 1} of ${accounts}`);
    const call = callOf(index);
    const raw = Array.from({ length: perAccount }, (_, at) =>
      signCall(account, firstNonce + at, call),
    );
    return { raw };
  });
}

/** `to` null creates a contract. */
export function signCall(
  account: DerivedAccount,
  nonce: number,
  { to, value, input, gasLimit }: Omit<SignedCall, 'to'> & { readonly to: Hex | null },
): Hex {
  const bytes = signTransaction(
    {
      type: 2,
      chainId: BigInt(CHAIN_ID),
      nonce: BigInt(nonce),
      to: to === null ? null : parseAddress(to),
      value: weiOf(value),
      input,
      gasLimit,
      maxFeePerGas: MAX_FEE_WEI,
      maxPriorityFeePerGas: TIP_WEI,
      accessList: [],
    },
    account.privateKey,
  );
  return hexOf(bytes);
}
