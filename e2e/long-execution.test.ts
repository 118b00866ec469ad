/** Work that takes the EVM long costs the leader neither its heartbeats nor its leadership. */
import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import { JsonRpcError } from '../harness/json-rpc.ts';
import { useNetwork } from './support/use-network.ts';

/** Init code that deploys `JUMPDEST PUSH1 0 JUMP`: burns all gas it is given. */
const ENDLESS_LOOP: Hex = '0x635b6000566000526004601cf3';
/** A block with one such transaction takes about half a second or more; Osaka allows 2^24 gas (EIP-7825). */
const TRANSACTION_GAS = 15_000_000;
const CALL_GAS = 30_000_000;
const BLOCKS = 8;

describe('long executions', () => {
  const network = useNetwork({ nodes: 3 });
  const from = () => network().account(0).address;

  async function deployLoop(): Promise<string> {
    const hash = await network().rpc<string>(1, 'eth_sendTransaction', [
      { from: from(), data: ENDLESS_LOOP, gas: '0x30d40' },
    ]);
    const receipt = await network().rpc<{ contractAddress: string; status: string }>(
      1,
      'eth_getTransactionReceipt',
      [hash],
    );
    expect(receipt.status).toBe('0x1');
    const code = await network().rpc(1, 'eth_getCode', [receipt.contractAddress, 'latest']);
    expect(code).toBe('0x5b600056');
    return receipt.contractAddress;
  }

  it('blocks of at least 400 ms and calls of 30 M gas leave term and leader as they were', async () => {
    const loop = await deployLoop();
    const before = await network().leader();

    const call = { from: from(), to: loop, gas: `0x${CALL_GAS.toString(16)}` };
    const calls = Promise.allSettled(
      network().numbers.map((number) =>
        network().rpc(number, 'eth_call', [call, 'latest'], 120_000),
      ),
    );

    const gas = `0x${TRANSACTION_GAS.toString(16)}`;
    let slowest = 0;
    for (let block = 0; block < BLOCKS; block++) {
      const started = performance.now();
      const transaction = { from: from(), to: loop, gas };
      const hash = await network().rpc<string>(1, 'eth_sendTransaction', [transaction], 60_000);
      slowest = Math.max(slowest, performance.now() - started);
      const receipt = await network().rpc<{ gasUsed: string; status: string }>(
        1,
        'eth_getTransactionReceipt',
        [hash],
      );
      expect(Number(receipt.gasUsed)).toBe(TRANSACTION_GAS);
      expect(receipt.status).toBe('0x0');
    }
    for (const outcome of await calls) {
      // All gas burned, or, on a slow machine, stopped after burning it for the time a call may take.
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: expect.any(JsonRpcError),
      });
      expect(outcome.status === 'rejected' && String(outcome.reason)).toMatch(
        /out of gas|timeout/i,
      );
    }

    expect(slowest, 'the work was long enough to show anything').toBeGreaterThan(400);
    expect(await network().leader()).toEqual(before);
    await network().agreedHashes();
  });
});
