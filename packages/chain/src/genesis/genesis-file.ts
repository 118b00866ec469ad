/**
 * The genesis file: geth's `genesis.json` with a `praline` section. Parsed once, here; whatever is wrong is told with
 * its place in the file.
 */
import { z } from 'zod';
import { trimZeros } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import {
  type Address,
  bytesOf,
  type Hash,
  type Hex,
  parseAddress,
  type Wei,
  weiOf,
} from '../primitives.ts';

const UINT64_MAX = 2n ** 64n - 1n;
const UINT256_MAX = 2n ** 256n - 1n;
/** Accounts that a mnemonic may give. */
const ACCOUNTS_MAX = 1_000;
const VALIDATORS_MAX = 100;

/** Hexadecimal with `0x`, decimal text, or a JSON number: geth writes all three. */
function quantity(max: bigint) {
  return z
    .union([
      z
        .string()
        .regex(/^(0x[0-9a-fA-F]+|\d+)$/, 'expected a hexadecimal (0x...) or decimal number'),
      z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER),
    ])
    .transform((value) => BigInt(value))
    .refine((value) => value <= max, `expected at most ${max.toString(16).length * 4} bits`);
}

const uint64 = quantity(UINT64_MAX);
const uint256 = quantity(UINT256_MAX);
const height = quantity(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number);

const data = z
  .string()
  .regex(/^(0x)?([0-9a-fA-F]{2})*$/, 'expected an even number of hexadecimal digits')
  .transform((text) => `0x${text.replace(/^0x/, '').toLowerCase()}` as Hex);

function fixedData(bytes: number) {
  return data.refine((hex) => hex.length === 2 + 2 * bytes, `expected ${bytes} bytes`);
}

/** geth accepts words shorter than 32 bytes in storage. */
const word = z
  .string()
  .regex(/^(0x)?[0-9a-fA-F]{1,64}$/, 'expected up to 32 bytes in hexadecimal')
  .transform((text) => `0x${text.replace(/^0x/, '').toLowerCase().padStart(64, '0')}` as Hash);

const address = z
  .string()
  .regex(/^(0x)?[0-9a-fA-F]{40}$/, 'expected an address of 20 bytes')
  .transform((text) => parseAddress(`0x${text.replace(/^0x/, '')}`));

const account = z.object({
  balance: uint256.default(0n),
  nonce: uint64.default(0n),
  code: data.default('0x'),
  storage: z.record(word, word).default({}),
});

const blobLimits = z.object({
  target: height,
  max: height,
  baseFeeUpdateFraction: height,
});

const FORK_BLOCKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'muirGlacierBlock',
  'berlinBlock',
  'londonBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
  'mergeNetsplitBlock',
] as const;

const FORK_TIMES = [
  'shanghaiTime',
  'cancunTime',
  'pragueTime',
  'osakaTime',
  'bpo1Time',
  'bpo2Time',
] as const;

type ForkField = (typeof FORK_BLOCKS)[number] | (typeof FORK_TIMES)[number];

const forks = Object.fromEntries(
  [...FORK_BLOCKS, ...FORK_TIMES].map((name) => [name, height.nullish()]),
) as Record<ForkField, ReturnType<typeof height.nullish>>;

const config = z
  .looseObject({
    chainId: quantity(BigInt(Number.MAX_SAFE_INTEGER)).refine(
      (id) => id > 0n,
      'expected 1 or more',
    ),
    ...forks,
    terminalTotalDifficulty: uint256.nullish(),
    terminalTotalDifficultyPassed: z.boolean().nullish(),
    depositContractAddress: address.nullish(),
    blobSchedule: z.record(z.string(), blobLimits).nullish(),
  })
  .superRefine((value, context) => {
    const known = new Set<string>([...FORK_BLOCKS, ...FORK_TIMES]);
    for (const name of Object.keys(value)) {
      if (!/(Block|Time)$/.test(name) || known.has(name) || value[name] === null) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'this fork is not supported' });
    }
  });

const publicKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected an Ed25519 public key: 64 lower-case hexadecimal digits');

const praline = z.strictObject({
  crashModel: z.enum(['CFT', 'BFT']).default('CFT'),
  validators: z
    .array(publicKey)
    .max(VALIDATORS_MAX)
    .refine((keys) => new Set(keys).size === keys.length, 'expected distinct public keys')
    .default([]),
  mining: z
    .strictObject({
      mode: z.enum(['instant', 'interval']).default('instant'),
      blockTimeMs: z.number().int().min(1).max(3_600_000).default(1_000),
      emptyBlocks: z.boolean().default(false),
    })
    .prefault({}),
  devMode: z.boolean().default(false),
  accounts: z
    .strictObject({
      mnemonic: z.string().min(1),
      count: z.number().int().min(0).max(ACCOUNTS_MAX),
      path: z.string().regex(/^m(\/\d+'?)*$/, "expected a path such as m/44'/60'/0'/0"),
    })
    .optional(),
});

const genesisFile = z.object({
  config,
  nonce: uint64.default(0n),
  timestamp: quantity(BigInt(Number.MAX_SAFE_INTEGER)).transform(Number).default(0),
  extraData: data.default('0x'),
  gasLimit: uint64.refine((gas) => gas < 2n ** 63n, 'expected less than 2^63'),
  difficulty: uint256.default(0n),
  mixHash: fixedData(32)
    .transform((hex) => hex as Hash)
    .default(`0x${'00'.repeat(32)}` as Hash),
  coinbase: address.default(parseAddress(`0x${'00'.repeat(20)}`)),
  alloc: z.record(address, account),
  baseFeePerGas: uint256.nullish(),
  excessBlobGas: uint64.nullish(),
  blobGasUsed: uint64.nullish(),
  praline: praline.prefault({}),
});

/** Parsed and checked; quantities are numbers, fork fields as geth names them. */
export type GenesisFile = z.output<typeof genesisFile>;
/** What only Praline reads. `mining.blockTimeMs` matters in mode `interval`; `accounts.path` lacks the last index. */
export type PralineConfig = z.output<typeof praline>;

export interface GenesisAccount {
  readonly nonce: bigint;
  readonly balance: Wei;
  readonly code: Uint8Array;
  /** Values without leading zeros; none is zero. */
  readonly storage: ReadonlyMap<Hash, Uint8Array>;
}

/** Throws `ChainError` `invalid-genesis`; the message starts with the JSON path of the first fault. */
export function parseGenesisFile(json: unknown): GenesisFile {
  const result = genesisFile.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path =
    issue === undefined || issue.path.length === 0 ? '(top level)' : issue.path.join('.');
  throw new ChainError('invalid-genesis', `genesis: ${path}: ${issue?.message ?? 'invalid'}`, {
    path,
  });
}

export function genesisAccounts(file: GenesisFile): ReadonlyMap<Address, GenesisAccount> {
  const accounts = new Map<Address, GenesisAccount>();
  for (const [key, entry] of Object.entries(file.alloc)) {
    const storage = new Map<Hash, Uint8Array>();
    for (const [slot, value] of Object.entries(entry.storage)) {
      const bytes = trimZeros(bytesOf(value as Hash));
      if (bytes.length > 0) storage.set(slot as Hash, bytes);
    }
    accounts.set(key as Address, {
      nonce: entry.nonce,
      balance: weiOf(entry.balance),
      code: bytesOf(entry.code),
      storage,
    });
  }
  return accounts;
}

export { FORK_BLOCKS, FORK_TIMES };
