/** A contract deployed at one node is the same contract at the others, and its events reach every subscriber. */
import {
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  parseAbiItem,
  toEventSelector,
  webSocket,
} from 'viem';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile, TOKEN_SOURCE } from '../harness/contracts.ts';
import { until } from '../harness/until.ts';
import { useNetwork } from './support/use-network.ts';

const SUPPLY = 1_000_000n;
const TRANSFER = parseAbiItem(
  'event Transfer(address indexed from, address indexed to, uint256 value)',
);
const TRANSFER_TOPIC = toEventSelector(TRANSFER);

describe('an OpenZeppelin ERC-20', () => {
  const network = useNetwork({ nodes: 3 });
  const { abi, bytecode } = compile('Token', TOKEN_SOURCE);
  let token: Hex = '0x';

  const reader = (number: number) =>
    createPublicClient({ transport: http(network().url(number)), pollingInterval: 50 });
  const writer = (number: number, account: number) =>
    createWalletClient({
      account: network().account(account),
      transport: http(network().url(number)),
    });
  const balance = (number: number, account: number) =>
    reader(number).readContract({
      abi,
      address: token,
      functionName: 'balanceOf',
      args: [network().account(account).address],
    });

  beforeAll(async () => {
    const hash = await writer(1, 0).deployContract({ abi, bytecode, args: [SUPPLY], chain: null });
    const receipt = await reader(1).waitForTransactionReceipt({ hash });
    token = receipt.contractAddress ?? '0x';
    await network().agreedHashes();
  });

  it('deployed at node 1 is there at all nodes', async () => {
    const codes = await Promise.all(
      network().numbers.map((number) => reader(number).getCode({ address: token })),
    );
    expect(codes[0]?.length).toBeGreaterThan(1_000);
    expect(new Set(codes).size).toBe(1);
    for (const number of network().numbers) expect(await balance(number, 0)).toBe(SUPPLY);
  });

  it('used at every node in turn, it moves what was sent, and each node shows its own write at once', async () => {
    for (const number of network().numbers) {
      const hash = await writer(number, 0).writeContract({
        abi,
        address: token,
        functionName: 'transfer',
        args: [network().account(number).address, 100n],
        chain: null,
      });
      expect((await reader(number).getTransactionReceipt({ hash })).status).toBe('success');
      expect(await balance(number, number)).toBe(100n);
    }
    await network().agreedHashes();
    for (const number of network().numbers) expect(await balance(number, 0)).toBe(SUPPLY - 300n);
  });

  it('sends each Transfer once, over WebSocket, to subscribers at every node', async () => {
    const clients = network().numbers.map((number) =>
      createPublicClient({ transport: webSocket(network().url(number, 'ws')) }),
    );
    const received = clients.map((): string[] => []);
    const errors: unknown[] = [];
    try {
      for (const [index, client] of clients.entries()) {
        await client.transport.subscribe({
          params: ['logs', { address: token, topics: [TRANSFER_TOPIC] }],
          onData: (event) => received[index]?.push(String(BigInt(event.result.data))),
          onError: (error) => errors.push(error),
        });
      }
      for (const value of [7n, 8n, 9n]) {
        await writer(2, 0).writeContract({
          abi,
          address: token,
          functionName: 'transfer',
          args: [network().account(4).address, value],
          chain: null,
        });
      }
      await until(() => {
        for (const values of received) expect(values).toEqual(['7', '8', '9']);
      });
      expect(errors).toEqual([]);
    } finally {
      for (const client of clients) (await client.transport.getRpcClient()).close();
    }
  });

  it('answers a transfer beyond the balance with the revert, without mining it', async () => {
    const height = await network().height(3);
    const call = writer(3, 5).writeContract({
      abi,
      address: token,
      functionName: 'transfer',
      args: [network().account(0).address, 1n],
      chain: null,
    });
    await expect(call).rejects.toThrow(/ERC20InsufficientBalance/);
    expect(await network().height(3)).toBe(height);
  });

  it('has the same logs by eth_getLogs at every node', async () => {
    const logs = await Promise.all(
      network().numbers.map((number) =>
        reader(number).getLogs({ address: token, event: TRANSFER, fromBlock: 0n }),
      ),
    );
    expect(logs[0]).toHaveLength(7);
    for (const found of logs) expect(found).toEqual(logs[0]);
  });
});
