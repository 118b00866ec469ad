/** A node to compare with, from its npm package, as a process of its own on a free port with a home folder of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../harness/free-ports.ts';
import { callRpc } from '../../harness/json-rpc.ts';
import { until } from '../../harness/until.ts';
import { progress } from '../report.ts';
import type { Target } from './target.ts';

const BENCH_FOLDER = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES_FOLDER = join(BENCH_FOLDER, 'node_modules');
/** Milliseconds until it has to answer. */
const START_TIMEOUT_MS = 60_000;
/** Characters of error output kept for the message of a start that failed. */
const OUTPUT_CHARACTERS_MAX = 4_000;

export interface PeerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where a package of `bench/` is; installs them all, without running their scripts, when it is missing. */
export function peerPackage(name: string): string {
  const folder = join(PACKAGES_FOLDER, name);
  if (!existsSync(folder)) {
    progress('installing the nodes to compare with (bench/ only)\n');
    // The current folder decides which npm configuration holds.
    const args = ['ci', '--ignore-scripts'];
    execFileSync('npm', args, { cwd: BENCH_FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return folder;
}

/**
 * Starts what `commandFor` answers, in the folder of the packages, and waits until it answers. `home` is empty and removed at the
 * end. Throws with the process's output when it ends before it answers.
 */
export async function startPeer(
  name: string,
  commandFor: (port: number, home: string) => PeerCommand,
): Promise<Target> {
  const [port = 0] = await freePorts(1);
  const home = mkdtempSync(join(tmpdir(), 'praline-bench-peer-'));
  const { file, args, environment } = commandFor(port, home);
  const child = spawn(file, args, {
    cwd: BENCH_FOLDER,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment, HOME: home },
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-OUTPUT_CHARACTERS_MAX);
  });
  const end = async () => {
    await ended(child);
    process.off('exit', kill);
    rmSync(home, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${name} ended before it answered:\n${output}`)));
  });
  // Ends later, when nobody waits for it any more.
  died.catch(() => undefined);
  try {
    const answers = until(() => callRpc<string>(url, 'web3_clientVersion'), START_TIMEOUT_MS);
    const version = await Promise.race([answers, died]);
    return { name: nameIn(version), urls: [url], pids: [child.pid ?? 0], end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Name and version at the beginning of what a node says of itself. */
function nameIn(version: string): string {
  return /^[A-Za-z]+\/v?[0-9.]+/.exec(version)?.[0] ?? version;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    // Nothing it keeps is wanted, and one that closes in good order may take long.
    child.kill('SIGKILL');
  });
}
