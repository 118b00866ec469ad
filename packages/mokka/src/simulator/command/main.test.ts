/** The command as users run it: output, exit codes, several processes. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(line: string): Promise<Outcome> {
  const words = line.split(' ').filter(Boolean);
  const flags = ['--import', 'tsx', '--conditions=@praline/source'];
  const child = spawn(process.execPath, [...flags, main, ...words]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('runs seeds in several processes and sums up in JSON', async () => {
  const { code, stdout } = await run('--seeds 40 --nodes 1,3 --workers 2 --json');
  expect(code).toBe(0);
  const summary: unknown = JSON.parse(stdout);
  expect(summary).toMatchObject({ seeds: 40, runs: 40, violations: [] });
  expect(Object.keys(summary ?? {})).toEqual(
    expect.arrayContaining([
      'steps',
      'messages',
      'committed',
      'elections',
      'faults',
      'virtualTimeMs',
    ]),
  );
});

test('prints a whole run, the same each time', async () => {
  const first = await run('--seed 5 --nodes 3 --trace');
  const second = await run('--seed 5 --nodes 3 --trace');
  expect(first.code).toBe(0);
  expect(first.stdout).toContain('no violation');
  expect(first.stdout).toMatch(/trace hash: [0-9a-f]{64}/);
  expect(second.stdout).toBe(first.stdout);
});

test('explains wrong usage and exits with 2', async () => {
  const { code, stderr, stdout } = await run('--nodes none');
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('--nodes none');
  expect(stderr).toContain('--seeds N');
});

test('prints its help', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  expect(stdout).toContain('--trace');
});
