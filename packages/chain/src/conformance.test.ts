import { describe, expect, it } from 'vitest';
import { Chain } from './chain.ts';
import { parseBlock } from './execution/block-body.ts';
import { createGenesis } from './genesis/genesis.ts';
import { blocksAmong } from './testing/committed-blocks.ts';
import {
  CONFORMANCE_MISSING,
  conformanceBlocks,
  conformanceGenesis,
  conformanceHead,
} from './testing/conformance-chain.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';

const reason = CONFORMANCE_MISSING === undefined ? '' : ` (skipped: ${CONFORMANCE_MISSING})`;

describe.skipIf(CONFORMANCE_MISSING !== undefined)(`Ethereum's conformance chain${reason}`, () => {
  it('has the genesis block that geth computes', () => {
    const genesis = createGenesis(conformanceGenesis());
    const [first] = conformanceBlocks();
    expect(parseBlock(first ?? new Uint8Array(0)).header.parentHash).toBe(genesis.header.hash);
  });

  it('is executed block by block with the roots of every fork, to its published head', async () => {
    const chain = await Chain.create(temporaryFolder(), createGenesis(conformanceGenesis()), {
      origin: 'import',
    });
    try {
      for (const raw of conformanceBlocks()) await chain.commit([{ raw }], new Uint8Array(0));
      expect(chain.head.hash).toBe(conformanceHead());
    } finally {
      await chain.close();
    }
  });

  it('is the same executed ahead in flight and committed at once', async () => {
    const chain = await Chain.create(temporaryFolder(), createGenesis(conformanceGenesis()), {
      origin: 'import',
    });
    try {
      let parent = chain.head.hash;
      for (const raw of conformanceBlocks()) {
        parent = (await chain.executeBlock(raw, parent)).block.header.hash;
      }
      const committed = await chain.commit(
        conformanceBlocks().map((raw) => ({ raw })),
        new Uint8Array(0),
      );
      expect(blocksAmong(committed).at(-1)?.block.header.hash).toBe(conformanceHead());
    } finally {
      await chain.close();
    }
  });
});
