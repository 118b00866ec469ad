/** The libraries applications use, each sending through a follower and read on every node. */
import { JsonRpcProvider, Wallet } from 'ethers';
import { createPublicClient, createWalletClient, defineChain, http, toHex } from 'viem';
import type { HDAccount } from 'viem/accounts';
import { beforeAll, describe, expect, it } from 'vitest';
import { Web3 } from 'web3';
import { post } from '../harness/json-rpc.ts';
import { useNetwork } from './support/use-network.ts';

const network = useNetwork({ nodes: 3 });
let follower = 0;
let chainId = 0;

beforeAll(async () => {
  const { number } = await network().leader();
  follower = network().numbers.find((candidate) => candidate !== number) ?? 0;
  chainId = Number(await network().rpc<string>(follower, 'eth_chainId'));
});

const privateKey = (account: HDAccount) => toHex(account.getHdKey().privateKey ?? new Uint8Array());

/** All nodes have the same receipt and have moved the value. */
async function expectEverywhere(hash: string, recipient: string, value: bigint): Promise<void> {
  await network().agreedHashes();
  const receipts = await Promise.all(
    network().numbers.map((number) =>
      network().rpc<{ status: string }>(number, 'eth_getTransactionReceipt', [hash]),
    ),
  );
  for (const receipt of receipts) {
    expect(receipt.status).toBe('0x1');
    expect(receipt).toEqual(receipts[0]);
  }
  for (const number of network().numbers) {
    const balance = await network().rpc<string>(number, 'eth_getBalance', [recipient, 'latest']);
    expect(BigInt(balance)).toBe(value);
  }
}

describe('through a follower', () => {
  it('web3.js 4 sends a signed transaction', async () => {
    const to = '0x00000000000000000000000000000000000a0001';
    const web3 = new Web3(network().url(follower));
    const signer = web3.eth.accounts.wallet.add(privateKey(network().account(1)));
    const from = signer.get(0)?.address ?? '';
    const receipt = await web3.eth.sendTransaction({ from, to, value: 1n, gas: 21_000n });
    expect(receipt.status).toBe(1n);
    await expectEverywhere(String(receipt.transactionHash), to, 1n);
  });

  it("web3.js 4 sends from one of the node's own accounts", async () => {
    const to = '0x00000000000000000000000000000000000a0002';
    const web3 = new Web3(network().url(follower));
    const [from = ''] = await web3.eth.getAccounts();
    const receipt = await web3.eth.sendTransaction({ from, to, value: 2n });
    await expectEverywhere(String(receipt.transactionHash), to, 2n);
  });

  it('ethers 6 sends and waits', async () => {
    const to = '0x00000000000000000000000000000000000a0003';
    const provider = new JsonRpcProvider(network().url(follower), undefined, { polling: true });
    try {
      const wallet = new Wallet(privateKey(network().account(2)), provider);
      const sent = await wallet.sendTransaction({ to, value: 3n });
      const receipt = await sent.wait();
      expect(receipt?.status).toBe(1);
      await expectEverywhere(sent.hash, to, 3n);
    } finally {
      provider.destroy();
    }
  });

  it('viem sends and waits', async () => {
    const to = '0x00000000000000000000000000000000000a0004';
    const transport = http(network().url(follower));
    const chain = defineChain({
      id: chainId,
      name: 'Praline',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [network().url(follower)] } },
    });
    const wallet = createWalletClient({ account: network().account(3), chain, transport });
    const hash = await wallet.sendTransaction({ to, value: 4n });
    const client = createPublicClient({ chain, transport });
    const receipt = await client.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe('success');
    await expectEverywhere(hash, to, 4n);
  });

  it('a wallet in the browser finds what it asks for before and after it sends', async () => {
    const account = network().account(4);
    const to = '0x00000000000000000000000000000000000a0005';
    const ask = async (method: string, params: readonly unknown[]): Promise<unknown> => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
      const origin = 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn';
      const { status, text } = await post(network().url(follower), body, { origin });
      expect(status).toBe(200);
      const answer: unknown = JSON.parse(text);
      expect(answer).toHaveProperty('result');
      return Object(answer).result;
    };
    const quantity = /^0x(?:0|[1-9a-f][0-9a-f]*)$/;
    expect(await ask('eth_chainId', [])).toBe(toHex(chainId));
    expect(await ask('net_version', [])).toBe(String(chainId));
    expect(await ask('eth_getBalance', [account.address, 'latest'])).toMatch(quantity);
    expect(await ask('eth_getCode', [to, 'latest'])).toBe('0x');
    expect(await ask('eth_gasPrice', [])).toMatch(quantity);
    const history = await ask('eth_feeHistory', ['0x5', 'latest', [10, 20, 30]]);
    expect(history).toMatchObject({ oldestBlock: expect.stringMatching(quantity) });
    const transfer = { from: account.address, to, value: '0x5' };
    const gas = await ask('eth_estimateGas', [transfer]);
    expect(gas).toBe('0x5208');
    const nonce = await ask('eth_getTransactionCount', [account.address, 'pending']);
    const latest = await ask('eth_getBlockByNumber', ['latest', false]);
    const { baseFeePerGas } = Object(latest);
    expect(baseFeePerGas).toMatch(quantity);

    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId,
      nonce: Number(nonce),
      to,
      value: 5n,
      gas: BigInt(String(gas)),
      maxFeePerGas: BigInt(baseFeePerGas) * 2n + 1_500_000_000n,
      maxPriorityFeePerGas: 1_500_000_000n,
    });
    const hash = await ask('eth_sendRawTransaction', [raw]);
    const receipt = await ask('eth_getTransactionReceipt', [hash]);
    expect(receipt).toMatchObject({ status: '0x1', gasUsed: '0x5208' });
    await expectEverywhere(String(hash), to, 5n);
  });

  it('all of them read the same block, and its hash is that of its header', async () => {
    const web3 = new Web3(network().url(follower));
    const provider = new JsonRpcProvider(network().url(follower));
    try {
      const client = createPublicClient({ transport: http(network().url(follower)) });
      const byViem = await client.getBlock({ blockNumber: 1n });
      const byEthers = await provider.getBlock(1);
      const byWeb3 = await web3.eth.getBlock(1);
      expect(byEthers?.hash).toBe(byViem.hash);
      expect(byWeb3.hash).toBe(byViem.hash);
      expect(byEthers?.timestamp).toBe(Number(byViem.timestamp));
    } finally {
      provider.destroy();
    }
  });
});
