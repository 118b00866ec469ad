/** Reads from every node its whole chain, in batches, and from one the balances. */
import type { Hex } from 'viem';
import { z } from 'zod';
import { callRpc, post } from '../../../harness/json-rpc.ts';
import type { ChainBlock, ChainTransaction, FinalState, NodeChain } from '../final-state.ts';
import { decodeCount, encodeCount } from '../workload/contracts.ts';
import type { IsolatedNetwork } from './isolated-network.ts';

export interface FinalStateOptions {
  /** Whom to ask. */
  readonly nodes: readonly number[];
  /** All accounts of the run; those that the chain names are added. */
  readonly accounts: readonly string[];
  readonly counter: string;
  /** A liar may have blocks made at any time: the chains are read up to the height that all have. Otherwise each to its end. */
  readonly isMoving: boolean;
}

/** Blocks in one request; each costs two calls. */
const BATCH_BLOCKS = 50;
const TIMEOUT_MS = 60_000;

const quantity = z.string().regex(/^0x[0-9a-f]+$/);
const blockSchema = z.looseObject({
  number: quantity,
  hash: z.string(),
  parentHash: z.string(),
  stateRoot: z.string(),
  receiptsRoot: z.string(),
  miner: z.string(),
  baseFeePerGas: quantity,
  transactions: z.array(
    z.looseObject({
      hash: z.string(),
      from: z.string(),
      to: z.string().nullable(),
      nonce: quantity,
      value: quantity,
    }),
  ),
});
const receiptsSchema = z.array(
  z.looseObject({
    transactionHash: z.string(),
    status: z.string(),
    gasUsed: quantity,
    effectiveGasPrice: quantity,
  }),
);
const answersSchema = z.array(z.looseObject({ id: z.number(), result: z.unknown() }));

export async function readFinalState(
  network: IsolatedNetwork,
  options: FinalStateOptions,
): Promise<FinalState> {
  const chains: NodeChain[] = [];
  const unread: FinalState['unread'][number][] = [];
  const attempt = async (node: number, action: () => Promise<void>): Promise<void> => {
    await action().catch((error: unknown) => {
      unread.push({ node, reason: error instanceof Error ? error.message : String(error) });
    });
  };
  const heights = new Map<number, number>();
  for (const node of options.nodes) {
    await attempt(node, async () => {
      const height = await callRpc<string>(network.url(node), 'eth_blockNumber', [], TIMEOUT_MS);
      heights.set(node, Number(height));
    });
  }
  const common = Math.min(...heights.values());
  for (const [node, height] of heights) {
    await attempt(node, async () => {
      const last = options.isMoving ? common : height;
      chains.push({ node, blocks: await readBlocks(network.url(node), last) });
    });
  }
  const url = network.url(chains[0]?.node ?? 1);
  const accounts = new Set(options.accounts.map((account) => account.toLowerCase()));
  for (const block of chains[0]?.blocks ?? []) {
    accounts.add(block.miner);
    for (const { from, to } of block.transactions) {
      accounts.add(from);
      if (to !== null) accounts.add(to);
    }
  }
  const balances = async (block: string): Promise<ReadonlyMap<string, bigint>> => {
    const calls = [...accounts].map((account) => ({
      method: 'eth_getBalance',
      params: [account, block],
    }));
    const answers = (await batch(url, calls)).map((answer) => BigInt(quantity.parse(answer)));
    return new Map([...accounts].map((account, position) => [account, answers[position] ?? 0n]));
  };
  const last = `0x${((chains[0]?.blocks.length ?? 1) - 1).toString(16)}`;
  const count = { to: options.counter, data: encodeCount() };
  // A chain that lost the contract answers with nothing.
  const counter = await callRpc<Hex>(url, 'eth_call', [count, last], TIMEOUT_MS)
    .then(decodeCount)
    .catch(() => null);
  return {
    chains,
    unread,
    balancesBefore: await balances('0x0'),
    balancesAfter: await balances(last),
    counter,
  };
}

async function readBlocks(url: string, height: number): Promise<readonly ChainBlock[]> {
  const blocks: ChainBlock[] = [];
  for (let first = 0; first <= height; first += BATCH_BLOCKS) {
    const count = Math.min(BATCH_BLOCKS, height - first + 1);
    const numbers = Array.from(
      { length: count },
      (_, offset) => `0x${(first + offset).toString(16)}`,
    );
    const answers = await batch(
      url,
      numbers.flatMap((number) => [
        { method: 'eth_getBlockByNumber', params: [number, true] },
        { method: 'eth_getBlockReceipts', params: [number] },
      ]),
    );
    for (let position = 0; position < count; position++) {
      blocks.push(parseBlock(answers[position * 2], answers[position * 2 + 1]));
    }
  }
  return blocks;
}

function parseBlock(block: unknown, receipts: unknown): ChainBlock {
  const parsed = blockSchema.parse(block);
  const receiptList = receiptsSchema.parse(receipts);
  return {
    number: Number(parsed.number),
    hash: parsed.hash,
    parentHash: parsed.parentHash,
    stateRoot: parsed.stateRoot,
    receiptsRoot: parsed.receiptsRoot,
    miner: parsed.miner.toLowerCase(),
    baseFee: BigInt(parsed.baseFeePerGas),
    transactions: parsed.transactions.map((transaction, index): ChainTransaction => {
      const receipt = receiptList[index];
      if (receipt?.transactionHash !== transaction.hash) {
        throw new Error(`block ${parsed.number}: the receipt of ${transaction.hash} is missing`);
      }
      return {
        hash: transaction.hash,
        from: transaction.from.toLowerCase(),
        nonce: Number(transaction.nonce),
        to: transaction.to?.toLowerCase() ?? null,
        wei: BigInt(transaction.value),
        gasUsed: BigInt(receipt.gasUsed),
        gasPrice: BigInt(receipt.effectiveGasPrice),
        succeeded: receipt.status === '0x1',
        receipt: JSON.stringify(receipt),
      };
    }),
  };
}

interface BatchCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Results in the order of the calls. Throws when a call has none. */
async function batch(url: string, calls: readonly BatchCall[]): Promise<readonly unknown[]> {
  const body = calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call }));
  const { text } = await post(url, JSON.stringify(body), {}, TIMEOUT_MS);
  const answers = new Map(
    answersSchema.parse(JSON.parse(text)).map((answer) => [answer.id, answer]),
  );
  return calls.map((call, id) => {
    const answer = answers.get(id);
    if (answer?.result === undefined || answer.result === null) {
      throw new Error(`${call.method} ${JSON.stringify(call.params)}: ${JSON.stringify(answer)}`);
    }
    return answer.result;
  });
}
