/** A small run in which everything is right, for tests that then break one thing. */
import type { ChainBlock, ChainTransaction, FinalState } from '../final-state.ts';
import type { Attempt, History, Intent, Read, SentTransaction } from '../history.ts';

export const ALICE = '0xa11ce';
export const BOB = '0xb0b';
export const REGISTERS = '0x2e9';
export const MINER = '0x0';
const BASE_FEE = 7n;
const GAS_PRICE = 10n;
const GAS = 100n;
export const BEFORE = 1_000_000n;

interface Sent {
  readonly hash: string;
  readonly from: string;
  readonly nonce: number;
  readonly intent: Intent;
  readonly to: string;
  readonly wei: bigint;
}

const SENT: readonly Sent[] = [
  { hash: 't1', from: ALICE, nonce: 0, intent: transfer('5'), to: BOB, wei: 5n },
  { hash: 't2', from: ALICE, nonce: 1, intent: write(11), to: REGISTERS, wei: 0n },
  { hash: 't3', from: BOB, nonce: 0, intent: { kind: 'increment' }, to: REGISTERS, wei: 0n },
  { hash: 't4', from: ALICE, nonce: 2, intent: write(12), to: REGISTERS, wei: 0n },
];

function transfer(wei: string): Intent {
  return { kind: 'transfer', to: BOB, wei };
}

function write(value: number): Intent {
  return { kind: 'write', key: 0, value };
}

/** Transaction `t<n>` is sent at `n * 100` ms and acknowledged 50 ms later by node 1 in block n; `t5` stays in doubt. */
export function goodHistory(): History & {
  transactions: SentTransaction[];
  attempts: Attempt[];
  reads: Read[];
} {
  const transactions: SentTransaction[] = SENT.map(({ hash, from, nonce, intent }) => ({
    hash,
    account: from,
    nonce,
    intent,
  }));
  transactions.push({ hash: 't5', account: BOB, nonce: 1, intent: write(13) });
  const attempts: Attempt[] = SENT.map(({ hash }, position) => ({
    client: 1,
    node: 1,
    hash,
    invokedAt: (position + 1) * 100,
    completedAt: (position + 1) * 100 + 50,
    outcome: 'ok',
    position: { blockNumber: position + 1, blockHash: `b${position + 1}`, index: 0 },
  }));
  attempts.push({
    ...{ client: 2, node: 2, hash: 't5', invokedAt: 500, completedAt: 900 },
    ...{ outcome: 'unknown', error: 'no answer' },
  });
  return {
    transactions,
    attempts,
    reads: [
      readOf('register', 260, { version: 1, value: 11 }),
      readOf('register', 460, { version: 2, value: 12 }),
      readOf('counter', 360, { version: 1, value: 0 }),
      readOf('height', 470, { version: 4, value: 0 }),
    ],
  };
}

/** A read of node 1 that takes 10 ms. */
export function readOf(
  kind: 'register' | 'counter' | 'height',
  invokedAt: number,
  answer: { readonly version: number; readonly value: number },
): Extract<Read, { outcome: 'ok' }> {
  const query = kind === 'register' ? { kind, key: 0, linearizable: false } : { kind };
  const completedAt = invokedAt + 10;
  return { client: 3, node: 1, query, invokedAt, completedAt, outcome: 'ok', answer };
}

export function chainTransaction(sent: Sent): ChainTransaction {
  return {
    hash: sent.hash,
    from: sent.from,
    nonce: sent.nonce,
    to: sent.to,
    wei: sent.wei,
    gasUsed: GAS,
    gasPrice: GAS_PRICE,
    succeeded: true,
    receipt: `receipt of ${sent.hash}`,
  };
}

export function chainBlock(number: number, transactions: readonly ChainTransaction[]): ChainBlock {
  return {
    number,
    hash: `b${number}`,
    parentHash: `b${number - 1}`,
    stateRoot: `s${number}`,
    receiptsRoot: `r${number}`,
    miner: MINER,
    baseFee: BASE_FEE,
    transactions,
  };
}

export function goodBlocks(): ChainBlock[] {
  return [
    chainBlock(0, []),
    ...SENT.map((sent, position) => chainBlock(position + 1, [chainTransaction(sent)])),
  ];
}

/** Three nodes with these blocks; what everybody has follows from four transactions of 100 gas. */
export function stateOf(blocks: readonly ChainBlock[] = goodBlocks()): FinalState {
  const fee = GAS * GAS_PRICE;
  return {
    chains: [1, 2, 3].map((node) => ({ node, blocks })),
    unread: [],
    balancesBefore: new Map([
      [ALICE, BEFORE],
      [BOB, BEFORE],
    ]),
    balancesAfter: new Map([
      [ALICE, BEFORE - 3n * fee - 5n],
      [BOB, BEFORE - fee + 5n],
      [MINER, 4n * GAS * (GAS_PRICE - BASE_FEE)],
    ]),
    counter: 1,
  };
}
