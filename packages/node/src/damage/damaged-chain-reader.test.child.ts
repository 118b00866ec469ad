/**
 * A process that damages copies of a chain's file, opens each and reads everything, for the test of damage. Arguments: data
 * folder, genesis file, first and last seed. Prints a line of JSON for each: the seed before, and what came of it after, so
 * that a crash has a name.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  type BlockNumber,
  Chain,
  ChainError,
  createGenesis,
  type Genesis,
  type Hash,
  StoredChainReader,
} from '@praline/chain';
import { ConfigError } from '../config/config-error.ts';
import { requireIntactChain } from '../config/node-folder.ts';

const PAGE_BYTES = 4_096;
const [folder = '', genesisPath = '', first = '0', last = '0'] = process.argv.slice(2);

/** What a reader was asked for, and what it answered. */
type Answers = Map<string, string>;

function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function* questions(reader: StoredChainReader, addresses: readonly Address[], blocks: number) {
  const ask = (name: string, read: () => unknown) => ({ name, read });
  const hashes: Hash[] = [];
  for (let number = 0; number <= blocks; number += 1) {
    const at = { number: number as BlockNumber };
    yield ask(`block ${number}`, () => {
      const block = reader.block(at);
      hashes.push(...(block?.transactions ?? []).map(({ hash }) => hash));
      return block;
    });
    yield ask(`receipts ${number}`, () => reader.receipts(at));
    for (const address of addresses.filter((_, index) => index % 6 === 0)) {
      yield ask(`account ${address} ${number}`, () => reader.account(address, at));
      yield ask(`proof ${address} ${number}`, () => reader.proof(address, [0n, 1n], at));
    }
  }
  for (const address of addresses) {
    yield ask(`head account ${address}`, () => reader.account(address, { tag: 'latest' }));
    yield ask(`code ${address}`, () => reader.code(address, { tag: 'latest' }));
    yield ask(`slot ${address}`, () => reader.storage(address, 0n, { tag: 'latest' }));
  }
  for (const hash of hashes) yield ask(`receipt ${hash}`, () => reader.receipt(hash));
  const from = 0 as BlockNumber;
  const to = blocks as BlockNumber;
  yield ask('logs', () => reader.logs({ from, to, addresses: [], topics: [], maxResults: 10_000 }));
}

function answersOf(directory: string, genesis: Genesis, blocks: number): Promise<Answers> {
  const reader = new StoredChainReader(directory, genesis);
  const alloc = JSON.parse(readFileSync(genesisPath, 'utf8')).alloc as Record<Address, unknown>;
  const answers: Answers = new Map();
  for (const { name, read } of questions(reader, Object.keys(alloc) as Address[], blocks)) {
    answers.set(name, attempt(read));
  }
  return reader.close().then(() => answers);
}

function attempt(read: () => unknown): string {
  try {
    const text = JSON.stringify(read(), (_, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    return text ?? 'nothing';
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): string {
  return error instanceof ChainError || error instanceof ConfigError
    ? `!${error.code} ${error.message}`
    : `?${String(error)}`;
}

/** The same damage for the same seed: bits, sectors, pages, pages in another place, and cuts. */
function damage(path: string, seed: number): string {
  const bytes = readFileSync(path);
  let state = seed * 2_654_435_761;
  const below = (limit: number): number => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (((state ^ (state >>> 12)) >>> 0) % limit) | 0;
  };
  const pages = bytes.length / PAGE_BYTES;
  const kind = ['bits', 'garbage', 'zeros', 'misplaced', 'cut'][seed % 5] ?? '';
  const page = below(pages) * PAGE_BYTES;
  if (kind === 'bits') {
    for (let flips = 1 + below(8); flips > 0; flips -= 1) {
      const at = page + below(PAGE_BYTES);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
    }
  }
  if (kind === 'garbage') for (let at = 0; at < 512; at += 1) bytes[page + at] = below(256);
  if (kind === 'zeros') bytes.fill(0, page, page + PAGE_BYTES);
  if (kind === 'misplaced') {
    const from = below(pages) * PAGE_BYTES;
    bytes.copyWithin(page, from, from + PAGE_BYTES);
  }
  writeFileSync(path, bytes);
  if (kind === 'cut') truncateSync(path, below(bytes.length));
  return kind;
}

const genesis = createGenesis(JSON.parse(readFileSync(genesisPath, 'utf8')));
const intact = await Chain.open(folder, genesis);
const blocks = intact.head.number;
await intact.close();
const expected = await answersOf(folder, genesis, blocks);
for (let seed = Number(first); seed <= Number(last); seed += 1) {
  const node = mkdtempSync(join(tmpdir(), 'praline-damaged-'));
  const directory = join(node, 'chain');
  mkdirSync(directory);
  const path = join(directory, 'chain.mdb');
  copyFileSync(join(folder, 'chain.mdb'), path);
  const kind = damage(path, seed);
  say({ seed, kind });
  const failures = new Set<string>();
  const wrong: string[] = [];
  try {
    await requireIntactChain(node);
    const chain = await Chain.open(directory, genesis);
    await chain.close();
    const answers = await answersOf(directory, genesis, blocks);
    for (const [name, answer] of answers) {
      if (answer.startsWith('!') || answer.startsWith('?')) failures.add(answer.slice(0, 160));
      else if (answer !== expected.get(name)) wrong.push(`${name}: ${answer.slice(0, 80)}`);
    }
    if (answers.size < expected.size && failures.size === 0) wrong.push('transactions are missing');
  } catch (error) {
    failures.add(failureOf(error).slice(0, 160));
  }
  say({ seed, kind, failures: [...failures], wrong: wrong.slice(0, 5) });
  rmSync(node, { recursive: true, force: true });
}
