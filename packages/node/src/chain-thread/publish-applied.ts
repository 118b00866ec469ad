/** Tells pool, threads and clients what has become final, in the order of the log. */
import type { Mempool } from '@praline/chain';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { MainForChain, RpcForChain } from '../threads/thread-contracts.ts';
import type { AppliedBlock, AppliedOperation } from './chain-application.ts';
import { type OperationQueue, requestIdOf } from './operation-queue.ts';
import type { TransactionDesk } from './transaction-desk.ts';

export interface PublishModules {
  readonly pool: Mempool;
  readonly desk: TransactionDesk;
  readonly operations: OperationQueue;
  readonly main: RemoteThread<MainForChain>;
  readonly rpc: RemoteThread<RpcForChain>;
}

export function publishApplied(
  applied: readonly (AppliedBlock | AppliedOperation)[],
  modules: PublishModules,
): void {
  const { pool, desk } = modules;
  const blocks = applied.flatMap((one) => (one.kind === 'block' ? [one] : []));
  // The pool follows the last block, so what any of them holds has been mined.
  const mined = new Set(blocks.flatMap(({ block }) => block.transactions.map(({ hash }) => hash)));
  if (blocks.length < applied.length) {
    // An operation can have changed any account, and what a block may hold.
    pool.onStateReplaced(mined);
  } else {
    pool.onBlockCommitted(new Set(blocks.flatMap(({ touched }) => touched)), mined);
  }
  desk.mined(mined);
  for (const one of applied) {
    if (one.kind === 'block') publishBlock(one, modules);
    else publishOperation(one, modules);
  }
}

function publishBlock(
  { block, entryIndex, executionMs, printed }: AppliedBlock,
  modules: PublishModules,
) {
  const { main, rpc } = modules;
  const { header, transactions } = block;
  const hashes = transactions.map(({ hash }) => hash);
  void rpc.blockCommitted.asEvent({ hash: header.hash, transactions: hashes });
  void main.blockCommitted.asEvent({
    number: header.number,
    hash: header.hash,
    transactionCount: hashes.length,
    gasUsed: header.gasUsed,
    executionMs,
    entryIndex,
    timestamp: header.timestamp,
    printed,
  });
}

function publishOperation(
  { request, outcome, abandoned, head }: AppliedOperation,
  { pool, operations, main, rpc }: PublishModules,
): void {
  const { operation } = request;
  if (operation.kind === 'drop-transactions') {
    const all = pool.transactions().map(({ data }) => data.hash);
    for (const hash of operation.hash === null ? all : [operation.hash]) {
      pool.dropInvalid(hash, 'the transaction was dropped on request');
    }
  }
  if (abandoned.length > 0) {
    void rpc.headReverted.asEvent({
      head: head.hash,
      abandoned: abandoned.map(({ hash }) => hash),
    });
    void main.headReverted.asEvent({ number: head.number, hash: head.hash });
  }
  operations.applied(requestIdOf(request));
  void main.operationApplied.asEvent({ requestId: requestIdOf(request), outcome });
}
