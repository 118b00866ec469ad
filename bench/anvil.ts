/** Anvil from its npm package, which only `bench/` installs, on the first run that needs it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../harness/free-ports.ts';
import { callRpc } from '../harness/json-rpc.ts';
import { DEVELOPMENT_MNEMONIC } from '../harness/network.ts';
import { until } from '../harness/until.ts';
import { progress } from './report.ts';
import { CHAIN_ID } from './signed-transfers.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

export interface Anvil {
  readonly url: string;
  readonly pid: number;
  readonly version: string;
  end(): Promise<void>;
}

export interface AnvilOptions {
  readonly accounts: number;
  /** Seconds; 0 mines each transaction at once. */
  readonly blockTime: number;
}

/** Throws when the package has no binary for this machine. */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const binary = anvilBinary();
  const [port = 0] = await freePorts(1);
  const home = mkdtempSync(join(tmpdir(), 'praline-bench-anvil-'));
  const interval = options.blockTime > 0 ? ['--block-time', String(options.blockTime)] : [];
  const args = [
    ...['--port', String(port), '--chain-id', String(CHAIN_ID), '--mnemonic', DEVELOPMENT_MNEMONIC],
    ...['--accounts', String(options.accounts), '--silent', ...interval],
  ];
  const child = spawn(binary, args, { stdio: 'ignore', env: { ...process.env, HOME: home } });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const url = `http://127.0.0.1:${port}`;
  const version = await until(() => callRpc<string>(url, 'web3_clientVersion'));
  return {
    url,
    pid: child.pid ?? 0,
    version,
    async end() {
      await ended(child);
      process.off('exit', kill);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function anvilBinary(): string {
  const packages = join(FOLDER, 'node_modules', '@foundry-rs');
  if (!existsSync(packages)) {
    progress('installing Anvil for the comparison (bench/ only)\n');
    execFileSync('npm', ['ci', '--prefix', FOLDER], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  for (const name of readdirSync(packages)) {
    for (const file of ['anvil', 'anvil.exe']) {
      const binary = join(packages, name, 'bin', file);
      if (existsSync(binary)) return binary;
    }
  }
  throw new Error(
    `the package @foundry-rs/anvil has no binary for ${process.platform} ${process.arch}`,
  );
}
