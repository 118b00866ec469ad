import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Chain } from '../chain.ts';
import { parseBlock } from '../execution/block-body.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { blockNumberOf } from '../primitives.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import {
  CONFORMANCE_MISSING,
  conformanceBlocks,
  conformanceGenesis,
  conformanceHead,
} from '../testing/conformance-chain.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, testGenesis } from '../testing/test-chain.ts';
import { exportChainFile } from './export-chain.ts';
import { type ImportOptions, importChainFile } from './import-chain.ts';

const genesis = testGenesis();

/** Blocks of a small chain: a count of empty ones after genesis. `second` makes those of another branch. */
async function smallChain(count: number, second = 1): Promise<Uint8Array[]> {
  const chain = await Chain.create(join(temporaryFolder(), 'made'), genesis);
  const blocks: Uint8Array[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { raw, block } = await build(chain, [], chain.head.hash, chain.head.timestamp + second);
    await chain.commit([{ hash: block.header.hash }], new Uint8Array(0));
    blocks.push(raw);
  }
  await chain.close();
  return blocks;
}

function place() {
  const folder = temporaryFolder();
  const file = join(folder, 'chain.rlp');
  const directory = join(folder, 'chain');
  const importBlocks = (blocks: readonly Uint8Array[], more: Partial<ImportOptions> = {}) => {
    writeFileSync(file, Buffer.concat(blocks));
    return importChainFile({ file, directory, genesis, ...more });
  };
  const headNumber = async () => {
    const reader = new StoredChainReader(directory, genesis);
    const { number } = reader.head();
    await reader.close();
    return number;
  };
  return { folder, file, directory, importBlocks, headNumber };
}

describe('importChainFile', () => {
  it('keeps what is good before a block that is cut off, and goes on from there', async () => {
    const { importBlocks, headNumber } = place();
    const blocks = await smallChain(5);
    const whole = Buffer.concat(blocks);
    const [last = whole] = blocks.slice(-1);
    // Within the last block, at its first byte, and within the bytes that tell its length.
    for (const left of [last.length - 1, 2, 1]) {
      await expect(
        importBlocks([whole.subarray(0, whole.length - last.length + left)]),
      ).rejects.toMatchObject({ code: 'truncated', offset: whole.length - last.length });
      expect(await headNumber()).toBe(4);
    }
    expect(await importBlocks(blocks)).toMatchObject({ imported: 1, skipped: 4, isComplete: true });
    expect(await importBlocks(blocks)).toMatchObject({ imported: 0, skipped: 5 });
  });

  it('names the block and byte that break a rule', async () => {
    const { importBlocks, headNumber } = place();
    const blocks = await smallChain(3);
    const [first, , third] = blocks;
    const bad = Uint8Array.from(blocks[1] ?? []);
    // In the state root, which nothing but execution can tell.
    const at = Buffer.from(bad).indexOf(parseBlock(bad).header.stateRoot.slice(2), 'hex');
    bad[at] = (bad[at] ?? 0) ^ 1;
    await expect(importBlocks([first ?? bad, bad, third ?? bad])).rejects.toMatchObject({
      code: 'invalid-block',
      offset: first?.length,
    });
    await expect(importBlocks([first ?? bad, bad])).rejects.toThrow(
      /block 2 at byte \d+: .*state-root/,
    );
    expect(await headNumber()).toBe(1);
  });

  it('refuses what does not continue the chain', async () => {
    const { importBlocks, headNumber } = place();
    const [first, second, third] = await smallChain(3);
    const [other] = await smallChain(1, 2);
    if (!first || !second || !third || !other) throw new Error('blocks were made');
    await expect(importBlocks([first, third])).rejects.toMatchObject({ code: 'not-connected' });
    await expect(importBlocks([first, second, second])).rejects.toMatchObject({
      code: 'not-connected',
      offset: first.length + second.length,
    });
    await expect(importBlocks([other])).rejects.toMatchObject({ code: 'another-chain', offset: 0 });
    await expect(importBlocks([first, other])).rejects.toMatchObject({ code: 'another-chain' });
    expect(await headNumber()).toBe(2);
    expect(await importBlocks([third])).toMatchObject({ imported: 1, skipped: 0 });
  });

  it("takes a network's own blocks, which may share a second, by the network's rules", async () => {
    const { importBlocks, headNumber } = place();
    const blocks = await smallChain(2, 0);
    await expect(importBlocks(blocks)).rejects.toThrow('not later than its parent');
    expect(await importBlocks(blocks, { origin: 'network' })).toMatchObject({ isComplete: true });
    expect(await headNumber()).toBe(2);
  });

  it('takes a file that begins with the genesis block, of this chain only', async () => {
    const { folder, importBlocks, directory } = place();
    const blocks = await smallChain(2);
    await importBlocks(blocks);
    const reader = new StoredChainReader(directory, genesis);
    const zero = reader.rawBlock({ number: blockNumberOf(0) }) ?? new Uint8Array(0);
    await reader.close();
    expect(await importBlocks([zero, ...blocks])).toMatchObject({ skipped: 3, imported: 0 });
    await expect(
      importBlocks([zero], {
        genesis: testGenesis({ gasLimit: 20_000_000 }),
        directory: join(folder, 'another'),
      }),
    ).rejects.toMatchObject({ code: 'another-genesis' });
  });

  it.each([
    ['text', Buffer.from('hello'), 'not-a-block', /no block begins at byte 0/],
    ['gzip', Buffer.from('1f8b0800', 'hex'), 'not-a-block', /unpack it/],
    ['a list that is no block', Buffer.from('c3010203', 'hex'), 'not-a-block', /are no block/],
    ['a length of gigabytes', Buffer.from('fbffffffff', 'hex'), 'not-a-block', /at most/],
    ['half a prefix', Buffer.from('f9', 'hex'), 'truncated', /1 bytes are there/],
  ])('refuses %s', async (_, bytes, code, message) => {
    const { importBlocks } = place();
    const failed = importBlocks([bytes]);
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(message);
  });

  it('refuses a file that is not there, and the chain of a node', async () => {
    const { directory, folder, importBlocks } = place();
    const missing = join(folder, 'missing.rlp');
    await expect(importChainFile({ file: missing, directory, genesis })).rejects.toMatchObject({
      code: 'unreadable',
    });
    const ofNode = join(folder, 'node');
    const chain = await Chain.create(ofNode, genesis);
    await chain.commit([], Uint8Array.of(1));
    await chain.close();
    await expect(importBlocks([], { directory: ofNode })).rejects.toMatchObject({
      code: 'chain-exists',
    });
  });

  it('ends at its signal with whole blocks, and the next import does the rest', async () => {
    const { importBlocks, headNumber } = place();
    const blocks = await smallChain(6);
    const stop = new AbortController();
    const stopped = await importBlocks(blocks, {
      signal: stop.signal,
      onProgress: ({ block }) => block === 3 && stop.abort(),
    });
    expect(stopped).toMatchObject({ imported: 3, isComplete: false });
    expect(await headNumber()).toBe(3);
    expect(await importBlocks(blocks)).toMatchObject({ imported: 3, skipped: 3, isComplete: true });
  });
});

describe('exportChainFile', () => {
  it('leaves no file behind when a block is missing or out of place', async () => {
    const { folder } = place();
    const [first, second] = await smallChain(2);
    const file = join(folder, 'out.rlp');
    const exportOf = (blocks: readonly (Uint8Array | undefined)[]) =>
      exportChainFile({
        file,
        from: 1,
        to: 2,
        rawBlock: async (number) => {
          const raw = blocks[number - 1];
          if (raw === undefined) throw new Error('missing');
          return raw;
        },
      });
    await expect(exportOf([first])).rejects.toThrow('missing');
    await expect(exportOf([second, first])).rejects.toMatchObject({ code: 'not-connected' });
    expect(existsSync(file)).toBe(false);
    await exportOf([first, second]);
    expect(readFileSync(file)).toEqual(
      Buffer.concat([first ?? file, second ?? file].map(Buffer.from)),
    );
    await expect(exportOf([first, second])).rejects.toThrow('exists');
    expect(readFileSync(file).length).toBeGreaterThan(0);
  });
});

const reason = CONFORMANCE_MISSING === undefined ? '' : ` (skipped: ${CONFORMANCE_MISSING})`;

it.skipIf(CONFORMANCE_MISSING !== undefined)(
  `the conformance chain, across every fork, comes out byte for byte as it went in${reason}`,
  async () => {
    const { folder, file, directory } = place();
    const blocks = conformanceBlocks();
    const conformance = createGenesis(conformanceGenesis());
    writeFileSync(file, Buffer.concat(blocks));
    const { head, imported } = await importChainFile({ file, directory, genesis: conformance });
    expect(head.hash).toBe(conformanceHead());
    expect(imported).toBe(blocks.length);
    const reader = new StoredChainReader(directory, conformance);
    const out = join(folder, 'out.rlp');
    await exportChainFile({
      file: out,
      from: 1,
      to: head.number,
      rawBlock: async (number) =>
        reader.rawBlock({ number: blockNumberOf(number) }) ?? new Uint8Array(0),
    });
    await reader.close();
    expect(readFileSync(out).equals(readFileSync(file))).toBe(true);
  },
);
