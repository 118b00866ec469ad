import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeaderData } from '../block/block-data.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { type Address, type BlockNumber, blockNumberOf } from '../primitives.ts';
import { metaKey } from '../store/schema.ts';
import { assemble } from '../testing/assemble.ts';
import { contractAddress, QueryChain } from '../testing/query-chain.ts';
import { type AddressSource, searchAddress } from './address-search.ts';

const LOGGER = contractAddress(0xa0);
const CALLER = contractAddress(0xa1);
const CONTRACTS = {
  [LOGGER]: assemble('PUSH0 PUSH0 LOG0 STOP'),
  [CALLER]: assemble(`PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ${LOGGER} GAS CALL STOP`),
};
const FLOOR = metaKey('participants-from');

describe('the transactions of an address', () => {
  let chain: QueryChain;
  let head: number;
  let others: readonly Address[];

  beforeAll(async () => {
    chain = await QueryChain.create({ contracts: CONTRACTS });
    const [first, second] = [chain.account(0), chain.account(1)];
    await chain.mine({ to: second }, { account: 1, to: LOGGER }, { to: LOGGER });
    await chain.mine();
    await chain.mine({ to: CALLER });
    await chain.mine({ input: '0x' }, { account: 1, to: first });
    await chain.mine({ account: 2, to: first });
    await chain.mine({ account: 2, to: CALLER }, { to: second });
    head = chain.reader.head().number;
    const [creation] = chain.reader.receipts({ number: blockNumberOf(4) }) ?? [];
    if (creation?.contractAddress == null) throw new Error('no contract was made');
    others = [first, second, LOGGER, CALLER, creation.contractAddress, contractAddress(0x77)];
  });
  afterAll(() => chain.close());

  /** As if participants were posted from a block on. */
  function sourceFrom(floor: number): AddressSource {
    const { tables } = chain.reader;
    const block = ({ hash }: HeaderData) => ({ hash });
    return {
      tables: {
        getSealed: (table, key) =>
          Buffer.compare(key, FLOOR) === 0
            ? bigintToBytes(BigInt(floor))
            : tables.getSealed(table, key),
        keys: (table, range) => tables.keys(table, range),
        keysDown: (table, range) => tables.keysDown(table, range),
      },
      head: blockNumberOf(head),
      lowest: blockNumberOf(0),
      header: (number) => chain.reader.header({ number }),
      transactions: (header) => chain.reader.block(block(header))?.transactions ?? [],
      receipts: (header) => chain.reader.receipts(block(header)) ?? [],
    };
  }

  /** All of them, by looking at everything. */
  function everything(address: Address): string[] {
    const found: string[] = [];
    for (let number = 0; number <= head; number += 1) {
      for (const one of chain.reader.receipts({ number: number as BlockNumber }) ?? []) {
        const named = [
          one.from,
          one.to,
          one.contractAddress,
          ...one.logs.map((log) => log.address),
        ];
        if (named.includes(address)) found.push(one.transactionHash);
      }
    }
    return found;
  }

  it('are found in both directions, page by page, posted or not', () => {
    expect(others.map((address) => everything(address).length)).toEqual([7, 4, 4, 2, 1, 0]);
    for (const address of others) {
      for (let floor = 0; floor <= head + 1; floor += 1) {
        for (const pageSize of [1, 2, 100]) {
          const source = sourceFrom(floor);
          const older: string[] = [];
          for (let from = head as number; ; ) {
            const { transactions, hasMore } = searchAddress(source, {
              ...{ address, pageSize, direction: 'older' },
              from: blockNumberOf(from),
            });
            older.push(...transactions.map(({ receipt }) => receipt.transactionHash));
            const last = transactions.at(-1);
            if (!hasMore || last === undefined) break;
            from = last.header.number - 1;
          }
          expect(older.toReversed()).toEqual(everything(address));
          const newer = searchAddress(source, {
            ...{ address, pageSize: 100, direction: 'newer' },
            from: blockNumberOf(0),
          });
          expect(newer.transactions.map(({ transaction }) => transaction.hash)).toEqual(
            everything(address),
          );
        }
      }
    }
  });

  it('are refused where too many blocks would have to be read', () => {
    const header = chain.reader.header({ number: blockNumberOf(1) });
    if (header === undefined) throw new Error('there is no block 1');
    const long: AddressSource = {
      ...sourceFrom(20_000),
      head: blockNumberOf(10_000),
      header: () => header,
      transactions: () => [],
    };
    const search = { address: LOGGER, from: blockNumberOf(10_000), pageSize: 1 } as const;
    expect(() => searchAddress(long, { ...search, direction: 'older' })).toThrow(
      /looked at 5000 blocks up to block 5000/,
    );
    expect(() =>
      searchAddress(long, { ...search, from: blockNumberOf(0), direction: 'newer' }),
    ).toThrow(/looked at 5000 blocks up to block 5000/);
  });
});
