import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Chain, createGenesis, devGenesisFile } from '@praline/chain';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { COINBASE, transfer } from '../chain-thread/replica.test.support.ts';

const CHILD = fileURLToPath(new URL('./damaged-chain-reader.test.child.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const SEEDS = Number(process.env['PRALINE_SEEDS'] ?? 100);
const BLOCKS = 10;
/** Logs its input, and stores it in its first slot. */
const LOGGER = `0x${'aa'.repeat(20)}`;
const LOGGER_CODE = '0x5f35805f555f52335f600160205fa2';

const lineSchema = z.object({
  seed: z.number(),
  kind: z.string(),
  failures: z.array(z.string()).optional(),
  wrong: z.array(z.string()).optional(),
});

/** A chain with transfers of several senders. */
async function makeChain(folder: string, json: Record<string, unknown>): Promise<void> {
  const chain = await Chain.create(folder, createGenesis(json));
  for (let number = 0; number < BLOCKS; number += 1) {
    const candidates = [0, 1, 2].map((sender) => transfer(sender, BigInt(number)));
    const built = await chain.buildBlock(chain.head.hash, {
      timestamp: chain.head.timestamp + 1,
      coinbase: COINBASE,
      extraData: '0x',
      candidates,
      maxBytes: 1_000_000,
      allowEmpty: false,
    });
    if (built.block === null) throw new Error('the transfers were refused');
    await chain.commit([{ hash: built.block.header.hash }], Buffer.from(`block ${number}`));
  }
  await chain.close();
}

it('is found before or when it is read, and neither served nor the end of the process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'praline-damage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const genesisPath = join(folder, 'genesis.json');
  const json = devGenesisFile({ accounts: 30 }) as { alloc: Record<string, unknown> };
  json.alloc[LOGGER] = { balance: '0x1', code: LOGGER_CODE, storage: { '0x00': '0x07' } };
  writeFileSync(genesisPath, JSON.stringify(json));
  await makeChain(join(folder, 'chain'), json);
  const args = ['--import', TSX, '--conditions=@praline/source', CHILD];
  const child = spawn(
    process.execPath,
    [...args, join(folder, 'chain'), genesisPath, '1', String(SEEDS)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let last = '';
  let found = 0;
  for await (const text of createInterface({ input: child.stdout })) {
    const line = lineSchema.parse(JSON.parse(text));
    last = text;
    if (line.failures === undefined) continue;
    expect(line.wrong, text).toEqual([]);
    for (const failure of line.failures) {
      expect(failure, text).toMatch(/^!(corrupt-store|data-unusable|no-chain) /);
    }
    if (line.failures.length > 0) found += 1;
  }
  expect(await ended, last).toEqual([0, null]);
  expect(found).toBeGreaterThan(SEEDS / 4);
}, 200_000);
