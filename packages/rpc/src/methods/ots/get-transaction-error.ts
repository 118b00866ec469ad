import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';

export const otsGetTransactionError = defineMethod({
  name: 'ots_getTransactionError',
  peers: ['anvil'],
  summary: 'What a failed transaction reverted with.',
  params: [transactionHashParameter],
  result: 'Output of the revert as data; `0x` when there is none or the transaction succeeded.',
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_TRANSACTION], result: '0x' },
  handler: async ([hash], { backend }) => {
    if (backend.reader.receipt(hash)?.status === 1) return '0x';
    const { frames } = await backend.executor.replayTransaction(hash, { changes: false });
    const [outermost] = frames;
    return outermost?.error === undefined ? '0x' : outermost.output;
  },
});
