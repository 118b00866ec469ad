/** Something to ask about: transactions, a contract that reads what it is sent, and the accounts of the network. */
import { keccak256 } from 'viem';
import type { Network } from '../harness/network.ts';
import type { KnownValues } from './messages.ts';

const CONTRACT = '0x00000000000000000000000000000000000a11ce';
/** Stores what it is sent, logs it, and reverts with it when it is longer than a word. */
const CODE = '0x5f355f55365f5f37365fa0602036116015575b5f80fd5b365ffd';
const ACCOUNTS = 3;

/** Brings the chain back to its beginning, whatever was done to it, and builds on it. */
export async function makeKnownValues(network: Network, node: number): Promise<KnownValues> {
  const rpc = <Result>(method: string, ...params: unknown[]) =>
    network.rpc<Result>(node, method, params);
  await rpc('hardhat_reset');
  await rpc('hardhat_setCode', CONTRACT, CODE);
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => network.account(index));
  const raw: string[] = [];
  for (const account of accounts) {
    for (const nonce of [0, 1]) {
      const signed = await account.signTransaction({
        type: 'eip1559',
        chainId: 31_337,
        nonce,
        to: CONTRACT,
        data: '0x01',
        gas: 200_000n,
        maxFeePerGas: 10n ** 11n,
        maxPriorityFeePerGas: 10n ** 9n,
      });
      if (nonce === 0) await rpc('eth_sendRawTransaction', signed);
      raw.push(signed);
    }
  }
  const height = Number(await rpc<string>('eth_blockNumber'));
  const blocks = await network.hashes(node, height);
  const transactions = raw.map((signed) => keccak256(`0x${signed.slice(2)}`));
  const addresses = [CONTRACT, ...accounts.map(({ address }) => address.toLowerCase())];
  return { addresses, hashes: [...blocks, ...transactions], raw };
}
