/**
 * The chain that the examples of all methods are about, always the same: two blocks, one that makes a contract and one in
 * which it logs, and a transaction that waits in the pool behind a nonce gap.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf, createGenesis, DEV_MNEMONIC, devGenesisFile, type Hex } from '@praline/chain';
import { mnemonicToAccount } from 'viem/accounts';
import type { RpcBackend } from '../backend.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_CONTRACT,
  EXAMPLE_LOG_FILTER,
  EXAMPLE_SNAPSHOT,
  EXAMPLE_SUBSCRIPTION,
  EXAMPLE_TOPIC,
} from '../methods/examples.ts';
import { createRpcServer, type RpcServer } from '../server/rpc-server.ts';
import { ChainBackend } from './chain-backend.test.support.ts';
import { SocketClient, type SocketMessage } from './running-server.test.support.ts';

/** Logs the topic when called without data, otherwise answers what its first slot holds. */
const RUNTIME = `3660 2e57 6001 5f52 7f ${EXAMPLE_TOPIC.slice(2)} 6020 5fa1 00 5b 5f54 5f52 6020 5ff3`;
/** Stores 0x38 there first. */
const CREATION: Hex = `0x${`6038 5f55 6037 600e 5f39 6037 5ff3 ${RUNTIME}`.replaceAll(' ', '')}`;

const waiting = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 1 });

export class ExampleChain {
  readonly #folder: string;
  readonly #chain: ChainBackend;
  readonly #server: RpcServer;
  readonly #client: SocketClient;
  /** Real ids for those that examples show. */
  readonly #ids = new Map<string, string>();
  #made = '';

  private constructor(
    folder: string,
    chain: ChainBackend,
    server: RpcServer,
    client: SocketClient,
  ) {
    this.#folder = folder;
    this.#chain = chain;
    this.#server = server;
    this.#client = client;
  }

  static async open(): Promise<ExampleChain> {
    const folder = mkdtempSync(join(tmpdir(), 'praline-examples-'));
    const chain = await ChainBackend.create(folder, createGenesis(devGenesisFile()), {
      mnemonic: DEV_MNEMONIC,
      instant: true,
    });
    const server = createRpcServer(chain.backend, { port: 0 });
    await server.listen();
    const client = await SocketClient.open(`ws://127.0.0.1:${server.address.port}`, {});
    return new ExampleChain(folder, chain, server, client);
  }

  /** Asks the server, after making the chain anew if something has changed it. */
  async request(method: string, params: readonly unknown[]): Promise<SocketMessage> {
    if ((await this.#state()) !== this.#made) await this.#make();
    return this.#client.request(
      method,
      ...params.map((value) => this.#ids.get(`${value}`) ?? value),
    );
  }

  async close(): Promise<void> {
    this.#client.webSocket.terminate();
    await this.#server.close();
    await this.#chain.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #state(): Promise<string> {
    const { transactions } = this.#chain.backend;
    const { queued } = await transactions.poolStatus();
    const { subscriptions } = this.#server.statistics();
    return JSON.stringify([this.#chain.positionId, queued, subscriptions]);
  }

  async #make(): Promise<void> {
    const { transactions, development } = this.#chain.backend;
    if (this.#made !== '') await development?.apply({ kind: 'reset' });
    await development?.apply({ kind: 'drop-transactions', hash: null });
    await sendTo(this.#chain.backend);
    const raw = await waiting.signTransaction({
      chainId: 31_337,
      nonce: 1,
      gas: 21_000n,
      to: EXAMPLE_ADDRESS,
      value: 1n,
      maxFeePerGas: 2_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
    });
    await transactions.sendRaw(bytesOf(raw));
    const snapshot = await development?.apply({ kind: 'snapshot' });
    this.#ids.set(EXAMPLE_SNAPSHOT, `0x${Number(snapshot).toString(16)}`);
    await this.#watch();
    this.#made = await this.#state();
  }

  async #watch(): Promise<void> {
    await this.#client.request('eth_uninstallFilter', this.#ids.get(EXAMPLE_LOG_FILTER));
    await this.#client.request('eth_unsubscribe', this.#ids.get(EXAMPLE_SUBSCRIPTION));
    const logs = await this.#client.request('eth_newFilter', { fromBlock: '0x0' });
    const heads = await this.#client.request('eth_subscribe', 'newHeads');
    this.#ids.set(EXAMPLE_LOG_FILTER, String(logs.result));
    this.#ids.set(EXAMPLE_SUBSCRIPTION, String(heads.result));
  }
}

async function sendTo({ transactions }: RpcBackend): Promise<void> {
  const from = EXAMPLE_ADDRESS;
  await transactions.send({ from, input: CREATION, gas: 200_000n });
  await transactions.send({ from, to: EXAMPLE_CONTRACT, gas: 50_000n });
}
