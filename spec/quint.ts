/** Runs Quint from its npm package, which only this folder installs, on the first run that needs it. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { FOLDER } from './models.ts';

const PACKAGE = join(FOLDER, 'node_modules', '@informalsystems', 'quint');

/** Installs Quint if it is not there; returns its version. */
export function prepareQuint(say: (text: string) => void): string {
  if (!existsSync(PACKAGE)) {
    say('installing Quint (spec/ only)\n');
    execFileSync('npm', ['ci', '--prefix', FOLDER], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const manifest = readFileSync(join(PACKAGE, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

export interface QuintResult {
  readonly succeeded: boolean;
  readonly output: string;
}

/**
 * One run of the command line. Its evaluator is the one in TypeScript: the other one would be downloaded. Its output goes to a file,
 * since it ends without waiting until a pipe has taken all of it.
 */
export async function quint(
  command: 'run' | 'test',
  args: readonly string[],
): Promise<QuintResult> {
  const folder = mkdtempSync(join(tmpdir(), 'praline-quint-'));
  const path = join(folder, 'output');
  const file = openSync(path, 'w');
  try {
    const succeeded = await runQuint([command, '--backend=typescript', ...args], file);
    return { succeeded, output: readFileSync(path, 'utf8') };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}

function runQuint(args: readonly string[], file: number): Promise<boolean> {
  const entry = join(PACKAGE, 'dist', 'src', 'cli.js');
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: FOLDER,
    stdio: ['ignore', file, file],
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', stop);
      resolve(code === 0);
    });
  });
}
