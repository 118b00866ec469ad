import { z } from 'zod';
import { defineMethod, withDefault } from '../../method.ts';
import { timestamp, wholeNumber } from '../../parameters/development.ts';
import { eitherOf } from '../../parameters/either-of.ts';
import { optionalField } from '../../parameters/optional-fields.ts';
import { developmentOf } from '../development/development-method.ts';
import { MINED_BLOCKS_MAX, mineBlocks } from '../development/mining.ts';

const blockCount = wholeNumber.refine((count) => count >= 1 && count <= MINED_BLOCKS_MAX, {
  error: `from 1 to ${MINED_BLOCKS_MAX} blocks`,
});

const options = eitherOf(
  [
    timestamp.transform((time) => ({ timestamp: time, blocks: undefined })),
    z.strictObject({ blocks: optionalField(blockCount), timestamp: optionalField(timestamp) }),
  ],
  (value) => (typeof value === 'object' ? 1 : 0),
).meta({
  id: 'MineOptions',
  description: 'A time, or an object of how many blocks, 1 when absent, and the time of the first.',
});

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
  handler: async ([{ blocks = 1, timestamp: time }], context) => {
    if (time !== undefined) {
      await developmentOf(context.backend).apply({ kind: 'set-next-timestamp', timestamp: time });
    }
    await mineBlocks(blocks, 0, context);
    return '0x0';
  },
});
