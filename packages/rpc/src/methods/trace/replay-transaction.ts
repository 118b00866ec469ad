import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import {
  formatReplay,
  REPLAY_RESULT,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_REPLAY } from './examples.ts';

export const traceReplayTransaction = defineMethod({
  name: 'trace_replayTransaction',
  peers: [],
  summary: 'Runs a transaction again and traces it in the format of OpenEthereum.',
  params: [transactionHashParameter, traceTypesParameter],
  result: REPLAY_RESULT,
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_TRANSACTION, ['trace']], result: EXAMPLE_REPLAY },
  handler: async ([hash, types], { backend }) =>
    formatReplay(await backend.executor.replayTransaction(hash, replayOptions(types)), types),
});
