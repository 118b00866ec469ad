import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseArguments, UsageError } from './arguments.ts';
import { isExpectedFault } from './expected-faults.ts';
import { configOf, isPostMerge } from './networks.ts';
import { progressText } from './progress.ts';

const defaults = { folder: undefined, workers: 3 };

describe('the command line', () => {
  it('takes paths, a selection and a number of processes', () => {
    expect(
      parseArguments(
        ['A/b/', '--dir', 'x', '--filter', 'call', '--one-of', '9', '--json'],
        defaults,
      ),
    ).toEqual({
      folder: 'x',
      paths: ['A/b'],
      selection: { oneOf: 9, filter: 'call' },
      workers: 3,
      json: true,
    });
    expect(parseArguments(['--help'], defaults)).toBeNull();
  });

  it.each([[[]], [['--dir', 'x', '--workers', '0']], [['--dir', 'x', '--odd']]])(
    'refuses %j',
    (parameters) => {
      expect(() => parseArguments(parameters, defaults)).toThrow(UsageError);
    },
  );
});

it('runs files in processes of its own and ends with counts, failures and an exit code', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ethereum-tests-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'a.json'), JSON.stringify({ dog: { in: 'dog', out: '0x83646f67' } }));
  writeFileSync(join(folder, 'b.json'), JSON.stringify({ cat: { in: 'cat', out: '0x83646f67' } }));
  const command = (...parameters: string[]) => {
    const main = fileURLToPath(new URL('./main.ts', import.meta.url));
    const options = ['--import', 'tsx', '--conditions=@praline/source', main, '--dir', folder];
    return spawnSync(process.execPath, [...options, '--workers', '2', ...parameters], {
      encoding: 'utf8',
    });
  };
  const json = command('--json');
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    passed: 1,
    failed: 1,
    known: 0,
    folders: [{ folder: 'a' }, { folder: 'b' }],
    failures: [{ file: 'b.json', test: 'cat' }],
  });
  const text = command('a.json');
  expect(text.stdout).toContain('1 passed, 0 failed, 0 known to differ');
  expect(text.status).toBe(0);
  expect(command('missing').status).toBe(2);
}, 60_000);

describe("the suite's rules", () => {
  it('become a genesis configuration, also where they change on the way', () => {
    expect(configOf('Homestead')).toEqual({ chainId: 1, homesteadBlock: 0 });
    expect(configOf('BerlinToLondonAt5')).toMatchObject({ berlinBlock: 0, londonBlock: 5 });
    expect(configOf('ShanghaiToCancunAtTime15k')).toMatchObject({
      terminalTotalDifficulty: 0,
      shanghaiTime: 0,
      cancunTime: 15_000,
    });
    expect(configOf('Osaka')).toMatchObject({ pragueTime: 0, osakaTime: 0 });
  });

  it.each(['HomesteadToDaoAt5', 'ArrowGlacierToParisAtDiffC0000', 'Verkle', 'LondonToParisAt5'])(
    'that no genesis file stands for are none: %s',
    (network) => expect(configOf(network)).toBeUndefined(),
  );

  it('say whether blocks come with proof of work', () => {
    expect(['London', 'BerlinToLondonAt5', 'Paris', 'Cancun'].map(isPostMerge)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

it('an invalid block counts only when it is refused for its own reason', () => {
  expect(isExpectedFault('BlockException.INVALID_GASLIMIT', 'gas-limit')).toBe(true);
  expect(isExpectedFault('BlockException.INVALID_GASLIMIT', 'state-root')).toBe(false);
  expect(isExpectedFault('BlockException.NEW|TransactionException.NONCE', 'transaction')).toBe(
    true,
  );
  expect(isExpectedFault('BlockException.NEW', 'state-root')).toBe(false);
});

it('progress shows files, tests and failures', () => {
  expect(progressText({ files: 12, allFiles: 24, tests: 99, failed: 1 })).toBe(
    '[############............] 12 of 24 files, 99 tests, 1 failed',
  );
});
