import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';
import { PLAIN_TRACE, traceOptionsParameter } from '../../parameters/trace-options.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
  TRACE_ERRORS,
} from '../examples.ts';

export const debugTraceBlockByNumber = defineMethod({
  name: 'debug_traceBlockByNumber',
  summary: 'Runs a block again and tells what happened inside of each transaction.',
  params: [blockNumberParameter, traceOptionsParameter],
  result: 'List of objects with `txHash` and `result`, as of debug_traceTransaction.',
  peers: ['anvil', 'geth', 'besu'],
  errors: TRACE_ERRORS,
  example: {
    params: ['latest', { tracer: 'callTracer' }],
    result: [
      {
        txHash: EXAMPLE_TRANSACTION,
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
    ],
  },
  handler: async ([block, { trace } = PLAIN_TRACE], { backend }) =>
    (await backend.executor.traceBlock(block, trace)).map(({ txHash, result }) => ({
      txHash,
      result,
    })),
});
