/** The filter object of `eth_getLogs`, `eth_newFilter` and the `logs` subscription. */
import type { Address, Hash } from '@praline/chain';
import { z } from 'zod';
import { type BlockTagOrNumber, blockTagOrNumber } from './block-selector.ts';
import { eitherOf } from './either-of.ts';
import { address, hash } from './hex.ts';
import { optionalField } from './optional-fields.ts';

/** Topics of a log: LOG0 to LOG4. */
const TOPIC_POSITIONS_MAX = 4;
/** Addresses, and alternatives at one topic position, as geth bounds them. */
const ALTERNATIVES_MAX = 1000;

const TOO_MANY = 'exceed max addresses or topics per search position';

/** Which logs a client means, wherever they are. */
export interface LogCriteria {
  /** Any of these; empty means any address. */
  readonly addresses: readonly Address[];
  /** Per position any of these; null means anything. */
  readonly topics: readonly (readonly Hash[] | null)[];
}

export interface LogFilterArguments extends LogCriteria {
  readonly blockHash: Hash | undefined;
  readonly from: BlockTagOrNumber | undefined;
  readonly to: BlockTagOrNumber | undefined;
}

const alternatives = <Value>(schema: z.ZodType<Value>) =>
  z.array(schema).max(ALTERNATIVES_MAX, { error: TOO_MANY });

const oneOrMany = <Value>(schema: z.ZodType<Value>): z.ZodType<readonly Value[]> =>
  eitherOf(
    [schema.transform((value): readonly Value[] => [value]), alternatives(schema)],
    (value) => (Array.isArray(value) ? 1 : 0),
  );

/** An empty list of alternatives, or one that has null among them, means anything. */
const topicPosition: z.ZodType<readonly Hash[] | null> = oneOrMany(
  z.union([z.null(), hash], { error: 'invalid topic' }),
).transform((given) => {
  const topics = given.filter((topic) => topic !== null);
  return topics.length === 0 || topics.length < given.length ? null : topics;
});

export const logFilter: z.ZodType<LogFilterArguments> = z
  .object(
    {
      blockHash: optionalField(hash),
      fromBlock: optionalField(blockTagOrNumber),
      toBlock: optionalField(blockTagOrNumber),
      address: optionalField(oneOrMany(address)),
      topics: optionalField(
        z
          .array(topicPosition, { error: 'non-array topics' })
          .max(TOPIC_POSITIONS_MAX, { error: 'exceed max topics' }),
      ),
    },
    { error: 'filter object expected' },
  )
  .transform((fields, context): LogFilterArguments => {
    const hasRange = fields.fromBlock !== undefined || fields.toBlock !== undefined;
    if (fields.blockHash !== undefined && hasRange) {
      context.addIssue({
        code: 'custom',
        message: 'cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other',
      });
      return z.NEVER;
    }
    return {
      blockHash: fields.blockHash,
      from: fields.fromBlock,
      to: fields.toBlock,
      addresses: fields.address ?? [],
      topics: fields.topics ?? [],
    };
  })
  .meta({
    id: 'LogFilter',
    description:
      '`topics` has up to four positions, each a topic, a list of alternatives, or null for any. `blockHash` excludes the other two.',
  });
