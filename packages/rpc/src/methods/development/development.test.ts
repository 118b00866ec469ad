import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RPC_ERROR_CODES } from '../../errors.ts';
import { parseArguments } from '../../method.ts';
import { SIGNER } from '../../testing/plain-backend.test.support.ts';
import { addressOf, hashOf } from '../../testing/plain-chain.test.support.ts';
import { type RunningServer, startServer } from '../../testing/running-server.test.support.ts';
import { developmentModeMethods } from './index.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

const lastOperation = () => running.backend.operations.at(-1);
const edit = (changes: object) => ({
  kind: 'edit',
  accounts: [
    {
      address: addressOf(1),
      balance: null,
      addedBalance: 0n,
      nonce: null,
      code: null,
      slots: [],
      ...changes,
    },
  ],
});

describe('every method', () => {
  test.each(developmentModeMethods.map((method) => ({ name: method.name, method })))(
    '$name is documented, and understands its own example',
    ({ method }) => {
      expect(method.summary).toMatch(/[.`]$/);
      expect(method.result).toMatch(/\.$/);
      for (const parameter of method.params) expect(parameter.description).toMatch(/\.$/);
      const codes: number[] = Object.values(RPC_ERROR_CODES);
      for (const { code } of method.errors) expect(codes).toContain(code);
      parseArguments(method.params, method.example.params);
    },
  );
});

describe('asks the network for', () => {
  const one = addressOf(1);
  test.each([
    ['hardhat_setBalance', [one, '0x5'], edit({ balance: 5n }), true],
    ['anvil_setBalance', [one, '0x5'], edit({ balance: 5n }), null],
    ['anvil_setBalance', [one, 5], edit({ balance: 5n }), null],
    ['evm_setAccountNonce', [one, 2], edit({ nonce: 2n }), true],
    ['evm_setBlockGasLimit', [30_000], { kind: 'set-gas-limit', gasLimit: 30_000n }, true],
    ['evm_setAccountBalance', [one, '0x5'], edit({ balance: 5n }), true],
    ['anvil_addBalance', [one, '0x5'], edit({ addedBalance: 5n }), null],
    ['hardhat_setNonce', [one, '0x2'], edit({ nonce: 2n }), true],
    ['anvil_setCode', [one, '0x6001'], edit({ code: Uint8Array.of(0x60, 1) }), null],
    [
      'anvil_setStorageAt',
      [one, '0x2', hashOf(9)],
      edit({ slots: [{ slot: hashOf(2), value: hashOf(9) }] }),
      true,
    ],
    ['evm_increaseTime', ['0xe10'], { kind: 'increase-time', seconds: 3600 }, 17],
    ['evm_setTime', [1_900_000_000], { kind: 'set-time', timestamp: 1_900_000_000 }, 17],
    ['evm_setTime', [1_900_000_000_999], { kind: 'set-time', timestamp: 1_900_000_000 }, 17],
    ['evm_setNextBlockTimestamp', [7], { kind: 'set-next-timestamp', timestamp: 7 }, null],
    [
      'anvil_setBlockTimestampInterval',
      [12],
      { kind: 'set-timestamp-interval', seconds: 12 },
      null,
    ],
    ['evm_setIntervalMining', [2], { kind: 'set-mining', automine: false, intervalMs: 2000 }, true],
    [
      'evm_setIntervalMining',
      [0.5],
      { kind: 'set-mining', automine: false, intervalMs: 500 },
      true,
    ],
    ['evm_setAutomine', [false], { kind: 'set-mining', automine: false, intervalMs: 0 }, true],
    ['evm_setBlockGasLimit', ['0x7530'], { kind: 'set-gas-limit', gasLimit: 30_000n }, true],
    ['hardhat_setCoinbase', [one], { kind: 'set-coinbase', address: one }, true],
    ['hardhat_reset', [], { kind: 'reset' }, true],
    ['evm_addAccount', [one, 'secret'], { kind: 'impersonate', address: one }, true],
    ['evm_removeAccount', [one, 'secret'], { kind: 'stop-impersonating', address: one }, 17],
    [
      'personal_importRawKey',
      [`0x${'11'.repeat(32)}`, 'secret'],
      { kind: 'impersonate', address: '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a' },
      '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a',
    ],
    ['anvil_rollback', [3], { kind: 'rollback', depth: 3 }, null],
    ['hardhat_rollback', [], { kind: 'rollback', depth: 1 }, true],
    ['hardhat_impersonateAccount', [one], { kind: 'impersonate', address: one }, true],
    ['miner_stop', [], { kind: 'set-mining', automine: false, intervalMs: 0 }, true],
  ])('%s %j', async (method, params, operation, answer) => {
    running.backend.outcomes.push(17);
    expect(await running.result(method, ...params)).toEqual(answer);
    expect(lastOperation()).toEqual(operation);
  });

  test('a snapshot and the way back to it', async () => {
    running.backend.outcomes.push(26, false);
    expect(await running.result('evm_snapshot')).toBe('0x1a');
    expect(await running.result('evm_revert', '0x1a')).toBe(false);
    expect(lastOperation()).toEqual({ kind: 'revert', snapshot: 26 });
  });
});

test.each([-1, 0.5, 2 ** 53, '05', '5', null, true, {}])(
  'no amount is made of %j',
  async (amount) => {
    const { error } = await running.request('anvil_setBalance', [addressOf(1), amount]);
    expect(error?.code).toBe(-32602);
    expect(running.backend.operations).toEqual([]);
  },
);

test('a fork of another chain, a minimum gas price and a short slot value are refused', async () => {
  const errorOf = async (method: string, ...params: unknown[]) =>
    (await running.request(method, params)).error;
  expect(await errorOf('anvil_reset', { forking: { jsonRpcUrl: 'x' } })).toMatchObject({
    code: -32602,
  });
  expect(await errorOf('hardhat_setMinGasPrice', '0x1')).toMatchObject({ code: -32000 });
  expect(await errorOf('hardhat_setStorageAt', addressOf(1), '0x0', '0x1')).toMatchObject({
    code: -32602,
  });
  expect(await errorOf('personal_importRawKey', `0x${'00'.repeat(32)}`)).toMatchObject({
    code: -32602,
    message: expect.not.stringContaining('000000'),
  });
  expect(await errorOf('evm_removeAccount', SIGNER)).toMatchObject({ code: -32000 });
  expect(await errorOf('personal_unlockAccount', addressOf(1), '')).toMatchObject({ code: -32000 });
  expect(await errorOf('personal_lockAccount', addressOf(1))).toMatchObject({ code: -32000 });
  expect(await errorOf('anvil_reorg', 2, [['0x00', 2]])).toMatchObject({
    code: -32602,
    message: 'invalid argument 1: there is no block 2 of 2',
  });
  for (const method of ['anvil_setRpcUrl', 'anvil_setChainId', 'anvil_impersonateSignature']) {
    expect(await errorOf(method, 1)).toMatchObject({
      code: -32000,
      message: expect.stringContaining(`${method} is not supported: `),
    });
  }
  expect(await errorOf('evm_mine', { blocks: 0 })).toMatchObject({ code: -32602 });
  expect(running.backend.operations).toEqual([]);
});

describe('a reorganisation', () => {
  test('takes blocks off and makes as many, the first unlike any before', async () => {
    const { backend } = running;
    const before = backend.chain.blocks.length;
    expect(await running.result('anvil_reorg', 3)).toBeNull();
    expect(backend.operations).toMatchObject([
      { kind: 'rollback', depth: 3 },
      { kind: 'set-next-prevrandao', value: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    ]);
    // This backend only makes blocks.
    expect(backend.chain.blocks.length).toBe(before + 3);
  });

  test('sends each transaction before its block, with mining off, and says which was left out', async () => {
    const { backend } = running;
    const { error } = await running.request('anvil_reorg', [2, [['0x1234', 1]]]);
    expect(error).toMatchObject({ code: -32000, message: expect.stringContaining('did not get') });
    expect(backend.sent).toEqual([Uint8Array.of(0x12, 0x34)]);
    expect(backend.operations.map(({ kind }) => kind)).toEqual([
      'rollback',
      'set-mining',
      'set-next-prevrandao',
      'set-mining',
    ]);
    expect(lastOperation()).toEqual({ kind: 'set-mining', automine: true, intervalMs: 0 });
  });
});

test('a token balance is set in the slot that makes the token answer it', async () => {
  const { backend } = running;
  // The plain executor names slot 1 of an account as what a call reads.
  const keeper = addressOf(0xb2);
  const amount = hashOf(0x64);
  backend.callResult = async () => ({ status: 'success', output: amount, gasUsed: 9n });
  expect(await running.result('anvil_dealERC20', addressOf(1), keeper, '0x64')).toBeNull();
  const slots = [{ slot: hashOf(1), value: amount }];
  expect(lastOperation()).toMatchObject({ kind: 'edit', accounts: [{ address: keeper, slots }] });
  expect(backend.calls.at(-1)?.options?.stateOverrides).toEqual(
    new Map([[keeper, { stateDiff: new Map([[1n, amount]]) }]]),
  );
  const { error } = await running.request('anvil_setERC20Allowance', [
    addressOf(1),
    addressOf(2),
    keeper,
    '0x65',
  ]);
  expect(error).toMatchObject({ code: -32603, message: expect.stringContaining('no slot found') });
});

test('an account without a key is made, and known as long as it is impersonated', async () => {
  const made = await running.result('personal_newAccount', 'secret');
  expect(lastOperation()).toEqual({ kind: 'impersonate', address: made });
  const { chain } = running.backend;
  chain.developed = { ...chain.developed, impersonated: [made as typeof SIGNER] };
  expect(await running.result('personal_listAccounts')).toEqual([SIGNER, made]);
  expect(await running.result('personal_unlockAccount', made, 'secret', 60)).toBe(true);
  expect(await running.result('personal_lockAccount', made)).toBe(false);
});
