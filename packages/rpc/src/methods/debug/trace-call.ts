import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import { callParameter, stateBlockParameter } from '../../parameters/common.ts';
import { toCallOptions } from '../../parameters/overrides.ts';
import { PLAIN_TRACE, traceOptionsParameter } from '../../parameters/trace-options.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, TRACE_ERRORS } from '../examples.ts';

export const debugTraceCall = defineMethod({
  name: 'debug_traceCall',
  summary:
    'Runs a call on the state after a block and tells what happens inside of it. The options also take `stateOverrides` and `blockOverrides`.',
  params: [callParameter, stateBlockParameter, traceOptionsParameter],
  result: 'As of debug_traceTransaction.',
  peers: ['anvil', 'hardhat', 'geth'],
  errors: TRACE_ERRORS,
  example: {
    params: [{ from: EXAMPLE_ADDRESS, to: EXAMPLE_CONTRACT }, 'latest', { tracer: 'callTracer' }],
    result: {
      from: EXAMPLE_ADDRESS,
      gas: '0x2faf080',
      gasUsed: '0x5618',
      to: EXAMPLE_CONTRACT,
      input: '0x',
      value: '0x0',
      type: 'CALL',
    },
  },
  handler: ([call, block, given = PLAIN_TRACE], { backend }) =>
    backend.executor.traceCall(
      toCallRequest(call, backend.reader.chainId),
      block,
      given.trace,
      toCallOptions(given.stateOverrides, given.blockOverrides),
    ),
});
