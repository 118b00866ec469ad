import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command from source, as a process of its own. */
function praline(...parameters: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=@praline/source', MAIN, ...parameters],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

describe('praline', () => {
  let folder: string;
  let cluster: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'praline-cli-'));
    cluster = join(folder, 'cluster');
    const made = await praline('init', cluster, '--nodes', '2', '--peer-port', '41000', '--json');
    expect(made.err).toBe('');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('says its version and gives examples', async () => {
    expect((await praline('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { out, code } = await praline('--help');
    expect(code).toBe(0);
    for (const text of ['start', 'init', 'node', 'keygen', 'status', 'Examples:', 'Exit codes:']) {
      expect(out).toContain(text);
    }
  });

  it('answers wrong arguments with exit code 2 and one line about them', async () => {
    const { code, err } = await praline('init', join(folder, 'x'), '--nodes', 'many');
    expect(code).toBe(2);
    expect(err).toContain('Write a whole number from 1 to 100.');
    expect(err).not.toContain(' at ');
  });

  it('makes key pairs that differ', async () => {
    const { out } = await praline('keygen', '3', '--json');
    const pairs = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { publicKey: string; secretKey: string });
    expect(new Set(pairs.map(({ publicKey }) => publicKey)).size).toBe(3);
    expect(pairs[0]?.secretKey).toMatch(/^[0-9a-f]{64}$/);
  });

  it('makes a cluster whose keys only their owner can read', async () => {
    const file = JSON.parse(await readFile(join(cluster, 'cluster.json'), 'utf8'));
    expect(file.nodes).toHaveLength(2);
    expect(file.nodes[1]).toMatchObject({ port: 41001, rpcPort: 8546 });
    expect(JSON.stringify(file)).not.toContain('secret');
    expect((await stat(join(cluster, 'keys', '2.key'))).mode & 0o777).toBe(0o600);
  });

  it('never overwrites a cluster', async () => {
    const before = await readFile(join(cluster, 'cluster.json'), 'utf8');
    const { code, err } = await praline('init', cluster);
    expect([code, err]).toEqual([3, expect.stringContaining('is not empty')]);
    expect(await readFile(join(cluster, 'cluster.json'), 'utf8')).toBe(before);
  });

  it.each([
    ['a missing cluster file', ['--cluster', '/nonexistent.json'], 'praline init'],
    ['a node that is not there', ['--cluster', 'CLUSTER', '--node', '3'], 'has no node 3'],
  ])('refuses %s with exit code 3', async (_, parameters, advice) => {
    const given = parameters.map((one) =>
      one === 'CLUSTER' ? join(cluster, 'cluster.json') : one,
    );
    const { code, err } = await praline('node', ...given);
    expect([code, err]).toEqual([3, expect.stringContaining(advice)]);
    expect(err.trim().split('\n')).toHaveLength(1);
  });

  it('refuses the key of another node', async () => {
    const path = join(cluster, 'keys', '2.key');
    const own = await readFile(path, 'utf8');
    await writeFile(path, await readFile(join(cluster, 'keys', '1.key'), 'utf8'));
    const { code, err } = await praline(
      'node',
      '--cluster',
      join(cluster, 'cluster.json'),
      '--node',
      '2',
    );
    await writeFile(path, own);
    expect([code, err]).toEqual([3, expect.stringContaining('belongs to node 1')]);
  });

  it('names a port that is taken', async () => {
    const server = createServer().listen(41000, '127.0.0.1');
    const { code, err } = await praline(
      'node',
      '--cluster',
      join(cluster, 'cluster.json'),
      '--node',
      '1',
    );
    server.close();
    expect(code).toBe(3);
    expect(err).toMatch(/Port (41000|8545) on 127\.0\.0\.1 .* is taken/);
  });

  it('says that no node answers, with exit code 4', async () => {
    const { code, err } = await praline('status', '--rpc', 'http://127.0.0.1:1');
    expect([code, err]).toEqual([4, 'praline: No node answers at http://127.0.0.1:1.\n']);
  });
});
