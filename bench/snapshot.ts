/**
 * What it costs to make and to take a snapshot of the chain's state: time, memory above what the process used before,
 * and the longest time in which nothing else could run in the thread. Run:
 * `npx tsx --conditions=@praline/source bench/snapshot.ts [--json] [--accounts N,N]`.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Chain, createGenesis, devGenesisFile, type Genesis, parseAddress } from '@praline/chain';
import { formatTable, progress } from './report.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    accounts: { type: 'string', default: '10000,100000' },
  },
});

const MEBIBYTE = 1_048_576;
/** Each sample collects garbage first, which takes some milliseconds. */
const SAMPLE_INTERVAL_MS = 1_000;
/** Accounts for each slot of the one contract that has storage. */
const ACCOUNTS_PER_SLOT = 10;
const CONTRACT = `0x${'c5'.repeat(20)}`;

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

interface Cost {
  readonly seconds: number;
  /** Of all threads: tells more than the wall clock on a machine that does other work. */
  readonly processorSeconds: number;
  /** Most in use above what was at the start, without garbage. */
  readonly memoryMiB: number;
  /** Longest time in which nothing else ran in the thread, ms. */
  readonly longestTurnMs: number;
}

interface Row {
  readonly accounts: number;
  readonly slots: number;
  readonly snapshotMiB: number;
  readonly chunks: number;
  readonly make: Cost;
  readonly receive: Cost;
  readonly install: Cost;
}

function usedBytes(): number {
  if (typeof collectGarbage === 'function') collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function measured<Value>(run: () => Promise<Value>): Promise<readonly [Value, Cost]> {
  const before = usedBytes();
  let most = before;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const sample = setInterval(() => {
    // The sample's own time does not count.
    delay.disable();
    most = Math.max(most, usedBytes());
    delay.enable();
  }, SAMPLE_INTERVAL_MS);
  delay.enable();
  const processor = process.cpuUsage();
  const start = performance.now();
  const value = await run();
  const { user, system } = process.cpuUsage(processor);
  const seconds = (performance.now() - start) / 1_000;
  delay.disable();
  clearInterval(sample);
  const tenths = (number: number) => Math.round(number * 10) / 10;
  return [
    value,
    {
      seconds: Math.round(seconds * 100) / 100,
      processorSeconds: Math.round((user + system) / 1e4) / 100,
      memoryMiB: tenths((Math.max(most, usedBytes()) - before) / MEBIBYTE),
      longestTurnMs: tenths(delay.max / 1e6),
    },
  ];
}

/** Plain accounts, and a contract with storage. The state itself is dropped: opening a chain does not need it. */
async function prepare(folders: readonly string[], accounts: number): Promise<Genesis> {
  const file = devGenesisFile({});
  const { alloc } = file as { alloc: Record<string, object> };
  for (let index = 1; index <= accounts; index += 1) {
    alloc[`0x${index.toString(16).padStart(40, '1')}`] = { balance: '0x1' };
  }
  const storage: Record<string, string> = {};
  for (let slot = 1; slot <= accounts / ACCOUNTS_PER_SLOT; slot += 1) {
    storage[`0x${slot.toString(16).padStart(64, '0')}`] = '0x01';
  }
  alloc[CONTRACT] = { balance: '0x0', nonce: '0x1', code: '0x00', storage };
  const genesis = createGenesis(file);
  for (const folder of folders) await (await Chain.create(folder, genesis)).close();
  const nothing = new Map();
  const state = { ...genesis.state, accounts: nothing, storage: nothing, nodes: nothing };
  return { ...genesis, state };
}

async function measure(accounts: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'praline-bench-'));
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  progress(`${accounts} accounts: genesis`);
  const genesis = await prepare([from, to], accounts);
  const source = await Chain.open(from, genesis);
  const target = await Chain.open(to, genesis);
  try {
    const built = await source.buildBlock(source.head.hash, {
      timestamp: source.head.timestamp + 1,
      coinbase: parseAddress(CONTRACT),
      extraData: '0x',
      candidates: [],
      maxBytes: 1_000_000,
      allowEmpty: true,
    });
    if (built.block === null) throw new Error('no block');
    await source.commit([{ hash: built.block.header.hash }], Uint8Array.of(1));
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const maker = source.offerSnapshots((marker, head) => ({
      index: 1,
      hash: sha256(marker),
      stateDigest: sha256(Buffer.from(head)),
    }));
    progress(`${accounts} accounts: make`);
    const [list, make] = await measured(() => maker.offer(1));
    if (list === null) throw new Error('nothing is offered');
    progress(`${accounts} accounts: take`);
    const [, receive] = await measured(async () => {
      await target.restore.begin(list, () => undefined);
      for (const number of list.chunks.keys()) {
        const chunk = await maker.chunk(list.position, number);
        if (chunk === null) throw new Error('a chunk is gone');
        await target.restore.add(number, chunk);
      }
    });
    const [, install] = await measured(() => target.finishRestore(Uint8Array.of(1)));
    if (target.head.hash !== source.head.hash) throw new Error('another head');
    const bytes = list.chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
    return {
      accounts,
      slots: accounts / ACCOUNTS_PER_SLOT,
      snapshotMiB: Math.round((bytes / MEBIBYTE) * 10) / 10,
      chunks: list.chunks.length,
      make,
      receive,
      install,
    };
  } finally {
    await source.close();
    await target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows: Row[] = [];
for (const accounts of values.accounts.split(',').map(Number)) rows.push(await measure(accounts));
if (values.json) {
  process.stdout.write(`${JSON.stringify(rows)}\n`);
} else {
  const table = formatTable(
    ['accounts', 'step', 'snapshot MiB', 'seconds', 'processor s', 'memory MiB', 'longest turn ms'],
    rows.flatMap((row) =>
      (['make', 'receive', 'install'] as const).map((step) => {
        const { seconds, processorSeconds, memoryMiB, longestTurnMs } = row[step];
        const figures = [row.snapshotMiB, seconds, processorSeconds, memoryMiB, longestTurnMs];
        return [String(row.accounts), step, ...figures.map(String)];
      }),
    ),
  );
  process.stdout.write(`\n${table}\n`);
}
