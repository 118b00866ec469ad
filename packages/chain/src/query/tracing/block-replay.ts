/** Runs a committed block again on its parent's state, with a tracer on the transactions that are asked for. */

import type { HeaderData } from '../../block/block-data.ts';
import { type DevelopmentState, UNUSED } from '../../development/development-state.ts';
import { ChainError, corruptStore } from '../../errors.ts';
import { BlockRun } from '../../execution/block-run.ts';
import type { ForkEvm, ForkEvms } from '../../execution/fork-evm.ts';
import { bytesOf, type Hash } from '../../primitives.ts';
import type { TrieStateView } from '../../state/trie-state-view.ts';
import { readBlock, readCanonical, readHeader } from '../../store/block-records.ts';
import { HistoryGaps } from '../../store/history-gaps.ts';
import type { Tables } from '../../store/tables.ts';
import { decodeWhere } from '../../transaction/stated-sender.ts';
import type { NodeReader } from '../../trie/node-source.ts';
import { stateAt } from '../state-at.ts';
import { traceEvm } from './evm-tracer.ts';
import {
  inTime,
  type TraceBudget,
  type TracedTransaction,
  type TransactionTracer,
} from './transaction-tracer.ts';

/** A transaction of a committed block that states its sender was impersonated then, whatever holds now. */
const SENDERS_AGREED: DevelopmentState = { ...UNUSED, impersonatesAll: true };

export interface ReplayModules {
  readonly tables: Tables;
  readonly nodes: NodeReader;
  readonly evms: ForkEvms;
  readonly chainId: bigint;
  readonly budget: TraceBudget;
}

/** A block about to run again: its system calls are done, its transactions are not. */
export interface BlockReplay {
  readonly run: BlockRun;
  readonly evm: ForkEvm;
  /** The state it began with. */
  readonly view: TrieStateView;
  readonly transactions: readonly Uint8Array[];
}

/**
 * Throws `ChainError`: `execution-failed` for the genesis block, `history-unavailable`, `state-pruned` when the parent's
 * state is not here.
 */
export async function openReplay(
  header: HeaderData,
  { tables, nodes, evms }: Pick<ReplayModules, 'tables' | 'nodes' | 'evms'>,
): Promise<BlockReplay> {
  if (header.number === 0) throw new ChainError('execution-failed', 'genesis is not traceable');
  const parent = readHeader(tables, header.parentHash);
  const gaps = HistoryGaps.read(tables);
  gaps.require(header.number, header.number);
  if (parent === undefined) {
    gaps.require(header.number - 1, header.number - 1);
    throw corruptStore(`block ${header.parentHash} is missing`);
  }
  const stored = readBlock(tables, header.hash);
  if (stored === undefined) throw corruptStore(`block ${header.hash} has no body`);
  const view = stateAt(tables, nodes, parent);
  const evm = await evms.at(header.number, header.timestamp);
  const { stateRoot, ...fields } = header;
  const run = new BlockRun(
    evm,
    { ...fields, stateRoot },
    {
      header: parent,
      stateRoot: view.root,
      development: SENDERS_AGREED,
      overrides: {},
      state: {
        getAccount: (address) => view.getAccount(address),
        getCode: (codeHash) => view.getCode(codeHash),
        getStorage: (address, slot) => view.getStorage(address, slot),
        getNode: (hash: Hash) => tables.get('nodes', bytesOf(hash)),
      },
      nodes,
      ancestorHash: (number) => readCanonical(tables, number),
    },
  );
  await run.begin();
  return { run, evm, view, transactions: stored.transactions };
}

/** Runs the next transaction of a replay without a tracer. */
export async function skip(run: BlockRun, raw: Uint8Array): Promise<void> {
  await run.apply(decodeWhere(SENDERS_AGREED, raw));
}

/**
 * Traces all transactions of a block, or the one at an index, each with a tracer of its own. Throws `ChainError`: as
 * `openReplay`, `execution-timeout`, `trace-too-large`.
 */
export async function traceBlock<Result>(
  header: HeaderData,
  only: number | undefined,
  modules: ReplayModules,
  newTracer: () => TransactionTracer<Result>,
): Promise<TracedTransaction<Result>[]> {
  const { budget } = modules;
  const { run, evm, transactions } = await openReplay(header, modules);
  const traces: TracedTransaction<Result>[] = [];
  for (const [index, raw] of transactions.entries()) {
    budget.look();
    if (only !== undefined && only !== index) {
      await skip(run, raw);
      continue;
    }
    const signed = decodeWhere(SENDERS_AGREED, raw);
    const tracer = newTracer();
    const { data } = signed;
    tracer.begin?.(
      {
        from: data.from,
        to: data.to,
        nonce: data.nonce,
        gasLimit: data.gasLimit,
        coinbase: header.beneficiary,
        chainId: modules.chainId,
        authorizationList: data.authorizationList ?? [],
        precompiles: new Set(evm.vm.evm.precompiles.keys()),
      },
      run.state,
    );
    const { events } = evm.vm.evm;
    if (events === undefined) throw new Error('the EVM has no events');
    const stop = traceEvm({ events }, inTime(tracer, budget), (address) => {
      return run.state.getAccount(address)?.balance ?? 0n;
    });
    const gasBefore = run.gasLeft;
    try {
      await run.apply(signed);
    } finally {
      stop();
    }
    traces.push({ txHash: data.hash, result: tracer.result(gasBefore - run.gasLeft) });
    if (only !== undefined) break;
  }
  return traces;
}
