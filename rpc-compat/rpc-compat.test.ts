import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { devGenesisFile } from '@praline/chain';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseArguments, UsageError } from './arguments.ts';

describe('the command line', () => {
  it('takes a folder and a filter', () => {
    expect(parseArguments(['--dir', 'x', '--filter', 'eth_call', '--json'], undefined)).toEqual({
      folder: 'x',
      filter: 'eth_call',
      json: true,
    });
    expect(parseArguments([], 'y')).toEqual({ folder: 'y', filter: '', json: false });
    expect(parseArguments(['--help'], undefined)).toBeNull();
  });

  it.each([[[]], [['--dir', 'x', '--odd']], [['--dir', 'x', 'more']]])(
    'refuses %j',
    (parameters) => {
      expect(() => parseArguments(parameters, undefined)).toThrow(UsageError);
    },
  );
});

/** A suite on a chain of its genesis block alone. */
function makeSuite(exchanges: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rpc-compat-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'genesis.json'), JSON.stringify(devGenesisFile({ timestamp: 1 })));
  writeFileSync(join(folder, 'chain.rlp'), '');
  for (const [name, text] of Object.entries(exchanges)) {
    const [method = ''] = name.split('/');
    mkdirSync(join(folder, 'tests', method), { recursive: true });
    writeFileSync(join(folder, 'tests', `${name}.io`), text);
  }
  return folder;
}

function exchange(method: string, result: string, comment = ''): string {
  const request = JSON.stringify({ jsonrpc: '2.0', id: 1, method });
  return `// ${comment}\n>> ${request}\n<< {"jsonrpc":"2.0","id":1,"result":"${result}"}\n`;
}

function run(folder: string, ...parameters: string[]) {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const options = ['--import', 'tsx', '--conditions=@praline/source', main, '--dir', folder];
  return spawnSync(process.execPath, [...options, ...parameters], { encoding: 'utf8' });
}

it('replays exchanges and ends with counts by method, failures and an exit code', () => {
  const folder = makeSuite({
    'eth_blockNumber/right': exchange('eth_blockNumber', '0x0'),
    'eth_blockNumber/shape': exchange('eth_blockNumber', '0x5', 'speconly: the shape counts'),
    'eth_blockNumber/wrong': exchange('eth_blockNumber', '0x1'),
    'eth_odd/unknown': exchange('eth_odd', '0x1'),
    'testing_buildBlockV1/any': exchange('testing_buildBlockV1', '0x1'),
  });
  const json = run(folder, '--json');
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    passed: 2,
    failed: 2,
    notApplicable: 1,
    methods: [
      { method: 'eth_blockNumber', passed: 2, failed: 1, notApplicable: 0 },
      { method: 'eth_odd', passed: 0, failed: 1, notApplicable: 0 },
      { method: 'testing_buildBlockV1', passed: 0, failed: 0, notApplicable: 1 },
    ],
    failures: [{ name: 'eth_blockNumber/wrong' }, { name: 'eth_odd/unknown' }],
    exchangesNotApplicable: [{ name: 'testing_buildBlockV1/any' }],
  });
  const text = run(folder, '--filter', 'right');
  expect(text.stdout).toContain('1 passed, 0 failed, 0 not applicable');
  expect(text.status).toBe(0);
  expect(run(join(folder, 'tests')).status).toBe(2);
}, 60_000);
