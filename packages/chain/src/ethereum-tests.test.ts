import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeBlock } from './block/block-codec.ts';
import { InvalidBlockError } from './block/invalid-block-error.ts';
import { Chain } from './chain.ts';
import { createGenesis } from './genesis/genesis.ts';
import { bytesOf, type Hash, type Hex } from './primitives.ts';
import {
  type BlockchainTest,
  blockchainTests,
  ETHEREUM_TESTS_MISSING,
  genesisOf,
} from './testing/ethereum-tests.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { TRANSITIONS_IN_FLIGHT_MAX } from './transitions-in-flight.ts';

const reason = ETHEREUM_TESTS_MISSING === undefined ? '' : ` (skipped: ${ETHEREUM_TESTS_MISSING})`;
/** Rules of proof of work (difficulty, seals, ommers' kinship) are not checked: no chain of ours has them. */
const POST_MERGE = /Paris|Shanghai|Cancun/;
const { PRALINE_ETHEREUM_TESTS } = process.env;
/** One test in so many is run, unless $PRALINE_ETHEREUM_TESTS is `all`. */
const STRIDE = PRALINE_ETHEREUM_TESTS === 'all' ? 1 : 16;

/** Times after the year 285 million are tested for EIP-4788; a header here holds none beyond 2^53 seconds. */
const UNREPRESENTABLE = 'number beyond 2^53';

/** Why the test failed; undefined when it passed. */
async function outcomeOf(test: BlockchainTest, chain: Chain): Promise<string | undefined> {
  // Forks of a chain stay in flight; a chain too long for that has none.
  const long = test.blocks.length > TRANSITIONS_IN_FLIGHT_MAX;
  for (const [index, block] of test.blocks.entries()) {
    const raw = bytesOf(block.rlp as Hex);
    const fault = await faultOf(chain, raw);
    if (fault === undefined && long) await chain.commit([{ raw }], new Uint8Array(0));
    if (fault === undefined && block.expectException !== undefined) {
      return `block ${index} passes, expected ${block.expectException}`;
    }
    if (fault !== undefined && block.expectException === undefined)
      return `block ${index}: ${fault}`;
  }
  const known =
    test.lastblockhash === chain.head.hash || chain.stateAfter(test.lastblockhash as Hash);
  return known ? undefined : 'the last block is not there';
}

async function faultOf(chain: Chain, raw: Uint8Array): Promise<string | undefined> {
  try {
    await chain.executeBlock(raw, decodeBlock(raw).header.parentHash);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidBlockError || error instanceof RangeError) return error.message;
    if (error instanceof TypeError) return error.message;
    if ((error as { code?: unknown }).code === 'unknown-block') return 'its parent was refused';
    throw error;
  }
}

describe.skipIf(ETHEREUM_TESTS_MISSING !== undefined)(
  `the official blockchain tests${reason}`,
  () => {
    it('pass', async () => {
      const folder = temporaryFolder();
      const failures: string[] = [];
      let ran = 0;
      for (const [index, test] of blockchainTests().entries()) {
        if (index % STRIDE > 0) continue;
        const json = genesisOf(test);
        const invalid = test.blocks.some((block) => block.expectException !== undefined);
        if (json === undefined || (invalid && !POST_MERGE.test(test.network))) continue;
        const genesis = createGenesis(json);
        expect(genesis.header.hash).toBe(test.genesisBlockHeader.hash);
        const chain = await Chain.create(join(folder, String(index)), genesis, {
          origin: 'import',
        });
        const outcome = await outcomeOf(test, chain);
        await chain.close();
        ran += 1;
        if (outcome?.endsWith(UNREPRESENTABLE)) continue;
        if (outcome !== undefined) failures.push(`${test.name}: ${outcome}`);
      }
      expect(failures).toEqual([]);
      expect(ran).toBeGreaterThan(20);
    }, 600_000);
  },
);
