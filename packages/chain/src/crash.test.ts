import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chain } from './chain.ts';
import { keccak256 } from './crypto/keccak.ts';
import { DEV_MNEMONIC, deriveAccounts } from './genesis/dev-accounts.ts';
import { devGenesisFile } from './genesis/dev-genesis.ts';
import { createGenesis } from './genesis/genesis.ts';
import { blockNumberOf, bytesOf, hashOf } from './primitives.ts';
import { decodeAccount } from './state/account-codec.ts';
import { FlatStateView } from './state/flat-state-view.ts';
import { storedNodes } from './state/trie-state-view.ts';
import { readBlock, readCanonical, readHeader, readReceipts } from './store/block-records.ts';
import { Tables } from './store/tables.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { NodeReader } from './trie/node-source.ts';
import { iterateTrie } from './trie/read-trie.ts';

const WRITER = fileURLToPath(new URL('./testing/crash-writer.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const KILLS = 4;

/** Lets a writer commit some blocks, kills it without warning, and answers the last block it acknowledged. */
async function writeUntilKilled(folder: string, genesis: string, after: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', TSX, WRITER, folder, genesis], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  let last = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    lines += 1;
    if (lines === after) child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
  return last;
}

describe('a chain whose process is killed while it commits', () => {
  it('opens at a whole block, no older than what was acknowledged, with flat state and trie alike', async () => {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    const genesisPath = join(folder, 'genesis.json');
    const json = devGenesisFile();
    writeFileSync(genesisPath, JSON.stringify(json));
    await (await Chain.create(data, createGenesis(json))).close();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const acknowledged = await writeUntilKilled(data, genesisPath, 1 + kill * 3);
      const chain = await Chain.open(data, createGenesis(json));
      expect(chain.head.number).toBeGreaterThanOrEqual(acknowledged);
      expect(Buffer.from(chain.marker ?? []).toString()).toBe(`block ${chain.head.number}`);
      await chain.close();
      await expectWhole(data);
    }
  }, 120_000);
});

async function expectWhole(folder: string): Promise<void> {
  const tables = new Tables(folder, { readOnly: true });
  try {
    let number = 0;
    let head = readCanonical(tables, blockNumberOf(0));
    for (;;) {
      const next = readCanonical(tables, blockNumberOf(number + 1));
      if (next === undefined) break;
      expect(readHeader(tables, next)?.parentHash).toBe(head);
      const block = readBlock(tables, next);
      expect(readReceipts(tables, next)).toHaveLength(block?.transactions.length ?? -1);
      head = next;
      number += 1;
    }
    const root = head === undefined ? undefined : readHeader(tables, head)?.stateRoot;
    if (root === undefined) throw new Error('no head');
    const inTrie = new Map(
      [...iterateTrie(new NodeReader(storedNodes(tables)), root)].map(({ key, value }) => [
        hashOf(key),
        decodeAccount(value),
      ]),
    );
    const flat = new FlatStateView(tables);
    const [sender] = deriveAccounts(DEV_MNEMONIC, 1);
    if (sender === undefined) throw new Error('no sender');
    const account = flat.getAccount(sender.address);
    expect(account).toEqual(inTrie.get(hashOf(keccak256(bytesOf(sender.address)))));
    expect(account?.nonce).toBe(BigInt(number * 20));
  } finally {
    await tables.close();
  }
}
