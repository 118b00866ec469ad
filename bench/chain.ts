/**
 * What executing blocks of transfers costs, and whether it stays flat when the world grows. Run:
 * `npx tsx --conditions=@praline/source bench/chain.ts [--json] [--cpu] [--blocks N] [--transfers N] [--accounts N,N]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  Chain,
  createGenesis,
  DEV_CHAIN_ID,
  DEV_MNEMONIC,
  decodeTransaction,
  deriveAccounts,
  devGenesisFile,
  type Hash,
  parseAddress,
  type SignedTransaction,
  signTransaction,
  weiOf,
} from '@praline/chain';
import { EMPTY_TRIE_ROOT, keccak256 } from '../packages/chain/src/crypto/keccak.ts';
import { NodeReader } from '../packages/chain/src/trie/node-source.ts';
import { type TrieChange, updateTrie } from '../packages/chain/src/trie/update-trie.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    /** Processor time of all threads instead of wall time: comparable on a busy machine. */
    cpu: { type: 'boolean', default: false },
    blocks: { type: 'string', default: '10' },
    transfers: { type: 'string', default: '1000' },
    accounts: { type: 'string', default: '200,100000' },
  },
});

const SENDERS = deriveAccounts(DEV_MNEMONIC, Math.min(100, Number(values.transfers)));
const COINBASE = parseAddress(`0x${'c0'.repeat(20)}`);

type Step = 'decode' | 'build' | 'execute' | 'commit';

/** Milliseconds. */
function clock(): number {
  if (!values.cpu) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** World state apart from execution: the root of a trie with so many accounts after that many changes. */
function measureRoot(accounts: number, changes: number): number {
  const nodes = new Map<Hash, Uint8Array>();
  const reader = new NodeReader({ getNode: (hash) => nodes.get(hash) });
  const changeOf = (index: number, round: number): TrieChange => ({
    key: keccak256(Buffer.from(`account ${index % accounts}`)),
    value: Buffer.alloc(70, round + 1),
  });
  const all = Array.from({ length: accounts }, (_, index) => changeOf(index, 0));
  let root = updateTrie(reader, EMPTY_TRIE_ROOT, all, nodes);
  const times: number[] = [];
  for (let round = 1; round <= 10; round += 1) {
    const some = Array.from({ length: Math.min(changes, accounts) }, (_, index) =>
      changeOf(index * 7 + round, round),
    );
    const start = clock();
    root = updateTrie(reader, root, some, nodes);
    times.push(clock() - start);
  }
  return Math.round(median(times) * 10) / 10;
}

interface Row {
  readonly accounts: number;
  readonly transfersPerBlock: number;
  /** Milliseconds, medians over blocks. */
  readonly decodeMs: number;
  readonly buildMs: number;
  readonly executeMs: number;
  readonly commitMs: number;
  /** Of a trie in memory, with one changed account per transfer. */
  readonly rootMs: number;
  readonly transfersPerSecond: number;
}

async function measure(accounts: number, blocks: number, transfers: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'praline-bench-'));
  const file = devGenesisFile({ accounts: SENDERS.length, gasLimit: 21_000 * transfers + 21_000 });
  const { alloc } = file as { alloc: Record<string, { balance: string }> };
  for (let i = 0; i < accounts; i += 1) alloc[recipient(i)] = { balance: '0x1' };
  const genesis = createGenesis(file);
  const leader = await Chain.create(join(folder, 'leader'), genesis);
  /** As in a node, whose pool has decoded what the leader proposes. */
  const pool = new Map<Hash, SignedTransaction>();
  const follower = await Chain.create(join(folder, 'follower'), genesis, {
    knownTransaction: (hash) => pool.get(hash),
  });
  const times: Record<Step, number[]> = { decode: [], build: [], execute: [], commit: [] };
  try {
    for (let block = 0; block < blocks; block += 1) {
      const raws = signBlock(block, transfers, accounts);
      const candidates = await timed(times.decode, async () =>
        raws.map((raw) => decodeTransaction(raw)),
      );
      for (const signed of candidates) pool.set(signed.data.hash, signed);
      const raw = await timed(times.build, () => build(leader, candidates));
      const parent = follower.head.hash;
      const executed = await timed(times.execute, () => follower.executeBlock(raw, parent));
      const marker = new Uint8Array(8);
      const { hash } = executed.block.header;
      await timed(times.commit, () => follower.commit([{ hash }], marker));
      await leader.commit([{ hash }], marker);
    }
  } finally {
    await leader.close();
    await follower.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const of = (name: Step): number => Math.round(median(times[name]) * 10) / 10;
  return {
    accounts,
    transfersPerBlock: transfers,
    decodeMs: of('decode'),
    buildMs: of('build'),
    executeMs: of('execute'),
    commitMs: of('commit'),
    rootMs: measureRoot(accounts, transfers),
    transfersPerSecond: Math.round((transfers * 1_000) / (of('execute') + of('commit'))),
  };
}

function signBlock(block: number, transfers: number, accounts: number): Uint8Array[] {
  const perSender = transfers / SENDERS.length;
  return Array.from({ length: transfers }, (_, index) => {
    const sender = SENDERS[index % SENDERS.length];
    if (sender === undefined) throw new RangeError('no sender');
    const nonce = BigInt(block * perSender + Math.floor(index / SENDERS.length));
    const to = parseAddress(recipient((block * transfers + index * 7_919) % accounts));
    return signTransaction(
      {
        type: 2,
        chainId: BigInt(DEV_CHAIN_ID),
        nonce,
        gasLimit: 21_000n,
        to,
        value: weiOf(1n),
        input: '0x',
        maxFeePerGas: weiOf(100_000_000_000n),
        maxPriorityFeePerGas: weiOf(1n),
        accessList: [],
      },
      sender.privateKey,
    );
  });
}

function recipient(index: number): string {
  return `0x${(index + 65_536).toString(16).padStart(40, '1')}`;
}

async function build(chain: Chain, candidates: SignedTransaction[]): Promise<Uint8Array> {
  const built = await chain.buildBlock(chain.head.hash, {
    timestamp: chain.head.timestamp + 1,
    coinbase: COINBASE,
    extraData: '0x',
    candidates,
    maxBytes: 10_000_000,
    allowEmpty: false,
  });
  if (built.block === null || built.transactions.length !== candidates.length) {
    throw new Error(`the block has not all transfers: ${built.refused[0]?.error.message}`);
  }
  return built.raw;
}

async function timed<Value>(times: number[], run: () => Promise<Value>): Promise<Value> {
  const start = clock();
  const value = await run();
  times.push(clock() - start);
  return value;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

const rows: Row[] = [];
for (const accounts of values.accounts.split(',').map(Number)) {
  rows.push(await measure(accounts, Number(values.blocks), Number(values.transfers)));
}
if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else
  process.stdout.write(
    `${Object.keys(rows[0] ?? {}).join('\t')}\n${rows.map((row) => Object.values(row).join('\t')).join('\n')}\n`,
  );
