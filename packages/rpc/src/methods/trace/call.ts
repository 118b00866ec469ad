import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import { callParameter, stateBlockParameter } from '../../parameters/common.ts';
import {
  formatReplay,
  REPLAY_EXAMPLE,
  REPLAY_RESULT,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { EXAMPLE_ADDRESS, TRACE_ERRORS } from '../examples.ts';

export const traceCall = defineMethod({
  name: 'trace_call',
  summary: 'Runs a call on the state after a block and traces it in the format of OpenEthereum.',
  params: [callParameter, traceTypesParameter, stateBlockParameter],
  result: REPLAY_RESULT,
  errors: TRACE_ERRORS,
  example: { params: [{ from: EXAMPLE_ADDRESS }, ['trace'], 'latest'], result: REPLAY_EXAMPLE },
  handler: async ([call, types, block], { backend }) => {
    const request = toCallRequest(call, backend.reader.chainId);
    const calls = [{ request, ...replayOptions(types) }];
    const [replay] = await backend.executor.replayCalls(calls, block);
    return replay === undefined ? null : formatReplay(replay, types);
  },
});
