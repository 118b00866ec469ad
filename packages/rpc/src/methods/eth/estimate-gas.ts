import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import {
  blockOverridesParameter,
  callParameter,
  estimateBlockParameter,
  stateOverridesParameter,
} from '../../parameters/common.ts';
import { toCallOptions } from '../../parameters/overrides.ts';
import { EXAMPLE_ADDRESS, REVERTED, UNKNOWN_BLOCK } from '../examples.ts';

export const ethEstimateGas = defineMethod({
  name: 'eth_estimateGas',
  summary:
    'A gas limit with which a transaction succeeds on the state after a block, close above the least one.',
  params: [callParameter, estimateBlockParameter, stateOverridesParameter, blockOverridesParameter],
  result: 'Gas.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [REVERTED, UNKNOWN_BLOCK, { code: -32000, when: 'no gas limit lets it succeed' }],
  example: {
    params: [{ from: EXAMPLE_ADDRESS, to: EXAMPLE_ADDRESS, value: '0x1' }],
    result: '0x5208',
  },
  handler: async ([call, block, stateOverrides, blockOverrides], { backend }) =>
    quantity(
      await backend.executor.estimateGas(
        toCallRequest(call, backend.reader.chainId),
        block,
        toCallOptions(stateOverrides, blockOverrides),
      ),
    ),
});
