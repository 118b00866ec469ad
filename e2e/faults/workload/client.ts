/**
 * One client: at most one operation at a time, a new one at every tick while none is under way. It never gives a
 * transaction up, and goes to another node when one fails.
 */
import type { Hex } from 'viem';
import { callRpc } from '../../../harness/json-rpc.ts';
import type { Query, ReadAnswer } from '../history.ts';
import type { SeededRandom } from '../random.ts';
import {
  decodeCount,
  decodeRead,
  encodeCount,
  encodeIncrement,
  encodeRead,
  encodeWrite,
} from './contracts.ts';
import { readLinearizable } from './linearizable-read.ts';
import type { Operation, OperationPlan } from './operation-plan.ts';
import type { Recorder } from './recorder.ts';
import { type Call, outcomeOf, type TransactionSender, wordsOf } from './transaction-sender.ts';

export interface Contracts {
  readonly registers: Hex;
  readonly counter: Hex;
}

export interface ClientOptions {
  readonly number: number;
  readonly nodes: readonly number[];
  readonly contracts: Contracts;
  /** Whether nodes offer linearizable reads; plain ones take their place otherwise. */
  readonly readsLinearizably: boolean;
}

export interface ClientModules {
  readonly plan: OperationPlan;
  readonly sender: TransactionSender;
  readonly recorder: Recorder;
  /** For what the plan does not decide: where to go after a failure. */
  readonly random: SeededRandom;
  readonly url: (node: number) => string;
}

const READ_TIMEOUT_MS = 2_500;
const TRANSFER_GAS = 21_000n;
const CALL_GAS = 120_000n;

export class Client {
  readonly #options: ClientOptions;
  readonly #modules: ClientModules;
  #isBusy = false;
  #isStopping = false;
  #node: number;
  /** An error that no fault explains. */
  #failure: unknown;

  constructor(options: ClientOptions, modules: ClientModules) {
    this.#options = options;
    this.#modules = modules;
    this.#node = options.nodes[0] ?? 1;
  }

  /** Begins the next operation unless one is under way. */
  tick(): void {
    if (this.#isBusy || this.isDone) return;
    this.#isBusy = true;
    this.#step()
      .catch((error: unknown) => {
        this.#failure ??= error;
        this.#isStopping = true;
      })
      .finally(() => {
        this.#isBusy = false;
      });
  }

  /** No new operation begins; the one under way is brought to its end. */
  stop(): void {
    this.#isStopping = true;
  }

  get isDone(): boolean {
    return this.#isStopping && !this.#isBusy && this.#modules.sender.isSettled;
  }

  /** Throws what made the client fail, if anything did. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #step(): Promise<void> {
    const { plan, sender } = this.#modules;
    if (!sender.isSettled) {
      this.#node = this.#modules.random.pick(this.#options.nodes);
      await sender.attempt(this.#node);
      return;
    }
    if (this.#isStopping) return;
    const operation = plan.next();
    this.#node = operation.node;
    const query = this.#queryOf(operation);
    if (query !== null) {
      await this.#read(query);
      return;
    }
    await sender.begin(this.#callOf(operation));
    await sender.attempt(this.#node);
  }

  #callOf(operation: Operation): Call {
    const { registers, counter } = this.#options.contracts;
    switch (operation.kind) {
      case 'transfer': {
        const { to, wei } = operation;
        const intent = { kind: 'transfer', to, wei: String(wei) } as const;
        return { intent, to: to as Hex, wei, data: '0x', gas: TRANSFER_GAS };
      }
      case 'write': {
        const { key, value } = operation;
        const data = encodeWrite(key, value);
        const intent = { kind: 'write', key, value } as const;
        return { intent, to: registers, wei: 0n, data, gas: CALL_GAS };
      }
      default:
        return {
          intent: { kind: 'increment' },
          to: counter,
          wei: 0n,
          data: encodeIncrement(),
          gas: CALL_GAS,
        };
    }
  }

  #queryOf(operation: Operation): Query | null {
    switch (operation.kind) {
      case 'read-height':
        return { kind: 'height' };
      case 'read-counter':
        return { kind: 'counter' };
      case 'read-register': {
        const linearizable = operation.isLinearizable && this.#options.readsLinearizably;
        return { kind: 'register', key: operation.key, linearizable };
      }
      default:
        return null;
    }
  }

  async #read(query: Query): Promise<void> {
    const { recorder } = this.#modules;
    const invokedAt = recorder.now();
    const common = { client: this.#options.number, node: this.#node, query, invokedAt };
    try {
      const answer = await this.#ask(query);
      recorder.read({ ...common, completedAt: recorder.now(), outcome: 'ok', answer });
    } catch (error) {
      const completedAt = recorder.now();
      recorder.read({ ...common, completedAt, outcome: outcomeOf(error), error: wordsOf(error) });
    }
  }

  async #ask(query: Query): Promise<ReadAnswer> {
    const url = this.#modules.url(this.#node);
    const { registers, counter } = this.#options.contracts;
    switch (query.kind) {
      case 'height': {
        const number = await callRpc<string>(url, 'eth_blockNumber', [], READ_TIMEOUT_MS);
        return { version: Number(number), value: 0 };
      }
      case 'counter': {
        const call = { to: counter, data: encodeCount() };
        const output = await callRpc<Hex>(url, 'eth_call', [call, 'latest'], READ_TIMEOUT_MS);
        return { version: decodeCount(output), value: 0 };
      }
      case 'register': {
        const call = { to: registers, data: encodeRead(query.key) };
        const output = query.linearizable
          ? await readLinearizable(url, call, {
              way: query.key % 2 === 0 ? 'header' : 'confirmation',
              timeoutMs: READ_TIMEOUT_MS,
            })
          : await callRpc<Hex>(url, 'eth_call', [call, 'latest'], READ_TIMEOUT_MS);
        return decodeRead(output);
      }
    }
  }
}
