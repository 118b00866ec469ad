import { z } from 'zod';
import { defineMethod, withDefault } from '../../method.ts';
import { uint64 } from '../../parameters/hex.ts';
import { optionalField } from '../../parameters/optional-fields.ts';

/** Blocks of one request; each is an agreed entry of the network's log. */
const BLOCKS_MAX = 1000;

const blockCount = z
  .union([z.number().int().min(0), uint64.transform(Number)], { error: 'a number expected' })
  .refine((count) => count >= 1 && count <= BLOCKS_MAX, {
    error: `from 1 to ${BLOCKS_MAX} blocks`,
  });

export const evmMine = defineMethod({
  name: 'evm_mine',
  summary:
    'Makes a block now, empty if nothing is pending. Answers once it is committed and readable here.',
  params: [
    withDefault(
      'options',
      z.strictObject(
        { blocks: optionalField(blockCount) },
        { error: 'only {"blocks": n} is understood here' },
      ),
      { blocks: 1 },
      `\`blocks\`, at most ${BLOCKS_MAX}; 1 when absent.`,
    ),
  ],
  result: '`0x0`.',
  errors: [{ code: -32002, when: 'the network can not agree at present, for lack of a quorum' }],
  example: { params: [{ blocks: 2 }], result: '0x0' },
  handler: async ([{ blocks }], { backend, connection }) => {
    for (let made = 0; made < (blocks ?? 1) && connection.isOpen(); made++) {
      await backend.transactions.mine();
    }
    return '0x0';
  },
});
