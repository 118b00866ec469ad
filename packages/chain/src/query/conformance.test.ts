/** Ethereum's own JSON-RPC conformance suite against reader and executor, with the values that geth gave. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Chain } from '../chain.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { blockNumberOf, type Hex, parseAddress, parseHash, weiOf } from '../primitives.ts';
import {
  CONFORMANCE_MISSING,
  conformanceBlocks,
  conformanceExchanges,
  conformanceGenesis,
} from '../testing/conformance-chain.ts';
import type { CallRequest } from './call-executor.ts';
import type { LogFilter } from './chain-reader.ts';
import { EvmCallExecutor } from './evm-call-executor.ts';
import { revertMessage } from './revert-reason.ts';
import { StoredChainReader } from './stored-chain-reader.ts';

const LATEST = { tag: 'latest' } as const;

const hex = z.string().transform((text) => text as Hex);
const quantity = z.string().transform((text) => BigInt(text));
const address = z.string().transform(parseAddress);
const hash = z.string().transform(parseHash);

const call = z.object({
  from: address.optional(),
  to: address.optional(),
  gas: quantity.optional(),
  maxFeePerGas: quantity.transform(weiOf).optional(),
  maxPriorityFeePerGas: quantity.transform(weiOf).optional(),
  value: quantity.transform(weiOf).optional(),
  input: hex.optional(),
  authorizationList: z
    .array(
      z.object({
        chainId: quantity,
        address,
        nonce: quantity,
        yParity: z.string().transform(Number),
        r: quantity,
        s: quantity,
      }),
    )
    .optional(),
});

/** Only the fields that are there, as the contract wants them. */
function requestOf(params: unknown): CallRequest {
  const fields = Object.entries(call.parse(params)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields);
}

const reason = CONFORMANCE_MISSING === undefined ? '' : ` (skipped: ${CONFORMANCE_MISSING})`;

describe.skipIf(CONFORMANCE_MISSING !== undefined)(`conformance of queries${reason}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'praline-conformance-'));
  let reader: StoredChainReader;
  let executor: EvmCallExecutor;

  beforeAll(async () => {
    const genesis = createGenesis(conformanceGenesis());
    const chain = await Chain.create(directory, genesis, { origin: 'import' });
    await chain.commit(
      conformanceBlocks().map((raw) => ({ raw })),
      new Uint8Array(0),
    );
    await chain.close();
    reader = new StoredChainReader(directory, genesis);
    executor = new EvmCallExecutor(reader.tables, genesis);
  });

  afterAll(async () => {
    await reader.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(['call-callenv', 'call-callenv-options-eip1559'])('eth_call/%s', async (name) => {
    for (const { params, result } of conformanceExchanges(`eth_call/${name}`)) {
      const answer = await executor.call(requestOf(params[0]), LATEST);
      expect(answer).toMatchObject({ status: 'success', output: result });
    }
  });

  it.each(['call-revert-abi-error', 'call-revert-abi-panic'])('eth_call/%s', async (name) => {
    for (const { params, error } of conformanceExchanges(`eth_call/${name}`)) {
      const answer = await executor.call(requestOf(params[0]), LATEST);
      if (answer.status !== 'revert') throw new Error('The call did not revert.');
      const message = revertMessage(answer.output);
      expect({ code: 3, message, data: answer.output }).toEqual(error);
    }
  });

  it.each(['estimate-simple-transfer', 'estimate-successful-call', 'estimate-with-eip7702'])(
    'eth_estimateGas/%s',
    async (name) => {
      for (const { params, result } of conformanceExchanges(`eth_estimateGas/${name}`)) {
        const gas = await executor.estimateGas(requestOf(params[0]), LATEST);
        expect(`0x${gas.toString(16)}`).toBe(result);
      }
    },
  );

  it.each(['create-al-abi-revert', 'create-al-contract-eip1559'])(
    'eth_createAccessList/%s',
    async (name) => {
      for (const { params, result } of conformanceExchanges(`eth_createAccessList/${name}`)) {
        const answer = await executor.createAccessList(requestOf(params[0]), LATEST);
        expect({ ...answer, gasUsed: `0x${answer.gasUsed.toString(16)}` }).toEqual(result);
      }
    },
  );

  it('eth_feeHistory/fee-history', () => {
    for (const { params, result } of conformanceExchanges('eth_feeHistory/fee-history')) {
      const [count, newest, percentiles] = z
        .tuple([quantity, quantity, z.array(z.number())])
        .parse(params);
      const history = reader.feeHistory(
        Number(count),
        { number: blockNumberOf(newest) },
        percentiles,
      );
      expect(JSON.parse(JSON.stringify(history, asQuantity))).toEqual({
        ...(result as object),
        oldestBlock: Number((result as { oldestBlock: string }).oldestBlock),
      });
    }
  });

  it('eth_getProof/get-account-proof-with-storage', () => {
    const proof = z.object({
      accountProof: z.array(hex),
      storageProof: z.array(z.object({ value: quantity, proof: z.array(hex) })),
    });
    for (const { params, result } of conformanceExchanges(
      'eth_getProof/get-account-proof-with-storage',
    )) {
      const [of, slots] = z.tuple([address, z.array(quantity)], z.unknown()).parse(params);
      expect(reader.proof(of, slots, LATEST)).toMatchObject(proof.parse(result));
    }
  });

  it('eth_getLogs/topic-null-wildcard', () => {
    const filter = z.object({
      fromBlock: quantity.transform(blockNumberOf),
      toBlock: quantity.transform(blockNumberOf),
      topics: z.array(z.array(hash).nullable()),
    });
    for (const { params, result } of conformanceExchanges('eth_getLogs/topic-null-wildcard')) {
      const { fromBlock, toBlock, topics } = filter.parse(params[0]);
      const question: LogFilter = {
        from: fromBlock,
        to: toBlock,
        addresses: [],
        topics,
        maxResults: 100,
      };
      const logs = reader.logs(question).map((log) => ({
        ...log,
        blockNumber: `0x${log.blockNumber.toString(16)}`,
        blockTimestamp: `0x${log.blockTimestamp.toString(16)}`,
        transactionIndex: `0x${log.transactionIndex.toString(16)}`,
        logIndex: `0x${log.logIndex.toString(16)}`,
        removed: false,
      }));
      expect(logs).toEqual(result);
    }
  });
});

function asQuantity(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
}
