/** Block arguments: tags, numbers, hashes and the objects of EIP-1898. */
import type { BlockNumber, BlockSelector, BlockTag } from '@praline/chain';
import { z } from 'zod';
import { eitherOf } from './either-of.ts';
import { ArgumentError, hash, parsedString, parseHash, parseQuantity } from './hex.ts';
import { optionalField } from './optional-fields.ts';

const TAGS: ReadonlySet<string> = new Set<BlockTag>([
  'latest',
  'earliest',
  'pending',
  'safe',
  'finalized',
]);

export const LATEST: BlockSelector = { tag: 'latest' };
export const PENDING: BlockSelector = { tag: 'pending' };

function isTag(text: string): text is BlockTag {
  return TAGS.has(text);
}

/** Heights beyond exact numbers exist on no chain; they become one that certainly does not exist either. */
function toBlockNumber(value: bigint): BlockNumber {
  if (value >= 1n << 63n) throw new ArgumentError('block number larger than int64');
  const bounded = value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(value);
  return bounded as BlockNumber;
}

function parseNumberOrTag(text: string): BlockTagOrNumber {
  if (isTag(text)) return { tag: text };
  return { number: toBlockNumber(parseQuantity(text, 64)) };
}

export type BlockTagOrNumber = { readonly tag: BlockTag } | { readonly number: BlockNumber };

/** For methods that take a tag or number only. */
export const blockTagOrNumber = parsedString(parseNumberOrTag).meta({
  id: 'BlockTagOrNumber',
  description:
    '`latest`, `earliest`, `pending`, `safe`, `finalized`, or a number: `0x` and digits without leading zeros.',
  pattern: `^(${[...TAGS].join('|')}|0[xX](0|[1-9a-fA-F][0-9a-fA-F]{0,15}))$`,
});

/** Digits of a 32-byte hash with its prefix: geth tells hashes from numbers by this length. */
const HASH_TEXT_LENGTH = 66;

const bare = parsedString(
  (text): BlockSelector =>
    text.length === HASH_TEXT_LENGTH ? { hash: parseHash(text) } : parseNumberOrTag(text),
).meta({ description: 'Tag, number or hash.' });

/** EIP-1898. */
const object = z
  .object({
    blockHash: optionalField(hash),
    blockNumber: optionalField(blockTagOrNumber),
    requireCanonical: optionalField(z.boolean({ error: 'non-boolean' })),
  })
  .transform((value, context): BlockSelector => {
    if (value.blockHash !== undefined && value.blockNumber !== undefined) {
      context.addIssue({
        code: 'custom',
        message: 'cannot specify both BlockHash and BlockNumber, choose one or the other',
      });
      return z.NEVER;
    }
    if (value.blockHash !== undefined) {
      return value.requireCanonical === undefined
        ? { hash: value.blockHash }
        : { hash: value.blockHash, requireCanonical: value.requireCanonical };
    }
    if (value.blockNumber !== undefined) return value.blockNumber;
    context.addIssue({
      code: 'custom',
      message: 'at least one of blockNumber or blockHash is needed',
    });
    return z.NEVER;
  });

/** For methods that take any way of naming a block. */
export const blockSelector: z.ZodType<BlockSelector> = eitherOf([bare, object], (value) =>
  typeof value === 'object' ? 1 : 0,
).meta({ id: 'Block', description: 'A block: tag, number, hash or the object of EIP-1898.' });

export function isPending(block: BlockSelector): boolean {
  return 'tag' in block && block.tag === 'pending';
}
