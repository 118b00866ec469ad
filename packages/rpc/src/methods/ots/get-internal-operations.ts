import { formatOperations } from '../../format/otterscan.ts';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';

export const otsGetInternalOperations = defineMethod({
  name: 'ots_getInternalOperations',
  peers: ['anvil'],
  summary: 'Transfers, creations and self-destructions by contracts inside of a transaction.',
  params: [transactionHashParameter],
  result:
    'List of objects with `type` (0 transfer, 1 self-destruction, 2 CREATE, 3 CREATE2), `from`, `to` and `value`; what was undone is left out.',
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_TRANSACTION], result: [] },
  handler: async ([hash], { backend }) =>
    formatOperations((await backend.executor.replayTransaction(hash, { changes: false })).frames),
});
