import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import { callParameter, stateBlockParameter } from '../../parameters/common.ts';
import {
  formatReplay,
  REPLAY_RESULT,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_CALL, EXAMPLE_REPLAY } from './examples.ts';

export const traceCall = defineMethod({
  name: 'trace_call',
  peers: ['besu'],
  summary: 'Runs a call on the state after a block and traces it in the format of OpenEthereum.',
  params: [callParameter, traceTypesParameter, stateBlockParameter],
  result: REPLAY_RESULT,
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_CALL, ['trace'], 'latest'], result: EXAMPLE_REPLAY },
  handler: async ([call, types, block], { backend }) => {
    const request = toCallRequest(call, backend.reader.chainId);
    const calls = [{ request, ...replayOptions(types) }];
    const [replay] = await backend.executor.replayCalls(calls, block);
    return replay === undefined ? null : formatReplay(replay, types);
  },
});
