import { formatTraceEntry } from '../../format/otterscan.ts';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
  TRACE_ERRORS,
} from '../examples.ts';

export const otsTraceTransaction = defineMethod({
  name: 'ots_traceTransaction',
  peers: ['anvil'],
  summary: 'The calls of a transaction as a list, each with its depth.',
  params: [transactionHashParameter],
  result:
    'List of objects with `type`, `depth`, `from`, `to`, `value` (null where nothing can move), `input` and `output`.',
  errors: TRACE_ERRORS,
  example: {
    params: [EXAMPLE_TRANSACTION],
    result: [
      {
        type: 'CALL',
        depth: 0,
        from: EXAMPLE_ADDRESS,
        to: EXAMPLE_CONTRACT,
        value: '0x0',
        input: '0x',
        output: '0x',
      },
    ],
  },
  handler: async ([hash], { backend }) => {
    const { frames } = await backend.executor.replayTransaction(hash, { changes: false });
    return frames.map(formatTraceEntry);
  },
});
