import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_TRACE } from './examples.ts';
import { tracesOfTransaction } from './placed-traces.ts';

export const traceTransaction = defineMethod({
  name: 'trace_transaction',
  peers: ['anvil', 'besu'],
  summary: 'The calls inside of a transaction, in the format of OpenEthereum.',
  params: [transactionHashParameter],
  result: 'List of traces, the outermost call first; null when there is no such transaction.',
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_TRANSACTION], result: [EXAMPLE_TRACE] },
  handler: ([hash], { backend }) => tracesOfTransaction(backend, hash),
});
