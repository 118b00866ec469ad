/** `npm run bench -- NAME [--json]`: every figure that is published comes from one of these. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchFailover, FAILOVER_KINDS, type FailoverKind } from './failover.ts';
import { benchLatency } from './latency.ts';
import { benchMokka } from './mokka.ts';
import type { BenchResult } from './report.ts';
import { benchStart } from './start.ts';
import { benchTransfers } from './transfers.ts';
import { benchWire } from './wire.ts';

const USAGE = `npm run bench -- NAME [options]

  transfers   signed transfers per second over HTTP, 1 and 3 nodes, beside Anvil
  latency     send to receipt on a follower
  start       "praline start" to a leader, with processor time and memory
  failover    time without service: leader killed, paused, cut off, handed over

  mokka       writes of 100 bytes to Mokka alone, beside etcd
  wire        messages and bytes between nodes per committed entry, by the number of nodes

  chain       blocks of transfers through the execution layer alone
  snapshot    making and taking a snapshot of the state, 10,000 and 100,000 accounts
  transactions decoding and sender recovery alone
  verify      verifying a log of 20,000 entries: entries a second, memory
  mempool     100,000 pending transactions: insert, replace, select, memory
  transport   synced writes and frames between two nodes, without consensus

  --json                one JSON object on standard output
  --transactions N      transfers: 6000, latency: 500
  --connections N       transfers: 50
  --seconds N           mokka, per row: 5
  --crash-model M       wire: CFT (default) or BFT
  --rounds N            failover: 50 of each kind, start: 3
  --kinds A,B           failover: kill,pause,partition,hand-over
`;

/** Layers by themselves: each file is a program of its own, with options of its own. */
const LAYERS: Readonly<Record<string, () => Promise<unknown>>> = {
  chain: () => import('./chain.ts'),
  snapshot: () => import('./snapshot.ts'),
  transactions: () => import('./transactions.ts'),
  verify: () => import('./verify.ts'),
  mempool: () => import('./mempool.ts'),
  transport: () => import('./transport.ts'),
};

async function main(): Promise<number> {
  const [first = ''] = process.argv.slice(2);
  const layer = Object.hasOwn(LAYERS, first) ? LAYERS[first] : undefined;
  if (layer !== undefined) {
    process.argv.splice(2, 1);
    await layer();
    return 0;
  }
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      transactions: { type: 'string' },
      connections: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'crash-model': { type: 'string', default: 'CFT' },
      kinds: { type: 'string' },
    },
  });
  const count = (
    name: 'transactions' | 'connections' | 'rounds' | 'seconds',
    otherwise: number,
  ): number => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Error(`--${name} is a whole number above 0`);
    return value;
  };
  const benches: Readonly<Record<string, () => Promise<BenchResult>>> = {
    transfers: () =>
      benchTransfers({
        transactions: count('transactions', 6_000),
        connections: count('connections', 50),
      }),
    latency: () => benchLatency({ transactions: count('transactions', 500) }),
    start: () => benchStart({ rounds: count('rounds', 3) }),
    mokka: () => benchMokka({ seconds: count('seconds', 5) }),
    wire: () => benchWire({ crashModel: values['crash-model'] }),
    failover: () => benchFailover({ rounds: count('rounds', 50), kinds: kindsOf(values.kinds) }),
  };
  const [name = ''] = positionals;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined || values.help) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 1;
  }
  const result = await bench();
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
  };
  if (values.json) {
    const { table: _, ...rest } = result;
    process.stdout.write(`${JSON.stringify({ ...rest, machine })}\n`);
  } else {
    const about = `${machine.processors} x ${machine.processor}, ${machine.platform}, Node ${machine.node}`;
    process.stdout.write(`\n${result.table}\n\n${[...result.method, about].join('\n')}\n`);
  }
  return 0;
}

function kindsOf(list: string | undefined): readonly FailoverKind[] {
  const names = list?.split(',') ?? FAILOVER_KINDS;
  return names.map((name) => {
    const kind = FAILOVER_KINDS.find((known) => known === name);
    if (kind === undefined) throw new Error(`--kinds is a list of ${FAILOVER_KINDS.join(', ')}`);
    return kind;
  });
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
