/** The methods of explorers and tracers, over a real chain. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGenesis, DEV_MNEMONIC, devGenesisFile } from '@praline/chain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRpcServer, type RpcServer } from '../server/rpc-server.ts';
import { ChainBackend } from '../testing/chain-backend.test.support.ts';

const SENDER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const GIVER = `0x${'f0'.repeat(20)}`;
const REVERTING = `0x${'c1'.repeat(20)}`;
const TAKER = `0x${'bb'.repeat(20)}`;
const NO_ARGUMENTS = '5f5f5f5f';
const pushed = (address: string) => `73${address.slice(2)}`;
/** Gives what it is sent to TAKER, makes an empty contract, calls REVERTING in vain, stores 42 in slot 1. */
const GIVER_CODE = `0x${NO_ARGUMENTS}34${pushed(TAKER)}5af150${'5f5f5ff050'}${NO_ARGUMENTS}5f${pushed(REVERTING)}5af150602a60015500`;
/** Reverts with four zero bytes. */
const REVERTING_CODE = '0x60045ffd';
/** Sends its input to the console. */
const PRINTER = `0x${'d0'.repeat(20)}`;
const PRINTER_CODE = `0x365f5f375f5f365f73000000000000000000636f6e736f6c652e6c6f675afa00`;
/** Makes a contract of one STOP. */
const CREATION = '0x60015ff3';
const WORD_1 = `0x${'1'.padStart(64, '0')}`;
const WORD_42 = `0x${'2a'.padStart(64, '0')}`;

let folder: string;
let chain: ChainBackend;
let server: RpcServer;

async function answer(method: string, ...params: unknown[]) {
  const response = await fetch(`http://127.0.0.1:${server.address.port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  // What a client gets of any shape; the tests say which they expect.
  return JSON.parse(await response.text());
}

async function ask(method: string, ...params: unknown[]) {
  const { result, error } = await answer(method, ...params);
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}

/** A block of these; answers their hashes. */
async function mine(...sends: object[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const send of sends) {
    hashes.push(await ask('eth_sendTransaction', { from: SENDER, gas: '0x30d40', ...send }));
  }
  await ask('evm_mine');
  return hashes;
}

/** Block 1: a gift, a plain transfer. 2: a failed call. 3: a creation. 4: empty. 5: a transfer. */
let gift: string;
let transfer: string;
let failure: string;
let creation: string;
let last: string;
let created: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'praline-explorers-'));
  const file = devGenesisFile();
  const contract = (code: string) => ({ balance: '0x0', nonce: '0x1', code });
  const alloc = {
    ...(file['alloc'] as object),
    [GIVER]: contract(GIVER_CODE),
    [REVERTING]: contract(REVERTING_CODE),
    [PRINTER]: contract(PRINTER_CODE),
  };
  chain = await ChainBackend.create(folder, createGenesis({ ...file, alloc }), {
    mnemonic: DEV_MNEMONIC,
    instant: false,
  });
  server = createRpcServer(chain.backend, { port: 0 });
  await server.listen();
  [gift = '', transfer = ''] = await mine({ to: GIVER, value: '0x7' }, { to: TAKER, value: '0x1' });
  [failure = ''] = await mine({ to: REVERTING });
  [creation = ''] = await mine({ data: CREATION });
  await mine();
  [last = ''] = await mine({ to: TAKER, value: '0x2' });
  created = (await ask('eth_getTransactionReceipt', creation)).contractAddress;
});

afterAll(async () => {
  await server.close();
  await chain.close();
  rmSync(folder, { recursive: true });
});

describe('Otterscan', () => {
  test('finds a node that serves it', async () => {
    expect(await ask('ots_getApiLevel')).toBe(8);
    expect(await ask('erigon_getHeaderByNumber', 1)).toEqual(
      await ask('eth_getHeaderByNumber', '0x1'),
    );
    expect(await ask('ots_hasCode', GIVER, 'latest')).toBe(true);
    expect(await ask('ots_hasCode', created, 2)).toBe(false);
    expect(await ask('ots_hasCode', TAKER)).toBe(false);
  });

  test('is told what happened inside of a transaction, without what was undone', async () => {
    const operations = await ask('ots_getInternalOperations', gift);
    expect(operations).toEqual([
      { type: 0, from: GIVER, to: TAKER, value: '0x7' },
      { type: 2, from: GIVER, to: expect.stringMatching(/^0x[0-9a-f]{40}$/), value: '0x0' },
    ]);
    const call = { type: 'CALL', input: '0x', output: '0x' };
    expect(await ask('ots_traceTransaction', gift)).toEqual([
      { ...call, depth: 0, from: SENDER, to: GIVER, value: '0x7' },
      { ...call, depth: 1, from: GIVER, to: TAKER, value: '0x7' },
      { ...call, type: 'CREATE', depth: 1, from: GIVER, to: operations[1].to, value: '0x0' },
      { ...call, depth: 1, from: GIVER, to: REVERTING, value: '0x0', output: '0x00000000' },
    ]);
    expect(await ask('ots_getInternalOperations', failure)).toEqual([]);
  });

  test('is told what a transaction reverted with', async () => {
    expect(await ask('ots_getTransactionError', failure)).toBe('0x00000000');
    expect(await ask('ots_getTransactionError', gift)).toBe('0x');
    expect((await answer('ots_getTransactionError', WORD_1)).error).toEqual({
      code: -32000,
      message: 'transaction not found',
    });
  });

  test('is shown a block with what it cost, and its transactions page by page from the end', async () => {
    const block = await ask('eth_getBlockByNumber', '0x1');
    const receipts = await ask('eth_getBlockReceipts', '0x1');
    const fees = receipts.reduce(
      (sum: bigint, one: { gasUsed: string; effectiveGasPrice: string }) =>
        sum + BigInt(one.gasUsed) * BigInt(one.effectiveGasPrice),
      0n,
    );
    const details = await ask('ots_getBlockDetails', 1);
    expect(details).toMatchObject({
      block: { hash: block.hash, size: block.size, transactionCount: 2, logsBloom: null },
      issuance: { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' },
      totalFees: `0x${fees.toString(16)}`,
    });
    expect(await ask('ots_getBlockDetailsByHash', block.hash)).toEqual(details);
    expect(await ask('ots_getBlockDetails', 99)).toBeNull();
    const page = await ask('ots_getBlockTransactions', 1, 0, 1);
    expect(page.fullblock.transactions.map(({ hash }: { hash: string }) => hash)).toEqual([
      transfer,
    ]);
    expect(page.receipts).toMatchObject([{ transactionHash: transfer, logs: null }]);
    const before = await ask('ots_getBlockTransactions', '0x1', 1, 1);
    expect(before.receipts).toMatchObject([{ transactionHash: gift }]);
    expect((await ask('ots_getBlockTransactions', 1, 2, 1)).receipts).toEqual([]);
    const [{ input }] = (await ask('ots_getBlockTransactions', 3, 0, 5)).fullblock.transactions;
    expect(input).toBe(CREATION.slice(0, 10));
  });

  test('pages through the transactions of an address in both directions', async () => {
    const search = async (direction: string, ...params: unknown[]) => {
      const { txs, receipts, ...pages } = await ask(
        `ots_searchTransactions${direction}`,
        ...params,
      );
      const hashes = txs.map(({ hash }: { hash: string }) => hash);
      expect(
        receipts.map(({ transactionHash }: { transactionHash: string }) => transactionHash),
      ).toEqual(hashes);
      return { hashes, ...pages };
    };
    const all = [last, creation, failure, transfer, gift];
    expect(await search('Before', SENDER, 0, 25)).toEqual({
      hashes: all,
      firstPage: true,
      lastPage: true,
    });
    expect(await search('After', SENDER, 0, 25)).toEqual({
      hashes: all,
      firstPage: true,
      lastPage: true,
    });
    expect(await search('Before', SENDER, 0, 2)).toEqual({
      hashes: [last, creation],
      firstPage: true,
      lastPage: false,
    });
    expect(await search('Before', SENDER, 3, 2)).toEqual({
      hashes: [failure, transfer, gift],
      firstPage: false,
      lastPage: true,
    });
    expect(await search('After', SENDER, 1, 1)).toEqual({
      hashes: [failure],
      firstPage: false,
      lastPage: false,
    });
    expect((await search('Before', TAKER, 0, 25)).hashes).toEqual([last, transfer]);
    expect((await search('Before', created, 0, 25)).hashes).toEqual([creation]);
    expect((await search('Before', `0x${'77'.repeat(20)}`, 0, 25)).hashes).toEqual([]);
    expect((await answer('ots_searchTransactionsBefore', SENDER, 0, 1001)).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('a page has 1 to 1000 transactions'),
    });
  });

  test('finds a transaction by its nonce, and who made a contract', async () => {
    const sent = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((nonce) => ask('ots_getTransactionBySenderAndNonce', SENDER, nonce)),
    );
    expect(sent).toEqual([gift, transfer, failure, creation, last, null]);
    expect(await ask('ots_getContractCreator', created)).toEqual({
      hash: creation,
      creator: SENDER,
    });
    expect(await ask('ots_getContractCreator', GIVER)).toBeNull();
    expect(await ask('ots_getContractCreator', TAKER)).toBeNull();
  });
});

describe('traces of OpenEthereum', () => {
  test('list the calls of a transaction with their addresses', async () => {
    const traces = await ask('trace_transaction', gift);
    const { hash } = await ask('eth_getBlockByNumber', '0x1');
    const place = {
      blockHash: hash,
      blockNumber: 1,
      transactionHash: gift,
      transactionPosition: 0,
    };
    const gas = expect.stringMatching(/^0x/);
    const call = { callType: 'call', gas, input: '0x' };
    expect(traces).toEqual([
      {
        ...{ ...place, type: 'call', subtraces: 3, traceAddress: [] },
        action: { ...call, from: SENDER, to: GIVER, value: '0x7' },
        result: { gasUsed: gas, output: '0x' },
      },
      {
        ...{ ...place, type: 'call', subtraces: 0, traceAddress: [0] },
        action: { ...call, from: GIVER, to: TAKER, value: '0x7' },
        result: { gasUsed: '0x0', output: '0x' },
      },
      {
        ...{ ...place, type: 'create', subtraces: 0, traceAddress: [1] },
        action: { creationMethod: 'create', from: GIVER, gas, init: '0x', value: '0x0' },
        result: { address: expect.stringMatching(/^0x/), code: '0x', gasUsed: '0x0' },
      },
      {
        ...{ ...place, type: 'call', subtraces: 0, traceAddress: [2] },
        action: { ...call, from: GIVER, to: REVERTING, value: '0x0' },
        error: 'Reverted',
        result: { gasUsed: gas, output: '0x00000000' },
      },
    ]);
    expect(await ask('trace_get', gift, ['0x2'])).toEqual(traces[3]);
    expect(await ask('trace_get', gift, [])).toEqual(traces[0]);
    expect(await ask('trace_get', gift, ['0x2', '0x0'])).toBeNull();
    const block = await ask('trace_block', '0x1');
    expect(block.slice(0, 4)).toEqual(traces);
    expect(block.slice(4)).toEqual(await ask('trace_transaction', transfer));
    expect(await ask('trace_block', '0x4')).toEqual([]);
    expect(await ask('trace_block', '0x0')).toEqual([]);
    expect(await ask('trace_block', '0x63')).toBeNull();
    expect(await ask('trace_transaction', WORD_1)).toBeNull();
  });

  test('are filtered by address over a bounded range', async () => {
    const paths = async (filter: object) =>
      (await ask('trace_filter', { fromBlock: '0x0', ...filter })).map(
        ({ transactionHash, traceAddress }: { transactionHash: string; traceAddress: number[] }) =>
          `${transactionHash} ${traceAddress.join()}`,
      );
    const toTaker = [`${gift} 0`, `${transfer} `, `${last} `];
    expect(await paths({ toAddress: [TAKER] })).toEqual(toTaker);
    expect(await paths({ toAddress: [TAKER], after: 1, count: 1 })).toEqual(toTaker.slice(1, 2));
    expect(await paths({ fromAddress: [GIVER], toAddress: [TAKER], mode: 'intersection' })).toEqual(
      [`${gift} 0`],
    );
    expect(await paths({ fromAddress: [GIVER], toAddress: [TAKER] })).toEqual([
      ...[`${gift} 0`, `${gift} 1`, `${gift} 2`],
      ...toTaker.slice(1),
    ]);
    expect(await paths({ toAddress: [created] })).toEqual([`${creation} `]);
    expect(await paths({ toAddress: [TAKER], fromBlock: '0x2', toBlock: '0x4' })).toEqual([]);
  });

  test('say what a transaction changed', async () => {
    const replay = await ask('trace_replayTransaction', gift, ['stateDiff']);
    expect(replay).toMatchObject({ output: '0x', trace: [], vmTrace: null });
    expect(replay.stateDiff[GIVER]).toEqual({
      balance: '=',
      code: '=',
      nonce: { '*': { from: '0x1', to: '0x2' } },
      storage: { [WORD_1]: { '*': { from: `0x${'00'.repeat(32)}`, to: WORD_42 } } },
    });
    expect(replay.stateDiff[TAKER]).toEqual({
      balance: { '+': '0x7' },
      code: { '+': '0x' },
      nonce: { '+': '0x0' },
      storage: {},
    });
    expect(replay.stateDiff[SENDER]).toMatchObject({
      balance: { '*': { from: expect.any(String), to: expect.any(String) } },
      nonce: { '*': { from: '0x0', to: '0x1' } },
    });
    expect(replay.stateDiff).not.toHaveProperty(REVERTING);
    const block = await ask('trace_replayBlockTransactions', '0x1', ['trace', 'stateDiff']);
    expect(block).toHaveLength(2);
    expect(block[0]).toMatchObject({ transactionHash: gift, stateDiff: replay.stateDiff });
    expect(block[1].stateDiff[TAKER].balance).toEqual({ '*': { from: '0x7', to: '0x8' } });
    expect(block[1].trace).toHaveLength(1);
  });

  test('are made of calls, each on what those before it left', async () => {
    const call = { from: SENDER, to: TAKER, value: '0x5' };
    const [first, second] = await ask('trace_callMany', [
      [call, ['stateDiff']],
      [call, ['trace', 'stateDiff']],
    ]);
    expect(first.stateDiff[TAKER].balance).toEqual({ '*': { from: '0xa', to: '0xf' } });
    expect(second.stateDiff[TAKER].balance).toEqual({ '*': { from: '0xf', to: '0x14' } });
    expect(second.trace).toHaveLength(1);
    expect(await ask('trace_call', call, ['stateDiff'])).toMatchObject({
      stateDiff: { [TAKER]: first.stateDiff[TAKER] },
    });
    const raw = await ask('debug_getRawTransaction', gift);
    const traced = await ask('trace_rawTransaction', raw, ['trace']);
    expect(traced.trace).toHaveLength(4);
    expect(await ask('eth_getTransactionCount', SENDER, 'latest')).toBe('0x5');
  });

  test('refuse the steps of the machine with the reason', async () => {
    expect((await answer('trace_replayTransaction', gift, ['vmTrace'])).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('vmTrace is not supported'),
    });
  });
});

test('debuggers page through the storage of a contract in the middle of a block', async () => {
  const { hash } = await ask('eth_getBlockByNumber', '0x1');
  const range = (index: number, limit: number) =>
    ask('debug_storageRangeAt', hash, index, GIVER, '0x00', limit);
  const hashed = await ask('web3_sha3', WORD_1);
  expect(await range(0, 10)).toEqual({ storage: {}, nextKey: null });
  expect(await range(1, 10)).toEqual({
    storage: { [hashed]: { key: WORD_1, value: WORD_42 } },
    nextKey: null,
  });
  expect(await range(2, 0)).toEqual({ storage: {}, nextKey: hashed });
  expect((await answer('debug_storageRangeAt', hash, 3, GIVER, '0x00', 1)).error).toEqual({
    code: -32602,
    message: `transaction index 3 out of range for block ${hash}`,
  });
});

test('what contracts printed is told of a committed transaction', async () => {
  const data = `0xf82c50f1${WORD_42.slice(2)}`;
  const [hash] = await mine({ to: PRINTER, data });
  expect(await ask('debug_consoleLog', hash)).toEqual(['42']);
  expect(await ask('debug_consoleLog', gift)).toEqual([]);
});
