/**
 * A client that keeps sending transfers whatever happens to the nodes, and remembers which were acknowledged. When a
 * node fails it sends the very same signed transaction to the next one, as a careful application would.
 */
import { keccak256 } from 'viem';
import type { HDAccount } from 'viem/accounts';
import { expect } from 'vitest';
import { JsonRpcError } from '../../harness/json-rpc.ts';
import type { Network } from '../../harness/network.ts';
import { until } from '../../harness/until.ts';

/** Wei moved by each transfer. */
const VALUE = 1n;
/** Milliseconds after which one attempt is given up. */
const ATTEMPT_TIMEOUT_MS = 5_000;
/** Milliseconds without any acknowledgement after which the load fails. */
const OUTAGE_MAX_MS = 90_000;

export interface LoadResult {
  /** Hashes of transactions that a node acknowledged, in the order of their nonces. */
  readonly acknowledged: readonly string[];
  /** Attempts that failed and were repeated elsewhere. */
  readonly retries: number;
}

export class Load {
  readonly #network: Network;
  readonly #account: HDAccount;
  readonly #recipient: `0x${string}`;
  readonly #acknowledged: string[] = [];
  #retries = 0;
  #stopping = false;
  #finished: Promise<void>;

  /** Starts at once, from the account's nonce on `firstNode`. */
  constructor(
    network: Network,
    options: { account: HDAccount; recipient: `0x${string}`; firstNode: number },
  ) {
    this.#network = network;
    this.#account = options.account;
    this.#recipient = options.recipient;
    this.#finished = this.#run(options.firstNode);
  }

  /** How many transactions are acknowledged so far. */
  get count(): number {
    return this.#acknowledged.length;
  }

  /** Lets the transaction in flight finish. Throws what made the load fail. */
  async stop(): Promise<LoadResult> {
    this.#stopping = true;
    await this.#finished;
    return { acknowledged: this.#acknowledged, retries: this.#retries };
  }

  async #run(firstNode: number): Promise<void> {
    const { address } = this.#account;
    const chainId = Number(await this.#network.rpc<string>(firstNode, 'eth_chainId'));
    let nonce = Number(
      await this.#network.rpc<string>(firstNode, 'eth_getTransactionCount', [address, 'latest']),
    );
    let node = firstNode;
    for (; !this.#stopping; nonce++) {
      const raw = await this.#account.signTransaction({
        type: 'eip1559',
        chainId,
        nonce,
        to: this.#recipient,
        value: VALUE,
        gas: 21_000n,
        maxFeePerGas: 10_000_000_000n,
        maxPriorityFeePerGas: 1_000_000_000n,
      });
      node = await this.#sendUntilAcknowledged(raw, node);
    }
  }

  /** Returns the node that acknowledged. Gives up only when the load is stopped while no node takes it. */
  async #sendUntilAcknowledged(raw: `0x${string}`, firstNode: number): Promise<number> {
    let node = firstNode;
    await until(async () => {
      try {
        const hash = await this.#network.rpc<string>(
          node,
          'eth_sendRawTransaction',
          [raw],
          ATTEMPT_TIMEOUT_MS,
        );
        expect(hash).toBe(keccak256(raw));
        this.#acknowledged.push(hash);
      } catch (error) {
        if (error instanceof JsonRpcError && isMined(error)) {
          this.#acknowledged.push(keccak256(raw));
        } else if (!this.#stopping) {
          this.#retries += 1;
          node = (node % this.#network.numbers.length) + 1;
          throw error;
        }
      }
    }, OUTAGE_MAX_MS);
    return node;
  }
}

/** The answer to an earlier attempt was lost with its node, but the transaction was not: only it has this nonce. */
function isMined(error: JsonRpcError): boolean {
  return /nonce too low/i.test(error.message);
}
