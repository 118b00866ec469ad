import { firstBlockWhere } from '../../account-history.ts';
import { lasting } from '../../format/otterscan.ts';
import { defineMethod } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, EXAMPLE_CREATION, TRACE_ERRORS } from '../examples.ts';
import { PRUNED } from './pruned.ts';

/** Hash of no code. */
const NO_CODE: string = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';

export const otsGetContractCreator = defineMethod({
  name: 'ots_getContractCreator',
  peers: ['anvil'],
  summary: 'Which transaction made a contract, and who.',
  params: [accountParameter],
  result:
    'Object with `hash` of the transaction and `creator`, an account or the contract that made it; null for an account without code, and for code from genesis or from a development method.',
  errors: [PRUNED, ...TRACE_ERRORS],
  example: {
    params: [EXAMPLE_CONTRACT],
    result: { hash: EXAMPLE_CREATION, creator: EXAMPLE_ADDRESS },
  },
  handler: async ([address], { backend: { reader, executor } }) => {
    const number = firstBlockWhere(reader, address, ({ codeHash }) => codeHash !== NO_CODE);
    if (number === undefined) return null;
    for (const { hash, frames } of await executor.replayBlock({ number }, { changes: false })) {
      const made = lasting(frames).find(
        ({ type, to }) => type.startsWith('CREATE') && to === address,
      );
      if (made !== undefined) return { hash, creator: made.from };
    }
    return null;
  },
});
