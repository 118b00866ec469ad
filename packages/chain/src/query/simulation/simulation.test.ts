import { generateAddress } from '@ethereumjs/util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bigintToBytes } from '../../encoding/quantity.ts';
import { type Address, bytesOf, hexOf, weiOf } from '../../primitives.ts';
import { assemble } from '../../testing/assemble.ts';
import { contractAddress, QueryChain, word } from '../../testing/query-chain.ts';
import { type CallLimits, EvmCallExecutor } from '../evm-call-executor.ts';
import type { BlockToSimulate, CallToSimulate } from './simulation-request.ts';

const LATEST = { tag: 'latest' } as const;
const STORE = contractAddress(0xa0);
const LOOP = contractAddress(0xa1);
const LIMITS = { gasCap: 50_000_000n, timeoutMs: 10_000, traceBytesMax: 1_000 };
const CONTRACTS = {
  // Returns slot 0 and adds one to it.
  [STORE]: assemble('PUSH0 SLOAD DUP1 PUSH0 MSTORE 0x01 ADD PUSH0 SSTORE 0x20 PUSH0 RETURN'),
  [LOOP]: assemble(':again @again JUMP'),
};

describe('a simulation', () => {
  let chain: QueryChain;
  let from: Address;

  beforeAll(async () => {
    chain = await QueryChain.create({
      contracts: CONTRACTS,
      limits: LIMITS,
    });
    from = chain.account();
  });
  afterAll(() => chain.close());

  const simulate = (blocks: readonly BlockToSimulate[], validation = false) =>
    chain.executor.simulate({ blocks, validation, traceTransfers: false }, LATEST);

  it('gives what the chain then gives for the same transaction', async () => {
    const { head } = chain.chain;
    const fees = { maxFeePerGas: weiOf(100_000_000_000n), maxPriorityFeePerGas: weiOf(7n) };
    const call = { from, to: STORE, gas: 200_000n, ...fees };
    const coinbase = contractAddress(0xcb);
    const [simulated] = await simulate(
      [{ calls: [call], blockOverrides: { feeRecipient: coinbase } }],
      true,
    );
    const { block, receipts } = await chain.mine({ to: STORE, tip: 7n });
    expect(simulated?.block.header).toMatchObject({
      parentHash: head.hash,
      number: block.header.number,
      timestamp: block.header.timestamp,
      gasUsed: block.header.gasUsed,
      baseFeePerGas: block.header.baseFeePerGas,
      receiptsRoot: block.header.receiptsRoot,
      stateRoot: block.header.stateRoot,
    });
    expect(simulated?.calls[0]?.gasUsed).toBe(receipts[0]?.gasUsed);
  });

  it('carries the state from call to call and from block to block, and leaves the chain as it is', async () => {
    const before = chain.reader.storage(STORE, 0n, LATEST);
    const call = { from, to: STORE };
    const blocks = await simulate([{ calls: [call, call] }, { calls: [call] }]);
    const outputs = blocks.flatMap(({ calls }) => calls.map(({ output }) => output));
    const first = BigInt(before);
    expect(outputs).toEqual([word(first), word(first + 1n), word(first + 2n)]);
    expect(blocks[1]?.block.header.parentHash).toBe(blocks[0]?.block.header.hash);
    expect(chain.reader.storage(STORE, 0n, LATEST)).toBe(before);
  });

  const executorWith = (limits: Partial<CallLimits>) =>
    new EvmCallExecutor(chain.reader.tables, chain.genesis, { ...LIMITS, ...limits });
  const request = (call: CallToSimulate, count: number) => ({
    blocks: Array.from({ length: count }, () => ({ calls: [call] })),
    validation: false,
    traceTransfers: false,
  });

  it('ends at its time, and the next is not disturbed', async () => {
    const executor = executorWith({ timeoutMs: 0 });
    const loop = executor.simulate(request({ from, to: LOOP, gas: 10_000_000n }, 1), LATEST);
    const after = executor.simulate(request({ from, to: STORE }, 0), LATEST);
    await expect(loop).rejects.toMatchObject({ code: 'execution-timeout' });
    expect(await after).toEqual([]);
  });

  it('has the gas of one call for all calls together', async () => {
    const executor = executorWith({ gasCap: 60_000n });
    const transfer = { from, to: contractAddress(0xbb) };
    expect(await executor.simulate(request(transfer, 2), LATEST)).toHaveLength(2);
    await expect(executor.simulate(request(transfer, 3), LATEST)).rejects.toMatchObject({
      code: 'intrinsic-gas-too-low',
      message: 'err: intrinsic gas too low: have 18000, want 21000 (supplied gas 18000)',
    });
  });

  it('refuses a wrong nonce only where it validates', async () => {
    const call = { from, to: STORE, nonce: 99n, maxFeePerGas: weiOf(100_000_000_000n) };
    await expect(simulate([{ calls: [call] }], true)).rejects.toMatchObject({
      code: 'nonce-too-high',
    });
    expect(await simulate([{ calls: [call] }])).toHaveLength(1);
  });

  it('shows what a creation is sent as a transfer to the new contract', async () => {
    const [block] = await chain.executor.simulate(
      {
        blocks: [{ calls: [{ from, to: null, value: weiOf(5n), input: assemble('STOP') }] }],
        validation: false,
        traceTransfers: true,
      },
      LATEST,
    );
    const { nonce } = chain.reader.account(from, LATEST);
    const created = generateAddress(bytesOf(from), bigintToBytes(nonce));
    const topics = block?.calls[0]?.logs.map((log) => log.topics.slice(1));
    const padded = (address: string) => `0x${'00'.repeat(12)}${address.slice(2)}`;
    expect(topics).toEqual([[padded(from), padded(hexOf(created))]]);
  });
});
