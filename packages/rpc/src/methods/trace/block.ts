import { defineMethod, required } from '../../method.ts';
import { anyBlock } from '../../parameters/plain-number.ts';
import { TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_TRACE } from './examples.ts';
import { tracesOfBlock } from './placed-traces.ts';

export const traceBlock = defineMethod({
  name: 'trace_block',
  peers: ['anvil', 'besu'],
  summary: 'The calls inside of all transactions of a block, in the format of OpenEthereum.',
  params: [required('block', anyBlock, 'Number, tag or hash.')],
  result: 'List of traces, in the order of execution; null when there is no such block.',
  errors: TRACE_ERRORS,
  example: { params: ['latest'], result: [EXAMPLE_TRACE] },
  handler: ([block], { backend }) => tracesOfBlock(backend, block),
});
