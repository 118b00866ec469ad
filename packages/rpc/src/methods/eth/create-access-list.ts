import { quantity } from '../../format/quantity.ts';
import { formatAccessList } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';
import { toCallRequest } from '../../parameters/call-request.ts';
import {
  callParameter,
  stateBlockParameter,
  stateOverridesParameter,
} from '../../parameters/common.ts';
import { toCallOptions } from '../../parameters/overrides.ts';
import { EXAMPLE_CONTRACT, UNKNOWN_BLOCK } from '../examples.ts';

export const ethCreateAccessList = defineMethod({
  name: 'eth_createAccessList',
  summary: 'The access list (EIP-2930) of what a call touches, and the gas it uses with it.',
  params: [callParameter, stateBlockParameter, stateOverridesParameter],
  result: '`accessList`, `gasUsed`, and `error` when the call failed.',
  peers: ['anvil', 'geth'],
  errors: [UNKNOWN_BLOCK],
  example: {
    params: [{ to: EXAMPLE_CONTRACT, input: '0x18160ddd' }, 'latest'],
    result: {
      accessList: [{ address: EXAMPLE_CONTRACT, storageKeys: [`0x${'00'.repeat(31)}00`] }],
      gasUsed: '0x6397',
    },
  },
  handler: async ([call, block, stateOverrides], { backend }) => {
    const { accessList, error, gasUsed } = await backend.executor.createAccessList(
      toCallRequest(call, backend.reader.chainId),
      block,
      toCallOptions(stateOverrides, undefined),
    );
    return {
      accessList: formatAccessList(accessList),
      ...(error === undefined ? {} : { error }),
      gasUsed: quantity(gasUsed),
    };
  },
});
