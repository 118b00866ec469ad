import { z } from 'zod';
import { defineMethod, withDefault } from '../../method.ts';
import { wholeNumber } from '../../parameters/development.ts';
import { optionalField } from '../../parameters/optional-fields.ts';
import { developmentOf } from '../development/development-method.ts';
import { MINED_BLOCKS_MAX, mineBlocks } from '../development/mining.ts';

const blockCount = wholeNumber.refine((count) => count >= 1 && count <= MINED_BLOCKS_MAX, {
  error: `from 1 to ${MINED_BLOCKS_MAX} blocks`,
});

const options = z.union(
  [
    wholeNumber.transform((timestamp) => ({ timestamp, blocks: undefined })),
    z.strictObject({ blocks: optionalField(blockCount), timestamp: optionalField(wholeNumber) }),
  ],
  {
    error: (issue) => {
      const [, inObject = []] = issue.code === 'invalid_union' ? issue.errors : [];
      const reason = inObject[0]?.message;
      return reason === undefined || typeof issue.input !== 'object'
        ? 'a timestamp or {"blocks": n, "timestamp": seconds} expected'
        : `${inObject[0]?.path.join('.') ?? ''}: ${reason}`;
    },
  },
);

export const evmMine = defineMethod({
  name: 'evm_mine',
  summary:
    'Makes a block now, empty if nothing is pending. Answers once it is committed and readable here.',
  params: [
    withDefault<{ readonly blocks?: number | undefined; readonly timestamp?: number | undefined }>(
      'options',
      options,
      { blocks: 1 },
      `Unix time of the block in seconds, in development mode; or an object of \`blocks\`, at most ${MINED_BLOCKS_MAX}, 1 when absent, and \`timestamp\`.`,
    ),
  ],
  result: '`0x0`.',
  peers: ['anvil', 'hardhat', 'ganache'],
  errors: [{ code: -32002, when: 'the network can not agree at present, for lack of a quorum' }],
  example: { params: [{ blocks: 2 }], result: '0x0' },
  handler: async ([{ blocks = 1, timestamp }], context) => {
    if (timestamp !== undefined) {
      await developmentOf(context.backend).apply({ kind: 'set-next-timestamp', timestamp });
    }
    await mineBlocks(blocks, 0, context);
    return '0x0';
  },
});
