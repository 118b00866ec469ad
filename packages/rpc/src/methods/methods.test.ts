import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RPC_ERROR_CODES } from '../errors.ts';
import { parseArguments } from '../method.ts';
import {
  addressOf,
  hashOf,
  legacyTransaction,
  weiOf,
} from '../testing/plain-chain.test.support.ts';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';
import { standardMethods } from './index.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

const errorOf = async (method: string, ...params: unknown[]) =>
  (await running.request(method, params)).error;

describe('every method', () => {
  test.each(standardMethods.map((method) => ({ name: method.name, method })))(
    '$name is documented, and understands its own example',
    ({ method }) => {
      expect(method.name).toMatch(/^[a-z]+\d?[_.][a-zA-Z0-9_]+$/);
      expect(method.summary).toMatch(/\.$/);
      expect(method.result).toMatch(/\.$/);
      for (const parameter of method.params) expect(parameter.description).toMatch(/\.$/);
      const codes: number[] = Object.values(RPC_ERROR_CODES);
      for (const { code } of method.errors) expect(codes).toContain(code);
      parseArguments(method.params, method.example.params);
    },
  );

  test('has its required parameters before its optional ones', () => {
    for (const { params } of standardMethods) {
      const firstOptional = params.findIndex(({ absent }) => absent !== undefined);
      if (firstOptional === -1) continue;
      expect(params.slice(firstOptional).every(({ absent }) => absent !== undefined)).toBe(true);
    }
  });
});

test('the node and its network introduce themselves', async () => {
  expect(await running.result('web3_clientVersion')).toBe('anvil/praline/test');
  expect(await running.result('net_version')).toBe('31337');
  expect(await running.result('net_listening')).toBe(true);
  expect(await running.result('net_peerCount')).toBe('0x3');
  expect(await running.result('eth_chainId')).toBe('0x7a69');
  expect(await running.result('eth_syncing')).toBe(false);
  expect(await running.result('eth_coinbase')).toBe(addressOf(0xc0));
  expect(await running.result('rpc_modules')).toMatchObject({ eth: '1.0', txpool: '1.0' });
  expect(await running.result('web3_sha3', '0x68656c6c6f20776f726c64')).toBe(
    '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad',
  );
});

describe('fees', () => {
  test('are suggested from what recent transactions tipped', async () => {
    const { chain } = running.backend;
    expect(await running.result('eth_maxPriorityFeePerGas')).toBe('0x3b9aca00');
    for (let count = 0; count < 4; count++) chain.append([], []);
    chain.tips = [weiOf(0), weiOf(3), weiOf(2), weiOf(0), weiOf(5)];
    expect(await running.result('eth_maxPriorityFeePerGas')).toBe('0x3');
    expect(await running.result('eth_blobBaseFee')).toBe('0x1');
  });

  test('for a gas price, suffice both for the next block and for an estimate on the last', async () => {
    const { chain } = running.backend;
    const { baseFeePerGas: last = 0n } = chain.head();
    expect(chain.nextBlock().baseFeePerGas).toBeLessThan(last);
    const tip = BigInt(String(await running.result('eth_maxPriorityFeePerGas')));
    expect(BigInt(String(await running.result('eth_gasPrice')))).toBe(last + tip);
    chain.nextBlock = () => ({
      number: chain.head().number,
      gasLimit: 1n,
      baseFeePerGas: weiOf(2n ** 40n),
    });
    expect(BigInt(String(await running.result('eth_gasPrice')))).toBe(2n ** 40n + tip);
  });

  test('are checked by an estimate against the next block, by a call against the last', async () => {
    for (const method of ['eth_estimateGas', 'eth_call']) {
      await running.result(method, { to: addressOf(1) });
      await running.result(method, { to: addressOf(1) }, 'earliest');
    }
    expect(running.backend.calls.map(({ block }) => block)).toEqual(
      ['pending', 'earliest', 'latest', 'earliest'].map((tag) => ({ tag })),
    );
  });

  test('have a history, whose newest block must exist', async () => {
    running.backend.chain.append([], []);
    expect(await running.result('eth_feeHistory', 1, 'latest', [50])).toEqual({
      oldestBlock: '0x1',
      reward: [['0x0']],
      baseFeePerGas: ['0x3b9aca00', '0x3b9aca00'],
      gasUsedRatio: [0.5],
      baseFeePerBlobGas: ['0x1', '0x1'],
      blobGasUsedRatio: [0],
    });
    for (const count of ['0x2', '2', 2]) {
      expect(await running.result('eth_feeHistory', count, 'latest')).not.toHaveProperty('reward');
    }
    expect(await running.result('eth_feeHistory', 0, 'latest')).toEqual({
      oldestBlock: '0x0',
      gasUsedRatio: null,
    });
    expect(await errorOf('eth_feeHistory', 1, '0x9')).toEqual({
      code: -32000,
      message: 'request beyond head block: requested 9, head 1',
    });
  });
});

describe('state', () => {
  const account = addressOf(0xaa);
  beforeEach(() => {
    running.backend.chain.accounts.set(account, { nonce: 4n, balance: weiOf(1000), code: '0x60' });
    running.backend.chain.slots.set(`${account}/5`, hashOf(9));
  });

  test('is read at the head unless a block is named', async () => {
    expect(await running.result('eth_getBalance', account)).toBe('0x3e8');
    expect(await running.result('eth_getBalance', account.toUpperCase().replace('X', 'x'))).toBe(
      '0x3e8',
    );
    expect(await running.result('eth_getCode', account, 'pending')).toBe('0x60');
    expect(await running.result('eth_getStorageAt', account, '0x5', { blockNumber: '0x0' })).toBe(
      hashOf(9),
    );
  });

  test('is read in many slots at once', async () => {
    const asked = { [account]: ['0x5', '0x6'], [addressOf(1)]: ['0x0'] };
    expect(await running.result('eth_getStorageValues', asked)).toEqual({
      [account]: [hashOf(9), hashOf(0)],
      [addressOf(1)]: [hashOf(0)],
    });
    for (const wrong of [{}, { x: [] }, { [account]: Array(1025).fill('0x0') }, []]) {
      expect((await errorOf('eth_getStorageValues', wrong))?.code).toBe(-32602);
    }
  });

  test('of an unknown block is an error', async () => {
    for (const block of ['0x63', hashOf(0xdead), { blockHash: hashOf(0xdead) }]) {
      expect(await errorOf('eth_getBalance', account, block)).toEqual({
        code: -32000,
        message: 'header not found',
      });
    }
  });

  test('includes the pool in the pending nonce', async () => {
    running.backend.pool.pending.set(account, [legacyTransaction(4, account)]);
    expect(await running.result('eth_getTransactionCount', account, 'latest')).toBe('0x4');
    expect(await running.result('eth_getTransactionCount', account, 'pending')).toBe('0x5');
    expect(
      await running.result('eth_getTransactionCount', account, { blockNumber: 'pending' }),
    ).toBe('0x5');
  });

  test('is proven with keys in the manner they were asked', async () => {
    const whole = hashOf(5);
    const proof = await running.result('eth_getProof', account, ['0x05', whole], 'latest');
    expect(proof).toEqual({
      address: account,
      accountProof: ['0xf851'],
      balance: '0x3e8',
      codeHash: hashOf(0xc0de),
      nonce: '0x4',
      storageHash: hashOf(0x5707),
      storageProof: [
        { key: '0x5', value: '0x9', proof: ['0xf852'] },
        { key: whole, value: '0x9', proof: ['0xf852'] },
      ],
    });
  });
});

describe('calls', () => {
  const to = addressOf(0xcc);

  test('take data or input, and both when they agree', async () => {
    for (const input of [{ data: '0x01' }, { input: '0x01' }, { data: '0x01', input: '0x01' }]) {
      expect(await running.result('eth_call', { to, ...input, type: '0x2' })).toBe('0x2a');
      expect(running.backend.calls.pop()?.request).toEqual({ to, input: '0x01' });
    }
    expect(await errorOf('eth_call', { to, data: '0x01', input: '0x02' })).toMatchObject({
      code: -32000,
      message: expect.stringContaining('both "data" and "input" are set and not equal'),
    });
  });

  test('refuse fees of two kinds and other chains', async () => {
    expect(await errorOf('eth_call', { gasPrice: '0x1', maxFeePerGas: '0x1' })).toMatchObject({
      message: 'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified',
    });
    expect(
      await errorOf('eth_estimateGas', { maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' }),
    ).toMatchObject({ message: 'maxFeePerGas (1) < maxPriorityFeePerGas (2)' });
    expect(await errorOf('eth_call', { chainId: '0x1' })).toMatchObject({
      message: "chainId does not match node's (have=1, want=31337)",
    });
  });

  test('may override state and block', async () => {
    const overrides = { [to]: { balance: '0x5', code: '0x60', stateDiff: { '0x1': hashOf(2) } } };
    await running.result('eth_call', { to }, 'latest', overrides, { time: '0x9' });
    const options = running.backend.calls[0]?.options;
    expect(options?.stateOverrides?.get(to)).toEqual({
      balance: 5n,
      code: '0x60',
      stateDiff: new Map([[1n, hashOf(2)]]),
    });
    expect(options?.blockOverrides).toEqual({ time: 9n });
  });

  test('that revert answer with code 3, reason and data', async () => {
    const output = `0x4e487b71${'00'.repeat(31)}01` as const;
    running.backend.callResult = async () => ({ status: 'revert', output, gasUsed: 1n });
    expect(await errorOf('eth_call', { to })).toEqual({
      code: 3,
      message: 'execution reverted: assert(false)',
      data: output,
    });
    running.backend.callResult = async () => ({ status: 'revert', output: '0x', gasUsed: 1n });
    expect(await errorOf('eth_call', { to })).toEqual({
      code: 3,
      message: 'execution reverted',
      data: '0x',
    });
  });

  test('that fail otherwise answer with the reason', async () => {
    running.backend.callResult = async () => ({
      status: 'failure',
      error: 'out of gas',
      gasUsed: 1n,
    });
    expect(await errorOf('eth_call', { to })).toEqual({ code: -32000, message: 'out of gas' });
  });

  test('are measured and their access list found', async () => {
    expect(await running.result('eth_estimateGas', { to })).toBe('0x5208');
    expect(await running.result('eth_createAccessList', { to }, 'latest')).toEqual({
      accessList: [{ address: addressOf(0xb2), storageKeys: [hashOf(1)] }],
      gasUsed: '0x9',
    });
  });
});
