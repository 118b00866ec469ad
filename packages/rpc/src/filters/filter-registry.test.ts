import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import { logFilter } from '../parameters/log-filter.ts';
import { type PlainBackend, plainBackend } from '../testing/plain-backend.test.support.ts';
import {
  addressOf,
  hashOf,
  legacyTransaction,
  PlainChain,
} from '../testing/plain-chain.test.support.ts';
import { FilterRegistry } from './filter-registry.ts';

const ADDRESS = addressOf(0xa);
let backend: PlainBackend;
let registry: FilterRegistry;
let now: number;
const owner = { filterCount: 0 };
const limits = {
  ...DEFAULT_LIMITS,
  resultsMax: 4,
  filtersPerConnectionMax: 3,
  filtersMax: 5,
  filterPendingHashesMax: 2,
};

beforeEach(() => {
  backend = plainBackend(new PlainChain());
  now = 0;
  owner.filterCount = 0;
  registry = new FilterRegistry(limits, { backend, now: () => now });
});

/** Makes a block with one log that carries `mark`, and tells of it unless it is to be told later. */
function mine(mark: number, { told = true } = {}) {
  const event = backend.chain.append([], [{ address: ADDRESS, topics: [hashOf(mark)] }]);
  if (told) backend.announce(event);
  return event;
}

const marks = (id: string) =>
  (registry.changes(id) as { topics: string[] }[]).map(({ topics }) => Number(topics[0]));
const newLogFilter = (filter: object = {}) => registry.addLogFilter(logFilter.parse(filter), owner);

describe('a log filter', () => {
  test('without fromBlock finds what comes, each log once', () => {
    mine(1);
    const id = newLogFilter();
    expect(marks(id)).toEqual([]);
    mine(2);
    mine(3);
    expect(marks(id)).toEqual([2, 3]);
    expect(marks(id)).toEqual([]);
  });

  test('with fromBlock starts there, and goes on to what comes', () => {
    mine(1);
    mine(2);
    const id = newLogFilter({ fromBlock: '0x2' });
    mine(3);
    expect(marks(id)).toEqual([2, 3]);
    mine(4);
    expect(marks(id)).toEqual([4]);
  });

  test('with toBlock ends there', () => {
    const id = newLogFilter({ toBlock: '0x2' });
    for (const mark of [1, 2, 3]) mine(mark);
    expect(marks(id)).toEqual([1, 2]);
    expect(marks(id)).toEqual([]);
  });

  test('gives more than fits one answer in several, none lost', () => {
    const id = newLogFilter();
    const all = Array.from({ length: 11 }, (_, mark) => mark + 1);
    for (const mark of all) mine(mark);
    const found: number[] = [];
    for (let polled = marks(id); polled.length > 0; polled = marks(id)) {
      expect(polled.length).toBeLessThanOrEqual(limits.resultsMax);
      found.push(...polled);
    }
    expect(found).toEqual(all);
  });

  test('looks again at blocks that replace others', () => {
    const id = newLogFilter();
    for (const mark of [1, 2, 3]) mine(mark);
    expect(marks(id)).toEqual([1, 2, 3]);
    backend.chain.revertTo(1);
    expect(marks(id)).toEqual([]);
    mine(12);
    expect(marks(id)).toEqual([12]);
    mine(13);
    expect(marks(id)).toEqual([13]);
  });

  test('tells of logs that it has shown and that are gone, before those that replace them', () => {
    const id = newLogFilter({ fromBlock: '0x2' });
    const mined = [1, 2, 3].map((mark) => mine(mark));
    expect(marks(id)).toEqual([2, 3]);
    const late = mine(4);
    backend.chain.revertTo(1);
    const gone = [late, mined[2], mined[1], mined[0]].flatMap((event) => event?.logs ?? []);
    backend.announceRevert({ head: backend.chain.head(), logs: gone });
    mine(12);
    const changes = registry.changes(id) as { removed: boolean; topics: string[] }[];
    expect(changes.map(({ topics, removed }) => [Number(topics[0]), removed])).toEqual([
      [3, true],
      [2, true],
      [12, false],
    ]);
    expect(marks(id)).toEqual([]);
  });

  test('made just before a revert sees what replaces its head', () => {
    for (const mark of [1, 2, 3]) mine(mark);
    const id = newLogFilter();
    backend.chain.revertTo(1);
    for (const mark of [12, 13, 14]) mine(mark);
    expect(marks(id)).toEqual([12, 13, 14]);
  });

  test('does not repeat blocks from before it that are told late', () => {
    const late = [mine(1, { told: false }), mine(2, { told: false })];
    const id = newLogFilter();
    for (const event of late) backend.announce(event);
    expect(marks(id)).toEqual([]);
  });

  test('from a block to come does not look before it after a revert', () => {
    const id = newLogFilter({ fromBlock: '0x3' });
    for (const mark of [1, 2, 3]) mine(mark);
    expect(marks(id)).toEqual([3]);
    backend.chain.revertTo(1);
    mine(12);
    mine(13);
    expect(marks(id)).toEqual([13]);
  });

  test('does not repeat a block it is told of after it could be read', () => {
    mine(1);
    const id = newLogFilter();
    const late = [mine(2, { told: false }), mine(3, { told: false })];
    expect(marks(id)).toEqual([2, 3]);
    for (const event of late) backend.announce(event);
    expect(marks(id)).toEqual([]);
  });

  test('shows all its logs again when asked for them', () => {
    mine(1);
    const id = newLogFilter({ fromBlock: 'earliest' });
    marks(id);
    expect(registry.logs(id)).toHaveLength(1);
    expect(() => registry.logs(registry.addBlockFilter(owner))).toThrow('filter not found');
  });
});

test('a block filter says that blocks are missing instead of stopping or passing over them', () => {
  const id = registry.addBlockFilter(owner);
  const seen = mine(1);
  expect(registry.changes(id)).toEqual([seen.block.header.hash]);
  for (const mark of [2, 3, 4]) mine(mark);
  backend.chain.missing.add(2).add(3);
  for (let poll = 0; poll < 2; poll += 1) {
    expect(() => registry.changes(id)).toThrow(
      expect.objectContaining({ code: 'history-unavailable' }),
    );
  }
});

test('whatever the order of blocks and polls, a filter finds each block once', () => {
  const steps = fc.array(fc.constantFrom('mine', 'mine late', 'tell', 'poll'), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (order) => {
      backend = plainBackend(new PlainChain());
      registry = new FilterRegistry({ ...limits, resultsMax: 100 }, { backend, now: () => 0 });
      const [logs, blocks] = [newLogFilter(), registry.addBlockFilter(owner)];
      const [foundLogs, foundBlocks]: [number[], string[]] = [[], []];
      const untold: ReturnType<typeof mine>[] = [];
      let mark = 0;
      const poll = () => {
        foundLogs.push(...marks(logs));
        foundBlocks.push(...(registry.changes(blocks) as string[]));
      };
      for (const step of order) {
        if (step === 'poll') poll();
        else if (step === 'mine late') untold.push(mine(++mark, { told: false }));
        else {
          for (const event of untold.splice(0)) backend.announce(event);
          if (step === 'mine') mine(++mark);
        }
      }
      poll();
      expect(foundLogs).toEqual(Array.from({ length: mark }, (_, index) => index + 1));
      expect(foundBlocks).toEqual(
        backend.chain.blocks.slice(1).map(({ block }) => block.header.hash),
      );
      owner.filterCount = 0;
    }),
    { numRuns: 200 },
  );
});

describe('a pending transaction filter', () => {
  test('finds transactions that become executable', () => {
    const id = registry.addPendingTransactionFilter(owner);
    backend.announcePending(legacyTransaction(1));
    expect(registry.changes(id)).toEqual([legacyTransaction(1).hash]);
    expect(registry.changes(id)).toEqual([]);
  });

  test('shows each what came since it was last asked, once', () => {
    const [first, second] = [1, 2].map(() => registry.addPendingTransactionFilter(owner));
    const found: Record<string, unknown[]> = {};
    const poll = (id = '') => {
      found[id] = [...(found[id] ?? []), ...(registry.changes(id) as string[])];
    };
    for (let nonce = 0; nonce < 20; nonce++) {
      backend.announcePending(legacyTransaction(nonce));
      poll(first);
      if (nonce % 2 === 1) poll(second);
    }
    const all = Array.from({ length: 20 }, (_, nonce) => legacyTransaction(nonce).hash);
    expect(Object.values(found)).toEqual([all, all]);
  });

  test('that nobody polls is removed rather than cut short', () => {
    const id = registry.addPendingTransactionFilter(owner);
    for (const nonce of [1, 2, 3]) backend.announcePending(legacyTransaction(nonce));
    expect(() => registry.changes(id)).toThrow('filter not found');
    expect(owner.filterCount).toBe(0);
  });
});

describe('filters', () => {
  test('listen to the chain only while there are any', () => {
    expect(backend.listenerCount()).toBe(0);
    const id = registry.addBlockFilter(owner);
    expect(backend.listenerCount()).toBe(2);
    registry.remove(id);
    expect(backend.listenerCount()).toBe(0);
  });

  test('expire when nobody polls them', () => {
    const [idle, polled] = [newLogFilter(), registry.addBlockFilter(owner)];
    now = limits.filterIdleMs - 1;
    registry.changes(polled);
    now = limits.filterIdleMs + 1;
    expect(() => registry.changes(idle)).toThrow('filter not found');
    expect(registry.changes(polled)).toEqual([]);
    expect(registry.size).toBe(1);
  });

  test('are limited for one connection and for the server', () => {
    const ids = [1, 2, 3].map(() => registry.addBlockFilter(owner));
    expect(() => registry.addBlockFilter(owner)).toThrow('too many filters');
    const other = { filterCount: 0 };
    registry.addBlockFilter(other);
    registry.addBlockFilter(other);
    expect(() => registry.addBlockFilter(other)).toThrow('too many filters');
    expect(registry.remove(ids[0] ?? '')).toBe(true);
    expect(registry.remove(ids[0] ?? '')).toBe(false);
    registry.addBlockFilter(owner);
  });
});
