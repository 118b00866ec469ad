/**
 * BlockchainTests: blocks on a genesis block, some of them invalid. Every block goes through the chain as one that another
 * network made; the chosen head is committed, and every account is read back from the disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { HeaderData } from '../packages/chain/src/block/block-data.ts';
import {
  type BlockFault,
  InvalidBlockError,
} from '../packages/chain/src/block/invalid-block-error.ts';
import { Chain } from '../packages/chain/src/chain.ts';
import { bigintToBytes } from '../packages/chain/src/encoding/quantity.ts';
import { ChainError } from '../packages/chain/src/errors.ts';
import { parseBlock } from '../packages/chain/src/execution/block-body.ts';
import { createGenesis } from '../packages/chain/src/genesis/genesis.ts';
import {
  bytesOf,
  type Hash,
  type Hex,
  hexOf,
  parseAddress,
  parseHash,
  slotOf,
} from '../packages/chain/src/primitives.ts';
import type { StateView } from '../packages/chain/src/state/state-view.ts';
import { TRANSITIONS_IN_FLIGHT_MAX } from '../packages/chain/src/transitions-in-flight.ts';
import { isExpectedFault } from './expected-faults.ts';
import { configOf } from './networks.ts';
import { type TestCase, UnsupportedNetworkError } from './test-case.ts';

const hex = z.string();

const accounts = z.record(
  hex,
  z.object({ balance: hex, nonce: hex, code: hex, storage: z.record(hex, hex) }),
);

export const blockchainTest = z.object({
  network: z.string(),
  /** Accounts as in a genesis file. */
  pre: z.record(hex, z.unknown()),
  genesisBlockHeader: z.object({
    hash: hex,
    nonce: hex,
    timestamp: hex,
    extraData: hex,
    gasLimit: hex,
    difficulty: hex,
    mixHash: hex,
    coinbase: hex,
    baseFeePerGas: hex.optional(),
    excessBlobGas: hex.optional(),
    blobGasUsed: hex.optional(),
  }),
  blocks: z.array(z.object({ rlp: hex, expectException: z.string().optional() })),
  lastblockhash: hex,
  /** Or only the hash of the state, which the last block has too. */
  postState: accounts.optional(),
});

type BlockchainTest = z.output<typeof blockchainTest>;

const NO_MARKER = new Uint8Array(0);

export function blockchainCase(name: string, test: BlockchainTest): TestCase {
  return { name, run: () => differenceOf(test) };
}

async function differenceOf(test: BlockchainTest): Promise<string | undefined> {
  const genesis = createGenesis(genesisFileOf(test));
  const { hash } = test.genesisBlockHeader;
  if (genesis.header.hash !== hash) return `genesis ${genesis.header.hash}, expected ${hash}`;
  const folder = mkdtempSync(join(tmpdir(), 'ethereum-test-'));
  try {
    const chain = await Chain.create(join(folder, 'chain'), genesis, { origin: 'import' });
    try {
      return await runBlocks(test, chain);
    } finally {
      await chain.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function genesisFileOf(test: BlockchainTest): Record<string, unknown> {
  const config = configOf(test.network);
  if (config === undefined) throw new UnsupportedNetworkError(test.network);
  const { hash: _hash, ...fields } = test.genesisBlockHeader;
  return { config, ...fields, alloc: test.pre };
}

async function runBlocks(test: BlockchainTest, chain: Chain): Promise<string | undefined> {
  // Forks of a chain stay in flight; a chain too long for that has none.
  const isLong = test.blocks.length > TRANSITIONS_IN_FLIGHT_MAX;
  const accepted = new Map<Hash, HeaderData>();
  for (const [index, { rlp, expectException }] of test.blocks.entries()) {
    const raw = bytesOf(rlp as Hex);
    const result = await tryBlock(chain, raw);
    if ('hash' in result) {
      if (expectException !== undefined)
        return `block ${index} passes, expected ${expectException}`;
      accepted.set(result.hash, result);
      if (isLong) await chain.commit([{ raw }], NO_MARKER);
    } else if (expectException === undefined) {
      return `block ${index}: ${result.reason}`;
    } else if (!isExpectedFault(expectException, result.fault)) {
      return `block ${index}: expected ${expectException}, refused for ${result.reason}`;
    }
  }
  const last = parseHash(test.lastblockhash);
  const path = pathTo(last, chain.head.hash, accepted);
  if (path === undefined) return `the last block ${last} is not there`;
  await chain.commit(
    path.map((hash) => ({ hash })),
    NO_MARKER,
  );
  const state = chain.stateAfter(last);
  if (state === undefined || test.postState === undefined) return undefined;
  return stateDifference(state, test.postState);
}

interface Refusal {
  readonly fault: BlockFault;
  readonly reason: string;
}

async function tryBlock(chain: Chain, raw: Uint8Array): Promise<HeaderData | Refusal> {
  try {
    const { header } = parseBlock(raw);
    await chain.executeBlock(raw, header.parentHash);
    return header;
  } catch (error) {
    if (error instanceof InvalidBlockError) return { fault: error.fault, reason: error.message };
    if (error instanceof ChainError && error.code === 'unknown-block') {
      return { fault: 'unknown-parent', reason: error.message };
    }
    throw error;
  }
}

/** The blocks above `head` up to `last`, lowest first; undefined when `last` was not accepted. */
function pathTo(
  last: Hash,
  head: Hash,
  accepted: ReadonlyMap<Hash, HeaderData>,
): Hash[] | undefined {
  const path: Hash[] = [];
  for (let hash = last; hash !== head; ) {
    path.unshift(hash);
    const header = accepted.get(hash);
    if (header === undefined) return undefined;
    hash = header.parentHash;
  }
  return path;
}

function stateDifference(
  state: StateView,
  expected: z.output<typeof accounts>,
): string | undefined {
  for (const [key, account] of Object.entries(expected)) {
    const address = parseAddress(key);
    const found = state.getAccount(address);
    if (found === undefined) return `account ${address} is missing`;
    const { nonce, balance, codeHash } = found;
    if (nonce !== BigInt(account.nonce)) return `nonce of ${address}: ${nonce}`;
    if (balance !== BigInt(account.balance)) return `balance of ${address}: ${balance}`;
    if (hexOf(state.getCode(codeHash)) !== account.code.toLowerCase()) return `code of ${address}`;
    for (const [slot, value] of Object.entries(account.storage)) {
      const stored = state.getStorage(address, slotOf(BigInt(slot)));
      if (Buffer.compare(stored, bigintToBytes(BigInt(value))) === 0) continue;
      return `slot ${slot} of ${address}: ${hexOf(stored)}, expected ${value}`;
    }
  }
  return undefined;
}
