/** All clients of a run, and the operator who deploys the contracts and tries every node at the end. */
import type { Hex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { callRpc } from '../../../harness/json-rpc.ts';
import { DEVELOPMENT_MNEMONIC } from '../../../harness/network.ts';
import { until } from '../../../harness/until.ts';
import type { SeededRandom } from '../random.ts';
import { Client } from './client.ts';
import { compileContracts } from './contracts.ts';
import { offersLinearizableReads } from './linearizable-read.ts';
import { OperationPlan } from './operation-plan.ts';
import type { Recorder } from './recorder.ts';
import { type Call, TransactionSender } from './transaction-sender.ts';

export interface WorkloadOptions {
  /** Funded accounts, one per client and the operator's. */
  readonly accounts: number;
  /** Nodes that clients use. Who asks a node that lies has no promises. */
  readonly nodes: readonly number[];
  readonly random: SeededRandom;
}

export interface WorkloadModules {
  readonly recorder: Recorder;
  readonly url: (node: number) => string;
}

const CLIENTS_PER_NODE = 2;
/** A client begins an operation this often, when the one before is done: enough to see every commit, and no more. */
const TICK_MS = 120;
const DEPLOYMENT_GAS = 1_000_000n;
const PREPARATION_TIMEOUT_MS = 60_000;

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #modules: WorkloadModules;
  readonly #accounts: readonly string[];
  #clients: readonly Client[] = [];
  #operator: TransactionSender | null = null;
  #timers: NodeJS.Timeout[] = [];
  #counter: Hex = '0x';
  #readsLinearizably = false;

  constructor(options: WorkloadOptions, modules: WorkloadModules) {
    this.#options = options;
    this.#modules = modules;
    this.#accounts = Array.from({ length: options.accounts }, (_, index) =>
      accountOf(index).address.toLowerCase(),
    );
  }

  /** Funded accounts: one per client, the first for the operator. */
  static accountsFor(nodes: number): number {
    return nodes * CLIENTS_PER_NODE + 1;
  }

  get description(): string {
    const reads = this.#readsLinearizably ? 'with' : 'without';
    return `${this.#clients.length} clients ${reads} linearizable reads`;
  }

  get accountsAndCounter(): { readonly accounts: readonly string[]; readonly counter: string } {
    return { accounts: this.#accounts, counter: this.#counter };
  }

  /** Deploys the contracts and makes the clients. */
  async prepare(): Promise<void> {
    const { recorder, url } = this.#modules;
    const { random, nodes } = this.#options;
    const [first = 1] = nodes;
    const code = compileContracts();
    const chainId = Number(await callRpc<string>(url(first), 'eth_chainId'));
    const sender = (client: number): TransactionSender =>
      new TransactionSender(
        { client, account: accountOf(client), chainId, random: random.fork(`sender ${client}`) },
        { recorder, url },
      );
    const operator = sender(0);
    this.#operator = operator;
    const registers = await deploy(operator, code.registers, first);
    this.#counter = await deploy(operator, code.counter, first);
    const contracts = { registers, counter: this.#counter };
    this.#readsLinearizably = await offersLinearizableReads(url(first));
    this.#clients = this.#accounts.slice(1).map((_, position) => {
      const number = position + 1;
      return new Client(
        { number, nodes, contracts, readsLinearizably: this.#readsLinearizably },
        {
          plan: new OperationPlan({
            random: random.fork(`plan ${number}`),
            client: number,
            nodes,
            accounts: this.#accounts,
          }),
          sender: sender(number),
          recorder,
          random: random.fork(`retries ${number}`),
          url,
        },
      );
    });
    await until(async () => {
      const found = await Promise.all(
        nodes.map((node) => callRpc<string>(url(node), 'eth_getCode', [this.#counter, 'latest'])),
      );
      if (found.includes('0x')) throw new Error('a node has no contracts yet');
    }, PREPARATION_TIMEOUT_MS);
  }

  start(): void {
    this.#timers = this.#clients.map((client) => setInterval(() => client.tick(), TICK_MS));
  }

  /** No new operation; those under way are brought to their end. */
  stop(): void {
    for (const client of this.#clients) client.stop();
  }

  /** Nothing more is sent. */
  halt(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  get isDone(): boolean {
    return this.#clients.every((client) => client.isDone);
  }

  /** Clients without an answer, in words. */
  get waiting(): string {
    return this.#clients
      .flatMap((client, position) => (client.isDone ? [] : [`client ${position + 1}`]))
      .join(', ');
  }

  check(): void {
    for (const client of this.#clients) client.check();
  }

  /** One new transaction through every node. Throws when a node does not get it mined in time. */
  async sendToEach(timeoutMs: number): Promise<void> {
    const operator = this.#operator;
    if (operator === null) throw new Error('the workload is not prepared');
    const [to = '0x'] = this.#accounts;
    for (const node of this.#options.nodes) {
      const intent = { kind: 'transfer', to, wei: '1' } as const;
      await settle(
        operator,
        { intent, to: to as Hex, wei: 1n, data: '0x', gas: 21_000n },
        { node, timeoutMs },
      );
    }
  }
}

function accountOf(client: number): ReturnType<typeof mnemonicToAccount> {
  return mnemonicToAccount(DEVELOPMENT_MNEMONIC, { addressIndex: client });
}

async function deploy(operator: TransactionSender, data: Hex, node: number): Promise<Hex> {
  const call = {
    intent: { kind: 'deploy' },
    to: undefined,
    wei: 0n,
    data,
    gas: DEPLOYMENT_GAS,
  } as const;
  await settle(operator, call, { node, timeoutMs: PREPARATION_TIMEOUT_MS });
  return operator.contractAddress;
}

async function settle(
  sender: TransactionSender,
  call: Call,
  where: { readonly node: number; readonly timeoutMs: number },
): Promise<void> {
  await sender.begin(call);
  await until(async () => {
    await sender.attempt(where.node);
    if (!sender.isSettled) throw new Error(`node ${where.node} does not get a transaction mined`);
  }, where.timeoutMs);
}
