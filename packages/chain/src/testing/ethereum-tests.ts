/**
 * The official Ethereum tests (github.com/ethereum/tests): their archives unpacked, their networks as genesis files.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const { PRALINE_FIXTURES: root } = process.env;
const folder = root === undefined ? undefined : join(root, 'ethereum-tests');

type Suite =
  | 'BlockchainTests'
  | 'GeneralStateTests'
  | 'RLPTests'
  | 'TransactionTests'
  | 'TrieTests';

function archiveOf(suite: Suite): string | undefined {
  const path = folder === undefined ? undefined : join(folder, `${suite}.tar.gz`);
  return path !== undefined && existsSync(path) ? path : undefined;
}

function missing(suite: Suite): string | undefined {
  return archiveOf(suite) === undefined
    ? `needs ethereum-tests/${suite}.tar.gz in the folder $PRALINE_FIXTURES; published as "${suite}" at github.com/ethereum/tests`
    : undefined;
}

/** Why tests that need the suite are skipped; undefined when it is there. */
export const ETHEREUM_TESTS_MISSING: string | undefined = missing('BlockchainTests');
export const TRANSACTION_TESTS_MISSING: string | undefined = missing('TransactionTests');
export const STATE_TESTS_MISSING: string | undefined = missing('GeneralStateTests');
export const TRIE_TESTS_MISSING: string | undefined = missing('TrieTests');
export const RLP_TESTS_MISSING: string | undefined = missing('RLPTests');

const hex = z.string();
const blockchainTest = z.object({
  network: z.string(),
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
});

export interface BlockchainTest extends z.output<typeof blockchainTest> {
  readonly name: string;
}

/** All tests of the archive, file by file. */
export function blockchainTests(): BlockchainTest[] {
  return filesOf('BlockchainTests').flatMap(testsOf);
}

const transactionTests = z.record(
  z.string(),
  z.object({
    txbytes: hex,
    /** By fork; `exception` when it is no transaction there. */
    result: z.record(
      z.string(),
      z.object({
        exception: z.string().optional(),
        hash: hex.optional(),
        sender: hex.optional(),
        intrinsicGas: hex,
      }),
    ),
  }),
);

/** By name. */
export function officialTransactionTests() {
  return filesOf('TransactionTests').flatMap((text) =>
    Object.entries(transactionTests.parse(JSON.parse(text))),
  );
}

const stateTests = z.record(
  z.string(),
  z.object({
    env: z.object({
      currentBaseFee: hex.optional(),
      currentCoinbase: hex,
      currentExcessBlobGas: hex.optional(),
      currentGasLimit: hex,
      currentRandom: hex.optional(),
      currentTimestamp: hex,
    }),
    pre: z.record(hex, z.unknown()),
    post: z.record(
      z.string(),
      z.array(
        z.object({
          hash: hex,
          logs: hex,
          txbytes: hex,
          expectException: z.string().optional(),
        }),
      ),
    ),
  }),
);

export interface StateTest {
  readonly name: string;
  /** As in `BlockchainTest`. */
  readonly network: string;
  readonly env: z.output<typeof stateTests>[string]['env'];
  /** Accounts as in a genesis file. */
  readonly pre: Readonly<Record<string, unknown>>;
  readonly post: z.output<typeof stateTests>[string]['post'][string][number];
}

/** One transaction each, of every file whose position is a multiple of `stride`. */
export function* officialStateTests(stride: number): Generator<StateTest> {
  for (const [index, text] of filesOf('GeneralStateTests').entries()) {
    if (index % stride > 0) continue;
    for (const [test, { env, pre, post }] of Object.entries(stateTests.parse(JSON.parse(text)))) {
      for (const [network, outcomes] of Object.entries(post)) {
        for (const [place, outcome] of outcomes.entries()) {
          yield { name: `${test} ${network} ${place}`, network, env, pre, post: outcome };
        }
      }
    }
  }
}

const trieTests = z.record(
  z.string(),
  z.object({
    in: z.union([
      z.array(z.tuple([z.string(), z.string().nullable()])),
      z.record(z.string(), z.string().nullable()).transform((entries) => Object.entries(entries)),
    ]),
    root: hex,
  }),
);

/** Of tries whose keys are hashes, as all of ours are. Strings are text, or bytes as `0x...`; null deletes. */
export function officialSecureTrieTests() {
  return filesOf('TrieTests', /secure/i).flatMap((text) =>
    Object.entries(trieTests.parse(JSON.parse(text))),
  );
}

/** Hex of bytes that are no RLP, by name. */
export function officialInvalidRlp() {
  const file = z.record(z.string(), z.object({ in: z.literal('INVALID'), out: z.string() }));
  return filesOf('RLPTests').flatMap((text) => Object.entries(file.parse(JSON.parse(text))));
}

/** The text of each file of an archive, in order of their names. */
function filesOf(suite: Suite, names = /./): string[] {
  const archive = archiveOf(suite);
  if (archive === undefined) throw new Error(missing(suite));
  const unpacked = mkdtempSync(join(tmpdir(), 'praline-tests-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', unpacked]);
    const files = readdirSync(unpacked, { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => file.endsWith('.json') && names.test(file))
      .sort()
      .map((file) => readFileSync(join(unpacked, file), 'utf8'));
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

function testsOf(text: string): BlockchainTest[] {
  const file = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  return Object.entries(file).map(([name, test]) => ({ name, ...blockchainTest.parse(test) }));
}

const BLOCK_FORKS = [
  ['Frontier', []],
  ['Homestead', ['homesteadBlock']],
  ['EIP150', ['eip150Block']],
  ['EIP158', ['eip155Block', 'eip158Block']],
  ['Byzantium', ['byzantiumBlock']],
  ['Constantinople', ['constantinopleBlock']],
  ['ConstantinopleFix', ['petersburgBlock']],
  ['Istanbul', ['istanbulBlock', 'muirGlacierBlock']],
  ['Berlin', ['berlinBlock']],
  ['London', ['londonBlock', 'arrowGlacierBlock', 'grayGlacierBlock']],
  ['Paris', ['mergeNetsplitBlock']],
] as const;
const TIME_FORKS = [
  ['Shanghai', 'shanghaiTime'],
  ['Cancun', 'cancunTime'],
] as const;
/** Seconds at which a network named `...AtTime15k` changes its rules. */
const TRANSITION_TIME = 15_000;

/** Undefined for a network that the suite names but no chain of ours can have. */
export function genesisOf(test: BlockchainTest): Record<string, unknown> | undefined {
  const config = configOf(test.network);
  if (config === undefined) return undefined;
  const { genesisBlockHeader: header } = test;
  return {
    config: { chainId: 1, ...config },
    nonce: header.nonce,
    timestamp: header.timestamp,
    extraData: header.extraData,
    gasLimit: header.gasLimit,
    difficulty: header.difficulty,
    mixHash: header.mixHash,
    coinbase: header.coinbase,
    baseFeePerGas: header.baseFeePerGas,
    excessBlobGas: header.excessBlobGas,
    blobGasUsed: header.blobGasUsed,
    alloc: test.pre,
  };
}

/** The `config` section of a genesis file; undefined as in `genesisOf`. */
export function configOf(network: string): Record<string, unknown> | undefined {
  const [, from, to] = /^([A-Za-z0-9]+?)(?:To([A-Za-z]+)AtTime15k)?$/.exec(network) ?? [];
  const config: Record<string, unknown> = {};
  for (const [name, fields] of BLOCK_FORKS) {
    for (const field of fields) config[field] = 0;
    if (name === from) return name === 'Paris' ? timed(config, undefined, to) : config;
  }
  return TIME_FORKS.some(([name]) => name === from) ? timed(config, from, to) : undefined;
}

function timed(
  config: Record<string, unknown>,
  from: string | undefined,
  to: string | undefined,
): Record<string, unknown> | undefined {
  const merged: Record<string, unknown> = { ...config, terminalTotalDifficulty: 0 };
  const names = TIME_FORKS.map(([name]) => name as string);
  const start = from === undefined ? -1 : names.indexOf(from);
  for (const [index, [, field]] of TIME_FORKS.entries()) if (index <= start) merged[field] = 0;
  if (to === undefined) return merged;
  const transition = TIME_FORKS[names.indexOf(to)];
  if (transition === undefined) return undefined;
  return { ...merged, [transition[1]]: TRANSITION_TIME };
}
