/** The methods `trace_*`. */
import type { Method } from '../../method.ts';
import { traceBlock } from './block.ts';
import { traceCall } from './call.ts';
import { traceCallMany } from './call-many.ts';
import { traceFilter } from './filter.ts';
import { traceGet } from './get.ts';
import { traceRawTransaction } from './raw-transaction.ts';
import { traceReplayBlockTransactions } from './replay-block-transactions.ts';
import { traceReplayTransaction } from './replay-transaction.ts';
import { traceTransaction } from './transaction.ts';

export const traceMethods: readonly Method[] = [
  traceBlock,
  traceCallMany,
  traceCall,
  traceFilter,
  traceGet,
  traceRawTransaction,
  traceReplayBlockTransactions,
  traceReplayTransaction,
  traceTransaction,
];
