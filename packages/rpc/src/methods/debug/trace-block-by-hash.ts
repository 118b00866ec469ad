import { defineMethod } from '../../method.ts';
import { blockHashParameter } from '../../parameters/common.ts';
import { PLAIN_TRACE, traceOptionsParameter } from '../../parameters/trace-options.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_BLOCK,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
  TRACE_ERRORS,
} from '../examples.ts';

export const debugTraceBlockByHash = defineMethod({
  name: 'debug_traceBlockByHash',
  summary: 'As debug_traceBlockByNumber, of the block with a hash.',
  params: [blockHashParameter, traceOptionsParameter],
  result: 'List of objects with `txHash` and `result`, as of debug_traceTransaction.',
  peers: ['anvil', 'geth', 'besu'],
  errors: TRACE_ERRORS,
  example: {
    params: [EXAMPLE_BLOCK, { tracer: 'callTracer' }],
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
  handler: async ([hash, { trace } = PLAIN_TRACE], { backend }) =>
    (await backend.executor.traceBlock({ hash }, trace)).map(({ txHash, result }) => ({
      txHash,
      result,
    })),
});
