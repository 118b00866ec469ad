import { gunzipSync, gzipSync } from 'node:zlib';
import { bytesOf, hexOf } from '@praline/chain/configuration';
import { accountsIn } from '@praline/chain/reading';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addressOf, hashOf, weiOf } from '../../testing/plain-chain.test.support.ts';
import { type RunningServer, startServer } from '../../testing/running-server.test.support.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.close());

const CONTRACT = {
  address: addressOf(0xc1),
  nonce: 1n,
  balance: weiOf(5),
  code: '0x6001',
  slots: [{ slot: hashOf(2), value: hashOf(9) }],
} as const;

/** What the network was asked to load. */
function loaded() {
  const operation = running.backend.operations.at(-1);
  if (operation?.kind !== 'load') throw new Error('nothing was loaded');
  return accountsIn(operation.archive);
}

function hexOfJson(value: unknown): string {
  return hexOf(gzipSync(JSON.stringify(value)));
}

describe('a dumped state', () => {
  it('is hex of gzip of JSON, as Anvil has it', async () => {
    running.backend.chain.dumped = [CONTRACT];
    const dumped = await running.result('anvil_dumpState');
    const json = gunzipSync(bytesOf(dumped as `0x${string}`)).toString();
    expect(JSON.parse(json)).toMatchObject({
      accounts: {
        [CONTRACT.address]: {
          nonce: 1,
          balance: '0x5',
          code: '0x6001',
          storage: { [hashOf(2)]: hashOf(9) },
        },
      },
      blocks: [],
      transactions: [],
    });
    expect(await running.result('hardhat_loadState', dumped)).toBe(true);
    expect(loaded()).toEqual([{ ...CONTRACT, addedBalance: 0n, code: Uint8Array.of(0x60, 1) }]);
  });

  it('is taken without gzip, with short words, and with fields of no meaning here', async () => {
    const account = { balance: '0x1', storage: { '0x2': '0x9' }, unknown: 1 };
    const state = { block: { number: '0x5' }, blocks: [{}], accounts: { [addressOf(1)]: account } };
    expect(await running.result('anvil_loadState', hexOf(Buffer.from(JSON.stringify(state))))).toBe(
      true,
    );
    expect(loaded()).toEqual([
      {
        address: addressOf(1),
        balance: 1n,
        addedBalance: 0n,
        nonce: 0n,
        code: new Uint8Array(),
        slots: [{ slot: hashOf(2), value: hashOf(9) }],
      },
    ]);
  });

  it.each([
    ['0x1f8b00', 'incorrect header check|unexpected end of file|unknown compression method'],
    ['0x00', 'no JSON'],
    [hexOfJson({ accounts: { '0x12': { balance: '0x0' } } }), 'accounts.0x12'],
    [hexOfJson({ accounts: { [addressOf(1)]: { balance: '5' } } }), 'balance: hex string without'],
    [hexOfJson({}), 'accounts: '],
  ])('%s is none', async (state, reason) => {
    const { error } = await running.request('anvil_loadState', [state]);
    expect(error).toMatchObject({ code: -32602, message: expect.stringMatching(reason) });
    expect(running.backend.operations).toEqual([]);
  });

  it('is of the head alone', async () => {
    expect(await running.request('anvil_dumpState', [true])).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('states of the past') },
    });
  });
});
