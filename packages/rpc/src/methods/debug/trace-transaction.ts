import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { PLAIN_TRACE, traceOptionsParameter } from '../../parameters/trace-options.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
  TRACE_ERRORS,
} from '../examples.ts';

export const debugTraceTransaction = defineMethod({
  name: 'debug_traceTransaction',
  summary: 'Runs a transaction again and tells what happened inside of it.',
  params: [transactionHashParameter, traceOptionsParameter],
  result: 'As the tracer says; without one gas, outcome, output and `structLogs`.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: TRACE_ERRORS,
  example: {
    params: [EXAMPLE_TRANSACTION, { tracer: 'callTracer' }],
    result: {
      from: EXAMPLE_ADDRESS,
      gas: '0xc350',
      gasUsed: '0x5618',
      to: EXAMPLE_CONTRACT,
      input: '0x',
      value: '0x0',
      type: 'CALL',
    },
  },
  handler: ([hash, { trace } = PLAIN_TRACE], { backend }) =>
    backend.executor.traceTransaction(hash, trace),
});
