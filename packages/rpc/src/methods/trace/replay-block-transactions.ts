import { defineMethod, required } from '../../method.ts';
import { anyBlock } from '../../parameters/plain-number.ts';
import { formatReplay, replayOptions, traceTypesParameter } from '../../parameters/trace-types.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_REPLAY } from './examples.ts';

export const traceReplayBlockTransactions = defineMethod({
  name: 'trace_replayBlockTransactions',
  peers: ['anvil', 'besu'],
  summary: 'As trace_replayTransaction for all transactions of a block.',
  params: [required('block', anyBlock, 'Number, tag or hash.'), traceTypesParameter],
  result: 'List of answers as of trace_replayTransaction, each with `transactionHash`.',
  errors: TRACE_ERRORS,
  example: {
    params: ['latest', ['trace']],
    result: [{ ...EXAMPLE_REPLAY, transactionHash: EXAMPLE_TRANSACTION }],
  },
  handler: async ([block, types], { backend }) => {
    const replays = await backend.executor.replayBlock(block, replayOptions(types));
    return replays.map((replay) => ({
      ...formatReplay(replay, types),
      transactionHash: replay.hash,
    }));
  },
});
