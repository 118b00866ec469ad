import { executionReverted, serverError } from '../../errors.ts';
import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import {
  blockOverridesParameter,
  callParameter,
  stateBlockParameter,
  stateOverridesParameter,
} from '../../parameters/common.ts';
import { toCallOptions } from '../../parameters/overrides.ts';
import { EXAMPLE_CONTRACT, REVERTED, UNKNOWN_BLOCK } from '../examples.ts';

export const ethCall = defineMethod({
  name: 'eth_call',
  summary: 'Runs a call on the state after a block, without changing anything.',
  params: [callParameter, stateBlockParameter, stateOverridesParameter, blockOverridesParameter],
  result: 'Output of the call, bytes.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [
    REVERTED,
    UNKNOWN_BLOCK,
    { code: -32000, when: 'the call fails otherwise, such as out of gas' },
  ],
  example: {
    params: [{ to: EXAMPLE_CONTRACT, input: '0x18160ddd' }, 'latest'],
    result: `0x${'00'.repeat(31)}38`,
  },
  handler: async ([call, block, stateOverrides, blockOverrides], { backend }) => {
    const result = await backend.executor.call(
      toCallRequest(call, backend.reader.chainId),
      block,
      toCallOptions(stateOverrides, blockOverrides),
    );
    switch (result.status) {
      case 'success':
        return result.output;
      case 'revert':
        throw executionReverted(result.output);
      case 'failure':
        throw serverError(result.error);
    }
  },
});
