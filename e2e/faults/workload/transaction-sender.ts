/**
 * One account, one transaction at a time. While the outcome of a transaction is unknown it is sent again elsewhere, or
 * a rival with the same nonce is sent, until a node shows a receipt of one of them: only then the nonce is spent.
 */
import { type Hex, keccak256 } from 'viem';
import type { HDAccount } from 'viem/accounts';
import { z } from 'zod';
import { callRpc, JsonRpcError } from '../../../harness/json-rpc.ts';
import type { Intent, Outcome, Position } from '../history.ts';
import type { SeededRandom } from '../random.ts';
import type { Recorder } from './recorder.ts';

export interface Call {
  readonly intent: Intent;
  readonly to: Hex | undefined;
  readonly wei: bigint;
  readonly data: Hex;
  readonly gas: bigint;
}

export interface SenderOptions {
  readonly client: number;
  readonly account: HDAccount;
  readonly chainId: number;
  /** Decides about what follows an unknown outcome; what it draws does not shift the plan. */
  readonly random: SeededRandom;
}

export interface SenderModules {
  readonly recorder: Recorder;
  readonly url: (node: number) => string;
}

interface Candidate {
  readonly hash: Hex;
  readonly raw: Hex;
}

/** Milliseconds a client waits for an answer; a node that can not agree says so after 5 s. */
const SEND_TIMEOUT_MS = 4_000;
const RECEIPT_TIMEOUT_MS = 2_000;
const FEE_CAP = 100_000_000_000n;
const TIP = 1_000_000_000n;
/** A rival pays double, so that no pool refuses it for paying too little. */
const RIVALS_MAX = 2;
const RIVAL_CHANCE = 0.15;

const receiptSchema = z.looseObject({
  blockNumber: z.string(),
  blockHash: z.string(),
  transactionIndex: z.string(),
  status: z.string(),
  contractAddress: z.string().nullish(),
});
type Receipt = z.infer<typeof receiptSchema>;

export class TransactionSender {
  readonly #options: SenderOptions;
  readonly #modules: SenderModules;
  #nonce = 0;
  #call: Call | null = null;
  #candidates: Candidate[] = [];
  /** Sendings of the present candidates. */
  #attempts = 0;
  #receipt: Receipt | null = null;

  constructor(options: SenderOptions, modules: SenderModules) {
    this.#options = options;
    this.#modules = modules;
  }

  get isSettled(): boolean {
    return this.#call === null;
  }

  /** Of the last transaction that was settled. */
  get contractAddress(): Hex {
    return (this.#receipt?.contractAddress ?? '0x') as Hex;
  }

  /** Signs a transaction; `attempt` sends it. */
  async begin(call: Call): Promise<void> {
    if (this.#call !== null) throw new Error('the transaction before is not settled');
    this.#call = call;
    await this.#sign(call);
  }

  /** Sends to one node, once, and notes what came of it. */
  async attempt(node: number): Promise<void> {
    const call = this.#call;
    if (call === null) return;
    const { random } = this.#options;
    const isRepeated = this.#candidates.length > 0 && this.#attempts > 0;
    if (isRepeated && this.#candidates.length <= RIVALS_MAX && random.chance(RIVAL_CHANCE)) {
      await this.#sign(call);
    }
    const candidate = isRepeated ? random.pick(this.#candidates) : this.#candidates[0];
    if (candidate === undefined) throw new Error('nothing is signed');
    this.#attempts += 1;
    const invokedAt = this.#modules.recorder.now();
    const url = this.#modules.url(node);
    let isAccepted = false;
    try {
      await callRpc(url, 'eth_sendRawTransaction', [candidate.raw], SEND_TIMEOUT_MS);
      isAccepted = true;
      const shown = await this.#receiptOf(node, candidate);
      // A node that lags takes the transaction for a later one, and answers before it is mined.
      if (shown === null) this.#note(node, candidate, invokedAt, 'unknown', 'sent, not mined');
      else this.#settle(node, candidate, invokedAt, shown);
    } catch (error) {
      const outcome = isAccepted ? 'unknown' : outcomeOf(error);
      this.#note(node, candidate, invokedAt, outcome, wordsOf(error));
      if (error instanceof JsonRpcError) await this.#lookFor(node, invokedAt);
    }
  }

  /** A pool that knows the transaction, or a spent nonce, means that one of the candidates may be mined. */
  async #lookFor(node: number, invokedAt: number): Promise<void> {
    for (const candidate of this.#candidates) {
      const receipt = await this.#receiptOf(node, candidate).catch(() => null);
      if (receipt !== null) {
        this.#settle(node, candidate, invokedAt, receipt);
        return;
      }
    }
  }

  async #receiptOf(node: number, { hash }: Candidate): Promise<Receipt | null> {
    const receipt = await callRpc<unknown>(
      this.#modules.url(node),
      'eth_getTransactionReceipt',
      [hash],
      RECEIPT_TIMEOUT_MS,
    );
    return receipt === null ? null : receiptSchema.parse(receipt);
  }

  async #sign(call: Call): Promise<void> {
    const { account, chainId } = this.#options;
    const factor = 2n ** BigInt(this.#candidates.length);
    // A rival moves another amount where it can, so that it is another transaction in more than its fee.
    const wei = call.wei === 0n ? 0n : call.wei + BigInt(this.#candidates.length);
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId,
      nonce: this.#nonce,
      to: call.to,
      value: wei,
      data: call.data,
      gas: call.gas,
      maxFeePerGas: FEE_CAP * factor,
      maxPriorityFeePerGas: TIP * factor,
    });
    const candidate = { hash: keccak256(raw), raw };
    this.#candidates.push(candidate);
    const { intent } = call;
    this.#modules.recorder.sent({
      hash: candidate.hash,
      account: account.address.toLowerCase(),
      nonce: this.#nonce,
      intent: intent.kind === 'transfer' ? { ...intent, wei: String(wei) } : intent,
    });
  }

  #settle(node: number, { hash }: Candidate, invokedAt: number, receipt: Receipt): void {
    const position: Position = {
      blockNumber: Number(receipt.blockNumber),
      blockHash: receipt.blockHash,
      index: Number(receipt.transactionIndex),
    };
    const { recorder } = this.#modules;
    const completedAt = recorder.now();
    const { client } = this.#options;
    recorder.attempted({ client, node, hash, invokedAt, completedAt, outcome: 'ok', position });
    this.#receipt = receipt;
    this.#nonce += 1;
    this.#call = null;
    this.#candidates = [];
    this.#attempts = 0;
  }

  #note(
    node: number,
    { hash }: Candidate,
    invokedAt: number,
    outcome: Exclude<Outcome, 'ok'>,
    error: string,
  ): void {
    const { recorder } = this.#modules;
    const { client } = this.#options;
    const completedAt = recorder.now();
    recorder.attempted({ client, node, hash, invokedAt, completedAt, outcome, error });
  }
}

/** Connections that were never made carry nothing; everything else may have arrived. */
export function outcomeOf(error: unknown): 'failed' | 'unknown' {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH'
    ? 'failed'
    : 'unknown';
}

export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
