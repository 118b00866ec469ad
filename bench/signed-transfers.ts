/** Transfers signed before anything is timed, so that the load generator only sends bytes. */
import { type Hex, keccak256 } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { DEVELOPMENT_MNEMONIC } from '../harness/network.ts';
import { progress } from './report.ts';

export const CHAIN_ID = 31_337;
/** Far above any base fee these runs reach: 1000 gwei. */
const MAX_FEE_WEI = 1_000_000_000_000n;

/** One account's transfers, in the order of their nonces. */
export interface SignedSequence {
  readonly raw: readonly Hex[];
  readonly lastHash: Hex;
}

/** `total` transfers of 1 wei, spread over `accounts` senders, each to an address of its own. */
export async function signTransfers(
  accounts: number,
  total: number,
): Promise<readonly SignedSequence[]> {
  const perAccount = Math.ceil(total / accounts);
  const sequences: SignedSequence[] = [];
  for (let index = 0; index < accounts; index++) {
    progress(`signing: account ${index + 1} of ${accounts}`);
    const account = mnemonicToAccount(DEVELOPMENT_MNEMONIC, { addressIndex: index });
    const to: Hex = `0x${(0xbe7c0000 + index).toString(16).padStart(40, '0')}`;
    const raw: Hex[] = [];
    for (let nonce = 0; nonce < perAccount; nonce++) {
      raw.push(
        await account.signTransaction({
          type: 'eip1559',
          chainId: CHAIN_ID,
          nonce,
          to,
          value: 1n,
          gas: 21_000n,
          maxFeePerGas: MAX_FEE_WEI,
          maxPriorityFeePerGas: 1_000_000_000n,
        }),
      );
    }
    sequences.push({ raw, lastHash: keccak256(raw.at(-1) ?? '0x') });
  }
  return sequences;
}
