import type { TransactionData } from '@praline/chain';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addressOf,
  hashOf,
  legacyTransaction,
  weiOf,
} from '../testing/plain-chain.test.support.ts';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

const SENDER = addressOf(0xa1);
const committed = () => {
  const event = running.backend.chain.append(
    [legacyTransaction(0), feeMarket(1)],
    [{ address: addressOf(0xb2), topics: [hashOf(1)] }],
  );
  return event.block;
};

function feeMarket(nonce: number): TransactionData {
  const { gasPrice: _, ...fields } = legacyTransaction(nonce);
  return {
    ...fields,
    type: 2,
    hash: hashOf(0x7200 + nonce),
    maxFeePerGas: weiOf(3_000_000_000),
    maxPriorityFeePerGas: weiOf(500_000_000),
    accessList: [],
    v: 1n,
  };
}

describe('a block', () => {
  test('has the keys of its fork in order, by number and by hash', async () => {
    const { header } = committed();
    const block = await running.result('eth_getBlockByNumber', '0x1', false);
    expect(Object.keys(block as object)).toEqual([
      'baseFeePerGas',
      'blobGasUsed',
      'difficulty',
      'excessBlobGas',
      'extraData',
      'gasLimit',
      'gasUsed',
      'hash',
      'logsBloom',
      'miner',
      'mixHash',
      'nonce',
      'number',
      'parentBeaconBlockRoot',
      'parentHash',
      'receiptsRoot',
      'requestsHash',
      'sha3Uncles',
      'size',
      'stateRoot',
      'timestamp',
      'transactions',
      'transactionsRoot',
      'uncles',
      'withdrawals',
      'withdrawalsRoot',
    ]);
    expect(await running.result('eth_getBlockByHash', header.hash, false)).toEqual(block);
    expect(await running.result('eth_getBlockByNumber', 'latest')).toEqual(block);
    const {
      size: _,
      transactions: __,
      uncles: ___,
      withdrawals: ____,
      ...rest
    } = block as Record<string, unknown>;
    expect(await running.result('eth_getHeaderByHash', header.hash)).toEqual(rest);
    expect(await running.result('eth_getHeaderByNumber', '0x1')).toEqual(rest);
  });

  test('that does not exist is null everywhere', async () => {
    const nobody = hashOf(0xdead);
    const empty: [string, ...unknown[]][] = [
      ['eth_getBlockByNumber', '0x9', true],
      ['eth_getBlockByHash', nobody, true],
      ['eth_getHeaderByNumber', '0x9'],
      ['eth_getHeaderByHash', nobody],
      ['eth_getBlockTransactionCountByNumber', '0x9'],
      ['eth_getBlockTransactionCountByHash', nobody],
      ['eth_getUncleCountByBlockNumber', '0x9'],
      ['eth_getUncleCountByBlockHash', nobody],
      ['eth_getBlockReceipts', '0x9'],
      ['eth_getBlockReceipts', nobody],
      ['eth_getTransactionByBlockNumberAndIndex', '0x9', '0x0'],
      ['eth_getTransactionByBlockHashAndIndex', nobody, '0x0'],
      ['eth_getTransactionByHash', nobody],
      ['eth_getTransactionReceipt', nobody],
    ];
    for (const [method, ...params] of empty) {
      expect([method, await running.result(method, ...params)]).toEqual([method, null]);
    }
    expect(await running.result('eth_getRawTransactionByHash', nobody)).toBe('0x');
  });

  test('counts its transactions and has no uncles', async () => {
    const { header } = committed();
    expect(await running.result('eth_getBlockTransactionCountByNumber', '0x1')).toBe('0x2');
    expect(await running.result('eth_getBlockTransactionCountByHash', header.hash)).toBe('0x2');
    expect(await running.result('eth_getUncleCountByBlockNumber', '0x1')).toBe('0x0');
    expect(await running.result('eth_getUncleCountByBlockHash', header.hash)).toBe('0x0');
  });
});

describe('the pending block', () => {
  test('holds the executable pool as far as the gas limit goes, and nobody has made it', async () => {
    committed();
    const pooled = [2, 3, 4].map((nonce) => legacyTransaction(nonce));
    running.backend.pool.pending.set(SENDER, pooled);
    running.backend.pool.queued.set(addressOf(0xa2), [legacyTransaction(9, addressOf(0xa2))]);
    const block = await running.result('eth_getBlockByNumber', 'pending', false);
    expect(block).toMatchObject({
      hash: null,
      miner: null,
      nonce: null,
      number: '0x2',
      parentHash: running.backend.chain.head().hash,
      baseFeePerGas: `0x${(875_000_000).toString(16)}`,
      transactions: pooled.slice(0, 2).map(({ hash }) => hash),
    });
    expect(await running.result('eth_getBlockTransactionCountByNumber', 'pending')).toBe('0x2');
    expect(
      await running.result('eth_getTransactionByBlockNumberAndIndex', 'pending', '0x1'),
    ).toMatchObject({ hash: pooled[1]?.hash, blockHash: null, blockNumber: null });
  });
});

describe('a transaction', () => {
  test('has the fields of its type, the same from every method', async () => {
    const { header } = committed();
    const { hash } = feeMarket(1);
    const transaction = await running.result('eth_getTransactionByHash', hash);
    expect(Object.keys(transaction as object)).toEqual([
      'blockHash',
      'blockNumber',
      'blockTimestamp',
      'from',
      'gas',
      'gasPrice',
      'maxFeePerGas',
      'maxPriorityFeePerGas',
      'hash',
      'input',
      'nonce',
      'to',
      'transactionIndex',
      'value',
      'type',
      'accessList',
      'chainId',
      'v',
      'r',
      's',
      'yParity',
    ]);
    // Base fee of 1 gwei and a tip of 0.5 gwei.
    expect(transaction).toMatchObject({ gasPrice: '0x59682f00', transactionIndex: '0x1' });
    const others: [string, ...unknown[]][] = [
      ['eth_getTransactionByBlockNumberAndIndex', '0x1', '0x1'],
      ['eth_getTransactionByBlockHashAndIndex', header.hash, '0x1'],
    ];
    for (const [method, ...params] of others) {
      expect(await running.result(method, ...params)).toEqual(transaction);
    }
    const block = await running.result('eth_getBlockByNumber', '0x1', true);
    expect((block as { transactions: unknown[] }).transactions[1]).toEqual(transaction);
    expect(await running.result('eth_getRawTransactionByHash', hash)).toBe('0xf801');
    expect(await running.result('debug_getRawTransaction', hash)).toBe('0xf801');
  });

  test('in the pool has null placement and its highest price', async () => {
    const pooled = feeMarket(5);
    running.backend.pool.pending.set(SENDER, [pooled]);
    expect(await running.result('eth_getTransactionByHash', pooled.hash)).toMatchObject({
      blockHash: null,
      blockNumber: null,
      blockTimestamp: null,
      transactionIndex: null,
      gasPrice: '0xb2d05e00',
    });
    expect(await running.result('eth_getTransactionReceipt', pooled.hash)).toBeNull();
  });

  test('has a receipt with its logs once committed', async () => {
    const { header } = committed();
    const receipt = await running.result('eth_getTransactionReceipt', legacyTransaction(0).hash);
    expect(Object.keys(receipt as object)).toEqual([
      'blockHash',
      'blockNumber',
      'contractAddress',
      'cumulativeGasUsed',
      'effectiveGasPrice',
      'from',
      'gasUsed',
      'logs',
      'logsBloom',
      'status',
      'to',
      'transactionHash',
      'transactionIndex',
      'type',
    ]);
    expect((receipt as { logs: unknown[] }).logs).toEqual([
      {
        address: addressOf(0xb2),
        topics: [hashOf(1)],
        data: '0x',
        blockNumber: '0x1',
        transactionHash: legacyTransaction(0).hash,
        transactionIndex: '0x0',
        blockHash: header.hash,
        blockTimestamp: `0x${header.timestamp.toString(16)}`,
        logIndex: '0x0',
        removed: false,
      },
    ]);
    const receipts = await running.result('eth_getBlockReceipts', header.hash);
    expect((receipts as unknown[])[0]).toEqual(receipt);
    expect(receipts).toHaveLength(2);
  });
});

describe('eth_getLogs', () => {
  beforeEach(() => {
    const { chain } = running.backend;
    const [a, b] = [addressOf(0xa), addressOf(0xb)];
    chain.append([], [{ address: a, topics: [hashOf(1), hashOf(2)] }]);
    chain.append([], [{ address: b, topics: [hashOf(1)] }]);
    chain.append([], [{ address: a, topics: [hashOf(3), hashOf(2)] }]);
  });

  const blocksOf = async (filter: unknown) =>
    ((await running.result('eth_getLogs', filter)) as { blockNumber: string }[]).map(
      ({ blockNumber }) => Number(blockNumber),
    );

  test('finds by range, address and topics', async () => {
    const all = { fromBlock: 'earliest', toBlock: 'latest' };
    expect(await blocksOf(all)).toEqual([1, 2, 3]);
    expect(await blocksOf({})).toEqual([3]);
    expect(await blocksOf({ fromBlock: '0x2' })).toEqual([2, 3]);
    expect(await blocksOf({ ...all, address: addressOf(0xa) })).toEqual([1, 3]);
    expect(await blocksOf({ ...all, address: [addressOf(0xb), addressOf(0xc)] })).toEqual([2]);
    expect(await blocksOf({ ...all, topics: [hashOf(1)] })).toEqual([1, 2]);
    expect(await blocksOf({ ...all, topics: [null, hashOf(2)] })).toEqual([1, 3]);
    expect(await blocksOf({ ...all, topics: [[hashOf(1), hashOf(3)], [hashOf(2)]] })).toEqual([
      1, 3,
    ]);
    expect(await blocksOf({ ...all, topics: [[], null] })).toEqual([1, 3]);
    expect(await blocksOf({ fromBlock: '0x4' })).toEqual([]);
  });

  test('finds by the hash of a block that is on the chain', async () => {
    const { chain } = running.backend;
    const blockHash = chain.header({ tag: 'latest' })?.hash;
    expect(await blocksOf({ blockHash })).toEqual([3]);
    chain.revertTo(2);
    const { error } = await running.request('eth_getLogs', [{ blockHash }]);
    expect(error).toEqual({ code: -32000, message: 'unknown block' });
  });

  test('refuses ranges that are reversed, in the future, or doubly given', async () => {
    const refused = async (filter: unknown) =>
      (await running.request('eth_getLogs', [filter])).error;
    expect(await refused({ fromBlock: '0x3', toBlock: '0x1' })).toEqual({
      code: -32602,
      message: 'invalid block range params',
    });
    expect(await refused({ fromBlock: '0x1', toBlock: '0x9' })).toEqual({
      code: -32602,
      message: 'block range extends beyond current head block',
    });
    expect(await refused({ fromBlock: '0x1', blockHash: hashOf(1) })).toMatchObject({
      code: -32602,
    });
  });

  test('says so when there are too many', async () => {
    const small = await startServer({ limits: { resultsMax: 1 } });
    try {
      for (let count = 0; count < 2; count++) {
        small.backend.chain.append([], [{ address: addressOf(0xa), topics: [] }]);
      }
      expect((await small.request('eth_getLogs', [{ fromBlock: '0x0' }])).error).toMatchObject({
        code: -32005,
        message: expect.stringContaining('query returned more than'),
      });
    } finally {
      await small.close();
    }
  });
});
