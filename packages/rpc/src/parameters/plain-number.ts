/** Numbers that explorers write as JSON numbers, and others as hexadecimal quantities. */
import type { BlockNumber, BlockSelector } from '@praline/chain';
import { z } from 'zod';
import { type BlockTagOrNumber, blockSelector, blockTagOrNumber } from './block-selector.ts';
import { index } from './hex.ts';

const plain = z
  .number({ error: 'not a number' })
  .int({ error: 'not a whole number' })
  .nonnegative({ error: 'a negative number' });

export const wholeNumber: z.ZodType<number> = z.unknown().transform((value, context) => {
  const result = (typeof value === 'number' ? plain : index).safeParse(value);
  if (result.success) return result.data;
  for (const { message } of result.error.issues) context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** A tag, or a number in either form. */
export const blockNumber: z.ZodType<BlockTagOrNumber> = z
  .unknown()
  .transform((value, context): BlockTagOrNumber => {
    const result =
      typeof value === 'number'
        ? plain.transform((number) => ({ number: number as BlockNumber })).safeParse(value)
        : blockTagOrNumber.safeParse(value);
    if (result.success) return result.data;
    for (const { message } of result.error.issues) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** A block in any form, numbers in both. */
export const anyBlock: z.ZodType<BlockSelector> = z
  .unknown()
  .transform((value, context): BlockSelector => {
    const schema = typeof value === 'number' ? blockNumber : blockSelector;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const { message } of result.error.issues) context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
