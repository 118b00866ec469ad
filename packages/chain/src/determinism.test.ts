/**
 * The same blocks give the same bytes on every node. Generated blocks are made on one chain, and must be valid for the
 * library's own block processor on a plain map of accounts, whose trie is built anew from everything; and they must leave
 * the same database, byte for byte, whatever was committed together, executed ahead, or read again after a restart.
 *
 * A failure prints seed and path. `PRALINE_SEED=... PRALINE_PATH=... ` replays it; `PRALINE_RUNS` sets the number of runs.
 */
import { join } from 'node:path';
import { createBlockFromRLP } from '@ethereumjs/block';
import { Account, Address as EvmAddress } from '@ethereumjs/util';
import { createVM, runBlock, type VM } from '@ethereumjs/vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Chain } from './chain.ts';
import { commonAt } from './genesis/chain-parameters.ts';
import type { DevFork } from './genesis/dev-forks.ts';
import { devGenesisFile } from './genesis/dev-genesis.ts';
import { createGenesis, type Genesis } from './genesis/genesis.ts';
import { genesisAccounts, parseGenesisFile } from './genesis/genesis-file.ts';
import { type Address, bytesOf, type Hash, hexOf } from './primitives.ts';
import { TABLES } from './store/schema.ts';
import { Tables } from './store/tables.ts';
import { MemoryState } from './testing/memory-state.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { build } from './testing/test-chain.ts';
import { VariedWorkload, variedSteps } from './testing/varied-workload.ts';

const { PRALINE_SEED, PRALINE_PATH, PRALINE_RUNS } = process.env;
const MARKER = Uint8Array.of(1);

/** Transaction types by fork. */
const FORKS: readonly (readonly [DevFork, readonly number[]])[] = [
  ['paris', [0, 1, 2]],
  ['shanghai', [0, 1, 2]],
  ['cancun', [0, 1, 2, 3]],
  ['prague', [0, 1, 2, 3, 4]],
  ['bpo2', [0, 1, 2, 3, 4]],
];

/** The library on a plain map of accounts, with the hashes of the blocks so far. */
async function libraryTwin(json: unknown, genesis: Genesis, hashes: readonly Hash[]): Promise<VM> {
  const state = new MemoryState();
  for (const [key, account] of genesisAccounts(parseGenesisFile(json))) {
    const address = new EvmAddress(bytesOf(key));
    await state.putAccount(address, new Account(account.nonce, account.balance));
    if (account.code.length > 0) await state.putCode(address, account.code);
  }
  const blockchain = {
    getBlock: async (number: unknown) => ({
      hash: () => bytesOf(hashes[Number(number)] ?? (`0x${'00'.repeat(32)}` as Hash)),
    }),
    putBlock: async () => undefined,
    shallowCopy: () => blockchain,
  };
  const common = commonAt(genesis.common, 0, 0);
  return createVM({ common, stateManager: state, evmOpts: { blockchain } });
}

/** Everything in the database, as hexadecimal text by table and key. */
async function contentOf(directory: string): Promise<Map<string, string>> {
  const tables = new Tables(directory, { readOnly: true });
  const content = new Map<string, string>();
  const all = { start: new Uint8Array(0), end: Buffer.alloc(128, 0xff) };
  for (const table of TABLES) {
    for (const key of tables.keys(table, all)) {
      const value = tables.get(table, key) ?? new Uint8Array(0);
      content.set(`${table} ${hexOf(key)}`, hexOf(value));
    }
  }
  await tables.close();
  return content;
}

/** A chain that is closed and opened between any two operations, as `restarts` says. */
class RestartingChain {
  readonly directory = join(temporaryFolder(), 'chain');
  readonly #genesis: Genesis;
  readonly #restarts: readonly boolean[];
  #chain: Chain | undefined;
  #count = 0;

  constructor(genesis: Genesis, restarts: readonly boolean[]) {
    this.#genesis = genesis;
    this.#restarts = restarts;
  }

  async next(): Promise<Chain> {
    this.#chain ??= await Chain.create(this.directory, this.#genesis);
    const isRestart = this.#restarts[this.#count % Math.max(this.#restarts.length, 1)] ?? false;
    this.#count += 1;
    if (!isRestart) return this.#chain;
    await this.#chain.close();
    this.#chain = await Chain.open(this.directory, this.#genesis);
    return this.#chain;
  }

  async close(): Promise<void> {
    await this.#chain?.close();
  }
}

/** Cuts a list into parts of these lengths, over and over. */
function partsOf<Item>(items: readonly Item[], lengths: readonly number[]): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; ) {
    const length = lengths[parts.length % lengths.length] ?? 1;
    parts.push(items.slice(at, at + length));
    at += length;
  }
  return parts;
}

const plan = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
  restarts: fc.array(fc.boolean(), { maxLength: 5 }),
  /** Whether the blocks are executed ahead, in flight, before any is committed. */
  isAhead: fc.boolean(),
});
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never;

async function commitAs(
  genesis: Genesis,
  blocks: readonly Uint8Array[],
  { lengths, restarts, isAhead }: Plan,
): Promise<Map<string, string>> {
  const chain = new RestartingChain(genesis, restarts);
  if (isAhead) {
    const current = await chain.next();
    let parent = current.head.hash;
    for (const raw of blocks) {
      parent = (await current.executeBlock(raw, parent)).block.header.hash;
    }
  }
  for (const part of partsOf(blocks, lengths)) {
    const current = await chain.next();
    await current.commit(
      part.map((raw) => ({ raw })),
      MARKER,
    );
  }
  await chain.close();
  return contentOf(chain.directory);
}

it.each(FORKS)(
  'the same blocks give the same bytes, in any batches and over restarts: %s',
  async (fork, types) => {
    const json = devGenesisFile({ fork });
    const genesis = createGenesis(json);
    const lists = fc.array(variedSteps(types), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lists, plan, plan, async (steps, one, other) => {
        const hashes: Hash[] = [genesis.header.hash];
        const twin = await libraryTwin(json, genesis, hashes);
        const workload = new VariedWorkload(commonAt(genesis.common, 0, 0));
        const made = new RestartingChain(genesis, one.restarts);
        const blocks: Uint8Array[] = [];
        for (const list of steps) {
          const chain = await made.next();
          const state = chain.stateAfter(chain.head.hash);
          const nonceOf = (address: Address) => state?.getAccount(address)?.nonce ?? 0n;
          const { raw, block, refused } = await build(chain, workload.block(list, nonceOf));
          expect(refused).toEqual([]);
          // Compares gas, bloom, and the roots of receipts, requests and state with the header.
          const libraryBlock = createBlockFromRLP(raw, { common: twin.common });
          await runBlock(twin, { block: libraryBlock, skipHeaderValidation: true });
          expect(hexOf(await twin.stateManager.getStateRoot())).toBe(block.header.stateRoot);
          await chain.commit([{ hash: block.header.hash }], MARKER);
          hashes.push(block.header.hash);
          blocks.push(raw);
        }
        await made.close();
        const expected = await contentOf(made.directory);
        expect(await commitAs(genesis, blocks, one)).toEqual(expected);
        expect(await commitAs(genesis, blocks, other)).toEqual(expected);
      }),
      {
        numRuns: Number(PRALINE_RUNS ?? 8),
        ...(PRALINE_SEED !== undefined && { seed: Number(PRALINE_SEED) }),
        ...(PRALINE_PATH !== undefined && { path: PRALINE_PATH }),
      },
    );
  },
  600_000,
);
