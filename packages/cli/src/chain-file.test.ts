/** `praline import` and `praline export` as processes of their own. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const { PRALINE_FIXTURES: root } = process.env;
const suite = root === undefined ? undefined : join(root, 'rpc-compat');
const isHere = suite !== undefined && existsSync(join(suite, 'chain.rlp'));
const title = isHere
  ? 'a chain file'
  : 'a chain file (skipped: needs rpc-compat in the folder $PRALINE_FIXTURES)';

function praline(...parameters: string[]) {
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const options = ['--import', 'tsx', '--conditions=@praline/source', MAIN, ...parameters];
    const child = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'pipe'] });
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

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'praline-files-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(!isHere)(title, () => {
  const file = join(suite ?? '', 'chain.rlp');
  const genesis = join(suite ?? '', 'genesis.json');

  it('is imported, and exported as it was from the folder and from a node', async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'imported');
    const cut = join(folder, 'cut.rlp');
    const whole = readFileSync(file);
    writeFileSync(cut, whole.subarray(0, whole.length - 10));

    const failed = await praline('import', cut, '--genesis', genesis, '--data', data, '--json');
    expect(failed.code).toBe(1);
    const fault = JSON.parse(failed.out);
    expect(fault).toMatchObject({ complete: false, fault: 'truncated' });
    expect(failed.err).toContain(`the block that begins at byte ${fault.offset}`);

    // The genesis file is in the folder now.
    const rest = await praline('import', file, '--data', data, '--json');
    expect(rest.err).toBe('');
    const { complete, head, imported } = JSON.parse(rest.out);
    expect({ complete, imported }).toEqual({ complete: true, imported: 1 });

    const out = join(folder, 'out.rlp');
    const exported = await praline('export', out, '--data', data, '--json');
    expect(exported.err).toBe('');
    expect(JSON.parse(exported.out)).toMatchObject({ to: head.number, head: head.hash });
    expect(readFileSync(out).equals(whole)).toBe(true);

    const again = await praline('export', out, '--data', data);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('exists') });
  }, 120_000);

  it('needs a genesis file and a folder without a node', async () => {
    const folder = temporaryFolder();
    const without = await praline('import', file, '--data', join(folder, 'new'));
    expect(without).toMatchObject({ code: 3, err: expect.stringContaining('--genesis') });
    const cluster = join(folder, 'cluster');
    await praline('init', cluster, '--nodes', '1');
    const used = await praline(
      'import',
      file,
      '--genesis',
      genesis,
      '--data',
      join(cluster, 'data/1'),
    );
    expect(used).toMatchObject({ code: 3, err: expect.stringContaining("a node's chain") });
    // The chain of a node that never ran: its genesis block alone.
    const out = join(folder, 'out.rlp');
    const data = join(cluster, 'data/1');
    expect(await praline('export', out, '--data', data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('the last one is 0'),
    });
    expect(await praline('export', out, '--data', data, '--from', '0')).toMatchObject({ code: 0 });
  }, 120_000);
});

describe('praline export --rpc', () => {
  it('says what is wrong with the node', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'out.rlp');
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { method } = JSON.parse(body);
        const result = method === 'debug_getRawBlock' ? null : { number: '0x5' };
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const missing = await praline('export', out, '--rpc', url);
    expect(missing).toMatchObject({ code: 4, err: expect.stringContaining('has no block 1') });
    expect(await praline('export', out, '--rpc', 'http://127.0.0.1:1')).toMatchObject({ code: 4 });
    expect(await praline('export', out)).toMatchObject({ code: 2 });
    expect(existsSync(out)).toBe(false);
  }, 60_000);
});
