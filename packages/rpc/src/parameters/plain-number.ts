/** Numbers that explorers write as JSON numbers, and others as hexadecimal quantities. */
import type { BlockNumber, BlockSelector } from '@praline/chain';
import { z } from 'zod';
import { type BlockTagOrNumber, blockSelector, blockTagOrNumber } from './block-selector.ts';
import { eitherOf } from './either-of.ts';
import { index } from './hex.ts';

const plain = z
  .number({ error: 'not a number' })
  .int({ error: 'not a whole number' })
  .nonnegative({ error: 'a negative number' });
const plainBlockNumber = plain.transform((number) => ({ number: number as BlockNumber }));

const isPlain = (value: unknown) => (typeof value === 'number' ? 1 : 0);

export const wholeNumber: z.ZodType<number> = eitherOf([index, plain], isPlain).meta({
  id: 'PlainIndex',
  description: 'A position or number from 0, as a JSON number or a hex quantity.',
});

/** A tag, or a number in either form. */
export const blockNumber: z.ZodType<BlockTagOrNumber> = eitherOf(
  [blockTagOrNumber, plainBlockNumber],
  isPlain,
).meta({ id: 'PlainBlockNumber', description: 'Also a JSON number.' });

/** A block in any form, numbers in both. */
export const anyBlock: z.ZodType<BlockSelector> = eitherOf(
  [blockSelector, plainBlockNumber],
  isPlain,
).meta({ id: 'PlainBlock', description: 'Also a JSON number.' });
