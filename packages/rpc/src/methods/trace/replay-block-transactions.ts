import { defineMethod, required } from '../../method.ts';
import { anyBlock } from '../../parameters/plain-number.ts';
import {
  formatReplay,
  REPLAY_EXAMPLE,
  replayOptions,
  traceTypesParameter,
} from '../../parameters/trace-types.ts';
import { EXAMPLE_HASH, TRACE_ERRORS } from '../examples.ts';

export const traceReplayBlockTransactions = defineMethod({
  name: 'trace_replayBlockTransactions',
  summary: 'As trace_replayTransaction for all transactions of a block.',
  params: [required('block', anyBlock, 'Number, tag or hash.'), traceTypesParameter],
  result: 'List of answers as of trace_replayTransaction, each with `transactionHash`.',
  errors: TRACE_ERRORS,
  example: {
    params: ['latest', ['trace']],
    result: [{ ...REPLAY_EXAMPLE, transactionHash: EXAMPLE_HASH }],
  },
  handler: async ([block, types], { backend }) => {
    const replays = await backend.executor.replayBlock(block, replayOptions(types));
    return replays.map((replay) => ({
      ...formatReplay(replay, types),
      transactionHash: replay.hash,
    }));
  },
});
