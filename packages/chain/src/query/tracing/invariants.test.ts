/** What traces of every transaction of Ethereum's conformance chain must have in common with its receipts and states. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlockData, LogData } from '../../block/block-data.ts';
import { Chain } from '../../chain.ts';
import { createGenesis } from '../../genesis/genesis.ts';
import { CONSOLIDATION_REQUESTS, WITHDRAWAL_REQUESTS } from '../../genesis/system-contracts.ts';
import { type Address, blockNumberOf, parseAddress, slotOf } from '../../primitives.ts';
import {
  CONFORMANCE_MISSING,
  conformanceBlocks,
  conformanceExchanges,
  conformanceGenesis,
} from '../../testing/conformance-chain.ts';
import { EvmCallExecutor } from '../evm-call-executor.ts';
import { StoredChainReader } from '../stored-chain-reader.ts';
import type { TraceOptions } from './trace-request.ts';

interface Frame {
  readonly gasUsed: string;
  readonly output?: string;
  readonly error?: string;
  readonly calls?: readonly Frame[];
  readonly logs?: readonly {
    readonly address: string;
    readonly topics: readonly string[];
    readonly data: string;
    readonly position: string;
  }[];
}

interface Account {
  readonly balance?: string;
  readonly nonce?: number;
  readonly code?: string;
  readonly storage?: Readonly<Record<string, string>>;
}

type Accounts = Readonly<Record<string, Account>>;

const STEPS: TraceOptions = {
  tracer: 'structLogger',
  disableStack: false,
  disableStorage: false,
  enableMemory: false,
  enableReturnData: false,
  limit: 0,
};
const SYSTEM_CONTRACTS: readonly Address[] = [
  WITHDRAWAL_REQUESTS.address,
  CONSOLIDATION_REQUESTS.address,
];
const ZERO = `0x${'00'.repeat(32)}`;

/** In the order in which they were logged. */
function logsOf(frame: Frame): Pick<LogData, 'address' | 'topics' | 'data'>[] {
  const logs = [...(frame.logs ?? [])];
  const calls = frame.calls ?? [];
  const ordered: unknown[] = [];
  for (let position = 0; position <= calls.length; position += 1) {
    for (const { address, topics, data, position: at } of logs) {
      if (Number(at) === position) ordered.push({ address, topics, data });
    }
    const call = calls[position];
    if (call !== undefined) ordered.push(...logsOf(call));
  }
  return ordered as Pick<LogData, 'address' | 'topics' | 'data'>[];
}

const reason = CONFORMANCE_MISSING === undefined ? '' : ` (skipped: ${CONFORMANCE_MISSING})`;

describe.skipIf(CONFORMANCE_MISSING !== undefined)(`traces of a whole chain${reason}`, () => {
  let reader: StoredChainReader;
  let executor: EvmCallExecutor;
  let blocks: BlockData[];
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'praline-traces-'));
    const genesis = createGenesis(conformanceGenesis());
    const chain = await Chain.create(folder, genesis, { origin: 'import' });
    const all = conformanceBlocks().map((raw) => ({ raw }));
    await chain.commit(all, new Uint8Array(0));
    await chain.close();
    reader = new StoredChainReader(folder, genesis);
    const limits = { gasCap: 50_000_000n, timeoutMs: 60_000, traceBytesMax: 200_000_000 };
    executor = new EvmCallExecutor(reader.tables, genesis, limits);
    blocks = all.map((_, index) => {
      const block = reader.block({ number: blockNumberOf(index + 1) });
      if (block === undefined) throw new Error('a block is missing');
      return block;
    });
  });
  afterAll(async () => {
    await reader?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it('have the gas, outcome, logs and created code of the receipts', async () => {
    const options = { tracer: 'callTracer', withLog: true, onlyTopCall: false } as const;
    for (const { header, transactions } of blocks) {
      const traces = await executor.traceBlock({ hash: header.hash }, options);
      const receipts = reader.receipts({ hash: header.hash }) ?? [];
      expect(traces.map(({ txHash }) => txHash)).toEqual(transactions.map(({ hash }) => hash));
      for (const [index, { result }] of traces.entries()) {
        const frame = result as unknown as Frame;
        const receipt = receipts[index];
        if (receipt === undefined) throw new Error('a receipt is missing');
        expect(BigInt(frame.gasUsed)).toBe(receipt.gasUsed);
        if (receipt.status !== undefined)
          expect(frame.error === undefined).toBe(receipt.status === 1);
        expect(logsOf(frame)).toEqual(
          receipt.logs.map(({ address, topics, data }) => ({ address, topics, data })),
        );
        const { contractAddress: created } = receipt;
        if (created !== null && frame.error === undefined && transactions.length === 1) {
          expect(frame.output ?? '0x').toBe(reader.code(created, { hash: header.hash }));
        }
      }
    }
  });

  it('lead from the state before a block to the state after it', async () => {
    const options = {
      tracer: 'prestateTracer',
      diffMode: true,
      disableCode: false,
      disableStorage: false,
    } as const;
    for (const { header, withdrawals = [] } of blocks) {
      const traces = await executor.traceBlock({ hash: header.hash }, options);
      // What is credited outside of transactions is not in their traces.
      const credited = new Set<Address>([
        ...withdrawals.map(({ address }) => address),
        ...(header.difficulty > 0n ? [header.beneficiary] : []),
      ]);
      const before = { number: blockNumberOf(header.number - 1) };
      const known = new Map<string, unknown>();
      const valueBefore = (address: Address, member: string) =>
        known.get(address + member) ?? valueAt(address, member, before);
      for (const { result } of traces) {
        const { pre, post } = result as unknown as {
          readonly pre: Accounts;
          readonly post: Accounts;
        };
        for (const [address, account] of Object.entries(pre)) {
          for (const [member, value] of membersOf(account)) {
            expect([member, value]).toEqual([member, valueBefore(parseAddress(address), member)]);
            // Gone, unless it is told below what is there.
            if (post[address] === undefined || member.length > 10) {
              known.set(address + member, EMPTY[member] ?? ZERO);
            }
          }
        }
        for (const [address, account] of Object.entries(post)) {
          for (const [member, value] of membersOf(account)) known.set(address + member, value);
        }
      }
      for (const [key, value] of known) {
        const address = parseAddress(key.slice(0, 42));
        const member = key.slice(42);
        if (member === 'balance' && credited.has(address)) continue;
        // Requests are taken from these after the last transaction.
        if (SYSTEM_CONTRACTS.includes(address)) continue;
        expect([key, value]).toEqual([key, valueAt(address, member, { hash: header.hash })]);
      }
    }
  });

  const EMPTY: Readonly<Record<string, unknown>> = { balance: '0x0', nonce: 0, code: '0x' };

  function membersOf({ storage = {}, ...account }: Account): (readonly [string, unknown])[] {
    return [...Object.entries(account), ...Object.entries(storage)];
  }

  function valueAt(
    address: Address,
    member: string,
    block: Parameters<StoredChainReader['account']>[1],
  ): unknown {
    if (member === 'code') return reader.code(address, block);
    if (member.startsWith('0x'))
      return reader.storage(address, BigInt(slotOf(BigInt(member))), block);
    const { balance, nonce } = reader.account(address, block);
    return member === 'balance' ? `0x${balance.toString(16)}` : Number(nonce);
  }

  it('have the steps that geth has, to the last value', async () => {
    const exchanges = ['memory-encoding', 'return-data-behavior', 'storage-encoding'].flatMap(
      (name) => conformanceExchanges(`debug_traceBlockByNumber/trace-block-${name}`),
    );
    for (const { params, result } of exchanges) {
      const [number, given] = params as [string, object];
      const block = { number: blockNumberOf(BigInt(number)) };
      const traces = await executor.traceBlock(block, { ...STEPS, ...given });
      expect(traces).toEqual(result);
    }
  });
});
