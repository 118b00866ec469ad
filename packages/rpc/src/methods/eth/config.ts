import type { ForkConfiguration } from '@praline/chain';
import { quantity } from '../../format/quantity.ts';
import type { JsonValue } from '../../json.ts';
import { defineMethod } from '../../method.ts';

export const ethConfig = defineMethod({
  name: 'eth_config',
  summary: 'The rules of the chain now, and the next and last scheduled ones (EIP-7910).',
  params: [],
  result: 'Object with `current`, `next` and `last`; null for what is not scheduled.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: {
    params: [],
    result: {
      current: {
        activationTime: 0,
        blobSchedule: { target: 14, max: 21, baseFeeUpdateFraction: 11684671 },
        chainId: '0x7a69',
        forkId: '0x9686d7af',
        precompiles: { ECREC: '0x0000000000000000000000000000000000000001', '...': '...' },
        systemContracts: {
          BEACON_ROOTS_ADDRESS: '0x000f3df6d732807ef1319fb7b8bb8522d0beac02',
          '...': '...',
        },
      },
      next: null,
      last: null,
    },
  },
  handler: (_, { backend }) => {
    const { current, next, last } = backend.reader.forkSchedule(Math.floor(Date.now() / 1_000));
    return {
      current: format(current),
      next: next === null ? null : format(next),
      last: last === null ? null : format(last),
    };
  },
});

function format(configuration: ForkConfiguration): JsonValue {
  const { activationTime, blobSchedule, chainId, forkId } = configuration;
  return {
    activationTime,
    blobSchedule,
    chainId: quantity(chainId),
    forkId,
    precompiles: Object.fromEntries(configuration.precompiles),
    systemContracts: Object.fromEntries(configuration.systemContracts),
  };
}
