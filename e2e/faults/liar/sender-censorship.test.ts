import { hexToBytes } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { DEVELOPMENT_MNEMONIC } from '../../../harness/network.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
} from '../../../packages/node/src/gossip/peer-message-codec.ts';
import { withoutSenders } from './sender-censorship.ts';

async function transactionOf(addressIndex: number): Promise<Uint8Array> {
  const account = mnemonicToAccount(DEVELOPMENT_MNEMONIC, { addressIndex });
  const raw = await account.signTransaction({
    ...{ type: 'eip1559', chainId: 1, nonce: 0, gas: 21_000n, maxFeePerGas: 1n },
    to: account.address,
  });
  return hexToBytes(raw);
}

describe('withoutSenders', () => {
  it('leaves out what they signed, and nothing else', async () => {
    const [first, second] = [await transactionOf(1), await transactionOf(2)];
    const noise = new Uint8Array([1, 2, 3]);
    const transactions = [first, noise, second].map((raw) => ({ raw, requestId: null }));
    const frame = encodePeerMessage({ type: 'transactions', transactions });
    const { address } = mnemonicToAccount(DEVELOPMENT_MNEMONIC, { addressIndex: 1 });
    let count = 0;
    const kept = withoutSenders(frame, new Set([address.toLowerCase()]), () => {
      count += 1;
    });
    expect(count).toBe(1);
    expect(kept === null ? null : decodePeerMessage(kept)).toEqual({
      type: 'transactions',
      transactions: transactions.slice(1),
    });
    expect(withoutSenders(frame, new Set(), () => undefined)).toBe(frame);
  });
});
