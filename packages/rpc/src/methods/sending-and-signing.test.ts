import { ChainError, type ChainErrorCode } from '@praline/chain';
import { recoverMessageAddress, recoverTypedDataAddress } from 'viem';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SIGNER } from '../testing/plain-backend.test.support.ts';
import { addressOf, hashOf, legacyTransaction } from '../testing/plain-chain.test.support.ts';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

describe('sending', () => {
  test('hands the bytes over and answers the hash', async () => {
    expect(await running.result('eth_sendRawTransaction', '0xF801')).toBe(hashOf(0xfeed));
    expect(running.backend.sent.map((raw) => [...raw])).toEqual([[0xf8, 0x01]]);
  });

  test.each<[ChainErrorCode, string, number]>([
    ['nonce-too-low', 'nonce too low: next nonce 5, tx nonce 3', -32000],
    ['replacement-underpriced', 'replacement transaction underpriced', -32000],
    ['invalid-transaction', 'rlp: too short', -32000],
    ['closed', 'the chain is closed', -32002],
  ])('%s is answered with the words of the chain', async (code, message, rpcCode) => {
    running.backend.sendRaw = async () => {
      throw new ChainError(code, message);
    };
    const { error } = await running.request('eth_sendRawTransaction', ['0x01']);
    expect(error).toEqual({ code: rpcCode, message });
  });

  test('without a quorum says so, also for an error that lost its class in a thread', async () => {
    running.backend.sendRaw = async () => {
      throw Object.assign(new Error('no quorum: 2 of 5 validators answer'), { code: 'no-quorum' });
    };
    expect((await running.request('eth_sendRawTransaction', ['0x01'])).error).toEqual({
      code: -32002,
      message: 'no quorum: 2 of 5 validators answer',
    });
  });

  test('damage of the store is not for the client', async () => {
    running.backend.sendRaw = async () => {
      throw new ChainError('corrupt-store', 'checksum of block 7');
    };
    const { error } = await running.request('eth_sendRawTransaction', ['0x01']);
    expect(error).toMatchObject({ code: -32603, message: 'internal error' });
  });

  test('for a development account takes a call object', async () => {
    expect(await running.result('eth_accounts')).toEqual([SIGNER]);
    expect(await running.result('eth_sendTransaction', { from: SIGNER, value: '0x1' })).toBe(
      hashOf(0xbeef),
    );
  });

  test('evm_mine makes the blocks it is asked for', async () => {
    expect(await running.result('evm_mine')).toBe('0x0');
    expect(await running.result('evm_mine', { blocks: 3 })).toBe('0x0');
    expect(await running.result('evm_mine', { blocks: '0x1' })).toBe('0x0');
    expect(await running.result('eth_blockNumber')).toBe('0x5');
    expect(await running.result('evm_mine', 1_700_000_000)).toBe('0x0');
    expect(running.backend.operations).toEqual([
      { kind: 'set-next-timestamp', timestamp: 1_700_000_000 },
    ]);
    expect((await running.request('evm_mine', ['soon'])).error?.code).toBe(-32602);
  });
});

describe('signing', () => {
  const raw = '0xdeadbeef';

  test('a message binds it to the account, in both methods', async () => {
    const signature = await running.result('eth_sign', SIGNER, raw);
    expect(await running.result('personal_sign', raw, SIGNER)).toBe(signature);
    const signer = await recoverMessageAddress({
      message: { raw },
      signature: signature as `0x${string}`,
    });
    expect(signer.toLowerCase()).toBe(SIGNER);
  });

  test('typed data binds it to the account, as object and as text', async () => {
    const typedData = {
      types: {
        Mail: [
          { name: 'to', type: 'address' },
          { name: 'value', type: 'uint256' },
        ],
      },
      primaryType: 'Mail',
      domain: { name: 'Praline', chainId: 31_337 },
      message: { to: addressOf(5), value: '7' },
    } as const;
    const signature = await running.result('eth_signTypedData_v4', SIGNER, typedData);
    expect(await running.result('eth_signTypedData_v4', SIGNER, JSON.stringify(typedData))).toBe(
      signature,
    );
    const signer = await recoverTypedDataAddress({
      ...typedData,
      message: { ...typedData.message, value: 7n },
      signature: signature as `0x${string}`,
    });
    expect(signer.toLowerCase()).toBe(SIGNER);
  });

  test('typed data without a field of its type is refused in words for its sender', async () => {
    const typedData = {
      types: { Mail: [{ name: 'contents', type: 'string' }] },
      primaryType: 'Mail',
      domain: { name: 'Praline', chainId: 31_337 },
      message: { words: 'Hello' },
    };
    const { error } = await running.request('eth_signTypedData_v4', [SIGNER, typedData]);
    expect(error?.code).toBe(-32602);
    expect(error?.message).toMatch(/lacks a field/);
  });

  test('for an account the node does not hold is refused', async () => {
    for (const [method, ...params] of [
      ['eth_sign', addressOf(1), raw],
      ['personal_sign', raw, addressOf(1)],
      ['eth_sendTransaction', { from: addressOf(1), to: SIGNER, value: '0x1' }],
    ] as const) {
      expect((await running.request(method, params)).error).toEqual({
        code: -32000,
        message: 'unknown account',
      });
    }
  });
});

describe('the pool', () => {
  test('is shown by sender and nonce', async () => {
    const sender = '0x0c2c51a0990aee1d73c1228de158688341557508' as typeof SIGNER;
    const transaction = legacyTransaction(3, sender);
    running.backend.pool.pending.set(sender, [transaction]);
    running.backend.pool.queued.set(sender, [legacyTransaction(12, sender)]);
    expect(await running.result('txpool_status')).toEqual({ pending: '0x1', queued: '0x1' });
    expect(await running.result('txpool_content')).toMatchObject({
      pending: {
        '0x0c2c51a0990AeE1d73C1228de158688341557508': { '3': { hash: transaction.hash } },
      },
      queued: { '0x0c2c51a0990AeE1d73C1228de158688341557508': { '12': { blockHash: null } } },
    });
    expect(await running.result('txpool_contentFrom', sender)).toMatchObject({
      pending: { '3': { from: sender } },
    });
    expect(await running.result('txpool_contentFrom', addressOf(1))).toEqual({
      pending: {},
      queued: {},
    });
    expect(await running.result('txpool_inspect')).toMatchObject({
      pending: {
        '0x0c2c51a0990AeE1d73C1228de158688341557508': {
          '3': '0x00000000000000000000000000000000000000b2: 7 wei + 21000 gas × 2000000000 wei',
        },
      },
    });
  });
});
