/** A spread of the official tests, and the runner itself: what `npm run ethereum-tests` does with all of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { defaultFolder, FixturesMissingError, openFixtures } from './fixture-files.ts';
import { ResultCounts } from './report.ts';
import { runFile, type TestResult } from './run-file.ts';
import type { Selection } from './selection.ts';

const folder = defaultFolder();
const reason =
  folder === undefined
    ? ' (skipped: needs ethereum-tests/*.tar.gz in the folder $PRALINE_FIXTURES; published at github.com/ethereum/tests)'
    : '';

/** Of each suite one test in so many, for the time that a run of all tests may take; the command runs all. */
const SPREAD = [
  { suite: 'BlockchainTests', oneOf: 24, atLeast: 60 },
  { suite: 'GeneralStateTests', oneOf: 40, atLeast: 250 },
  { suite: 'TransactionTests', oneOf: 1, atLeast: 1_000 },
  { suite: 'TrieTests', oneOf: 1, atLeast: 15 },
  { suite: 'RLPTests', oneOf: 1, atLeast: 20 },
] as const;

describe.skipIf(folder === undefined)(`the official Ethereum tests${reason}`, () => {
  const fixtures = folder === undefined ? undefined : openFixtures(folder);
  afterAll(() => fixtures?.close());

  it.each(SPREAD)(
    'pass: $suite, one of $oneOf',
    async ({ suite, oneOf, atLeast }) => {
      const counts = new ResultCounts();
      for (const file of fixtures?.files ?? []) {
        if (file.name.startsWith(`${suite}/`)) counts.add(await runFile(file, { oneOf }));
      }
      const { failures, passed } = counts.report(0);
      expect(failures).toEqual([]);
      expect(passed).toBeGreaterThanOrEqual(atLeast);
    },
    600_000,
  );
});

/** Runs one file made of this JSON. */
async function run(name: string, json: unknown, selection: Selection = { oneOf: 1 }) {
  const path = mkdtempSync(join(tmpdir(), 'ethereum-tests-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  writeFileSync(join(path, name), typeof json === 'string' ? json : JSON.stringify(json));
  const { files } = openFixtures(path);
  const results: TestResult[] = [];
  for (const file of files) results.push(...(await runFile(file, selection)));
  return results;
}

const DOG = { in: 'dog', out: '0x83646f67' };

describe('the runner', () => {
  it('passes what is right and fails what is not, with what differs', async () => {
    const results = await run('rlp.json', {
      right: DOG,
      number: { in: '#1024', out: '0x820400' },
      list: { in: ['cat', ['dog'], 0], out: '0xca83636174c483646f6780' },
      wrong: { ...DOG, in: 'cat' },
      accepted: { ...DOG, in: 'INVALID' },
      refused: { in: 'dog', out: '0x8164' },
    });
    expect(results.map(({ test, outcome }) => `${test} ${outcome}`)).toEqual([
      'right passed',
      'number passed',
      'list passed',
      'wrong failed',
      'accepted failed',
      'refused failed',
    ]);
    expect(results[3]?.reason).toContain('83646f67');
  });

  it('fails a state test whose root is not the right one', async () => {
    const address = `0x${'aa'.repeat(20)}`;
    const test = (hash: string) => ({
      env: {
        currentCoinbase: `0x${'cc'.repeat(20)}`,
        currentGasLimit: '0x1000000',
        currentNumber: '0x01',
        currentTimestamp: '0x03e8',
      },
      pre: { [address]: { balance: '0x01', nonce: '0x00', code: '0x', storage: {} } },
      post: {
        Cancun: [
          {
            hash,
            logs: EMPTY_LIST_HASH,
            txbytes: '0x00',
            expectException: 'TransactionException.X',
          },
        ],
      },
    });
    // Of one account with a balance of one: nothing else changes where the transaction is none.
    const [wrong] = await run('state.json', { one: test(`0x${'11'.repeat(32)}`) });
    expect(wrong?.outcome).toBe('failed');
    const root = /state root (0x[0-9a-f]{64})/.exec(wrong?.reason ?? '')?.[1] ?? '';
    expect(await run('state.json', { one: test(root) })).toMatchObject([{ outcome: 'passed' }]);
  });

  it('fails a listed test that passes, so that the list stays true', async () => {
    const secure = { in: [], root: EMPTY_TRIE_ROOT };
    const [result] = await run('secure TrieTests.json', { one: secure });
    expect(result?.outcome).toBe('passed');
    const name = 'TransactionWithSvalueHigh';
    const [listed] = await run(`${name}.json`, {
      [name]: { txbytes: '0x00', result: { Frontier: { exception: 'x' } } },
    });
    expect(listed).toMatchObject({ outcome: 'failed' });
    expect(listed?.reason).toContain('the list of known differences has it');
  });

  it('tells rules that the library does not have from failures', async () => {
    const results = await run('transaction.json', {
      one: { txbytes: '0x00', result: { Verkle: { exception: 'x' } } },
    });
    expect(results).toMatchObject([
      { outcome: 'known', reason: expect.stringContaining('Verkle') },
    ]);
  });

  it('fails a file that is no fixture', async () => {
    expect(await run('odd.json', '{')).toMatchObject([{ outcome: 'failed', test: '(the file)' }]);
    expect(await run('odd.json', { one: { two: 3 } })).toMatchObject([
      { outcome: 'failed', reason: expect.stringContaining('form of no suite') },
    ]);
  });

  it('runs only what is selected, and the same part each time', async () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`t${at}`, DOG]));
    const part = await run('rlp.json', many, { oneOf: 10 });
    expect(part.length).toBeGreaterThan(5);
    expect(part.length).toBeLessThan(50);
    expect(await run('rlp.json', many, { oneOf: 10 })).toEqual(part);
    const filtered = await run('rlp.json', many, { oneOf: 1, filter: 't19' });
    expect(filtered.map(({ test }) => test)).toHaveLength(11);
  });

  it('says what to do where there are no fixtures', () => {
    expect(() => openFixtures(join(tmpdir(), 'ethereum-tests-missing'))).toThrow(
      FixturesMissingError,
    );
  });
});

const EMPTY_LIST_HASH = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const EMPTY_TRIE_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
