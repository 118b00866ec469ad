import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import {
  formatReplay,
  REPLAY_EXAMPLE,
  REPLAY_RESULT,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { EXAMPLE_HASH, TRACE_ERRORS } from '../examples.ts';

export const traceReplayTransaction = defineMethod({
  name: 'trace_replayTransaction',
  summary: 'Runs a transaction again and traces it in the format of OpenEthereum.',
  params: [transactionHashParameter, traceTypesParameter],
  result: REPLAY_RESULT,
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_HASH, ['trace']], result: REPLAY_EXAMPLE },
  handler: async ([hash, types], { backend }) =>
    formatReplay(await backend.executor.replayTransaction(hash, replayOptions(types)), types),
});
