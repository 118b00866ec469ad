import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogData } from '../block/block-data.ts';
import { blockNumberOf, type Hash, hashOf } from '../primitives.ts';
import { assemble } from '../testing/assemble.ts';
import { contractAddress, QueryChain, type TestSend, word } from '../testing/query-chain.ts';
import type { LogFilter } from './chain-reader.ts';
import { matches, searchLogs } from './log-search.ts';

/** Logs with as many topics as its code says, each a word of its input. */
const ONE_TOPIC = contractAddress(0xa1);
const THREE_TOPICS = contractAddress(0xa3);
const CONTRACTS = {
  [ONE_TOPIC]: assemble('PUSH0 CALLDATALOAD PUSH0 PUSH0 LOG1'),
  [THREE_TOPICS]: assemble(
    '0x40 CALLDATALOAD 0x20 CALLDATALOAD PUSH0 CALLDATALOAD PUSH0 PUSH0 LOG3',
  ),
};
const BLOCKS = 60;
const RARE = 99n;

const topic = (value: bigint): Hash => hashOf(Buffer.from(word(value).slice(2), 'hex'));
const words = (...values: bigint[]) =>
  `0x${values.map((value) => word(value).slice(2)).join('')}` as const;

/** What block `number` does: repeated topics, some empty blocks, one rare topic. */
function sendsOf(number: number): TestSend[] {
  if (number % 7 === 0) return [];
  const first = BigInt(number % 3);
  const sends: TestSend[] = [
    { to: THREE_TOPICS, input: words(first, BigInt(number % 2), BigInt(number % 5)) },
  ];
  if (number % 4 === 0) sends.push({ to: ONE_TOPIC, input: words(first) });
  if (number === 41) sends.push({ to: ONE_TOPIC, input: words(RARE) });
  return sends;
}

function filterOf(change: Partial<LogFilter>): LogFilter {
  return {
    from: blockNumberOf(0),
    to: blockNumberOf(BLOCKS),
    addresses: [],
    topics: [],
    maxResults: 10_000,
    ...change,
  };
}

describe('searchLogs', () => {
  let chain: QueryChain;
  const all: LogData[] = [];

  beforeAll(async () => {
    chain = await QueryChain.create({ contracts: CONTRACTS });
    for (let number = 1; number <= BLOCKS; number++) {
      const { receipts } = await chain.mine(...sendsOf(number));
      for (const receipt of receipts) all.push(...receipt.logs);
    }
  });

  afterAll(() => chain.close());

  it('finds exactly the logs that fit, in order', () => {
    const values = fc.constantFrom(0n, 1n, 2n, 3n, RARE).map(topic);
    const filters = fc.record({
      range: fc.tuple(fc.nat({ max: BLOCKS }), fc.nat({ max: BLOCKS })),
      addresses: fc.uniqueArray(fc.constantFrom(ONE_TOPIC, THREE_TOPICS, contractAddress(1))),
      topics: fc.array(
        fc.oneof(fc.constant(null), fc.uniqueArray(values, { minLength: 1, maxLength: 2 })),
        { maxLength: 4 },
      ),
    });
    fc.assert(
      fc.property(filters, ({ range, ...change }) => {
        const [from, to] = [Math.min(...range), Math.max(...range)].map(blockNumberOf);
        const filter = filterOf({
          ...change,
          from: from ?? blockNumberOf(0),
          to: to ?? blockNumberOf(0),
        });
        const expected = all.filter(
          (log) =>
            log.blockNumber >= filter.from && log.blockNumber <= filter.to && matches(log, filter),
        );
        expect(chain.reader.logs(filter)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('reads blocks that have such logs and no others, however long the chain is', () => {
    const count = (change: Partial<LogFilter>) => {
      let headers = 0;
      let receipts = 0;
      const found = searchLogs(
        {
          tables: chain.reader.tables,
          header: (number) => {
            headers += 1;
            return chain.reader.header({ number });
          },
          receipts: (header) => {
            receipts += 1;
            return chain.reader.receipts({ hash: header.hash }) ?? [];
          },
        },
        filterOf(change),
      );
      return { headers, receipts, found: found.length };
    };
    expect(count({ topics: [[topic(RARE)]] })).toEqual({ headers: 1, receipts: 1, found: 1 });
    expect(count({ addresses: [contractAddress(1)] })).toEqual({
      headers: 0,
      receipts: 0,
      found: 0,
    });
    const both = count({ addresses: [THREE_TOPICS], topics: [[topic(RARE)]] });
    // The one block where that contract and that topic meet, in different logs.
    expect(both).toEqual({ headers: 1, receipts: 1, found: 0 });
    // Without address and topic the headers tell which blocks are without logs.
    const everything = count({});
    expect(everything.headers).toBe(BLOCKS + 1);
    expect(everything.receipts).toBe(BLOCKS - Math.floor(BLOCKS / 7));
  });

  it('stops at the bound on results', () => {
    const filter = { addresses: [THREE_TOPICS] };
    const total = chain.reader.logs(filterOf(filter)).length;
    expect(chain.reader.logs(filterOf({ ...filter, maxResults: total }))).toHaveLength(total);
    expect(() => chain.reader.logs(filterOf({ ...filter, maxResults: total - 1 }))).toThrow(
      expect.objectContaining({ code: 'too-many-results' }),
    );
  });

  it('refuses a range that is not there', () => {
    const range = (from: number, to: number) =>
      filterOf({ from: blockNumberOf(from), to: blockNumberOf(to) });
    expect(() => chain.reader.logs(range(5, 4))).toThrow('invalid block range params');
    expect(() => chain.reader.logs(range(5, BLOCKS + 1))).toThrow(
      'block range extends beyond current head block',
    );
  });

  it('refuses a filter with too many parts', () => {
    const many = Array.from({ length: 1_001 }, (_, index) => topic(BigInt(index)));
    expect(() => chain.reader.logs(filterOf({ topics: [many] }))).toThrow(
      'exceed max addresses or topics: 1000',
    );
    expect(() => chain.reader.logs(filterOf({ topics: [[], [], [], [], []] }))).toThrow(
      'exceed max topics',
    );
  });
});
