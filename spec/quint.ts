/** Runs Quint from its npm package, which only this folder installs, on the first run that needs it. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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

/** One run of the command line. Its evaluator is the one in TypeScript: the other one would be downloaded. */
export function quint(command: 'run' | 'test', args: readonly string[]): Promise<QuintResult> {
  const entry = join(PACKAGE, 'dist', 'src', 'cli.js');
  const child = spawn(process.execPath, [entry, command, '--backend=typescript', ...args], {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('exit', stop);
      resolve({ succeeded: code === 0, output });
    });
  });
}
