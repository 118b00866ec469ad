import { z } from 'zod';
import { defineMethod, required } from '../../method.ts';
import { callArguments, toCallRequest } from '../../parameters/call-request.ts';
import { stateBlockParameter } from '../../parameters/common.ts';
import { formatReplay, replayOptions, traceTypes } from '../../parameters/trace-types.ts';
import { TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_CALL, EXAMPLE_REPLAY } from './examples.ts';

/** They share the time of one question. */
const CALLS_MAX = 1_000;

export const traceCallMany = defineMethod({
  name: 'trace_callMany',
  peers: ['besu'],
  summary: 'As trace_call for several calls, each on the state that those before it left.',
  params: [
    required(
      'calls',
      z
        .array(z.tuple([callArguments, traceTypes], { error: 'a call and its trace types' }), {
          error: 'non-array',
        })
        .max(CALLS_MAX, { error: `at most ${CALLS_MAX} calls` }),
      'List of pairs of a call and its trace types.',
    ),
    stateBlockParameter,
  ],
  result: 'List of answers as of trace_call.',
  errors: TRACE_ERRORS,
  example: {
    params: [[[EXAMPLE_CALL, ['trace']]], 'latest'],
    result: [EXAMPLE_REPLAY],
  },
  handler: async ([given, block], { backend }) => {
    const calls = given.map(([call, types]) => ({
      request: toCallRequest(call, backend.reader.chainId),
      ...replayOptions(types),
    }));
    const replays = await backend.executor.replayCalls(calls, block);
    return given.flatMap(([, types], index) => {
      const replay = replays[index];
      return replay === undefined ? [] : [formatReplay(replay, types)];
    });
  },
});
