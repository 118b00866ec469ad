/** `npm run bench -- NAME [--json]`: every figure that is published comes from one of these. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchErc20 } from './erc20.ts';
import { benchFailover, FAILOVER_KINDS, type FailoverKind } from './failover.ts';
import { benchGrowth } from './growth.ts';
import { benchLatency } from './latency.ts';
import { benchMokka } from './mokka.ts';
import type { BenchResult } from './report.ts';
import { benchRpc } from './rpc.ts';
import { benchStages } from './stages.ts';
import { benchStart } from './start.ts';
import type { ThroughputOptions } from './throughput.ts';
import { benchTransfers } from './transfers.ts';
import { benchWire } from './wire.ts';

const USAGE = `npm run bench -- NAME [options]

  transfers   signed transfers per second over HTTP, 1 and 3 nodes, beside Anvil
  erc20       the same with transfers of an ERC-20, beside Anvil, Hardhat node and Ganache
  rpc         requests per second and their times by method, beside the same three
  growth      blocks per second with many accounts and blocks behind them, memory, restart, eth_getLogs
  latency     send to receipt on a follower
  stages      processor time of a transfer by stage, from profiles of every thread
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
  --transactions N      transfers, erc20, rpc: 60000 signed beforehand, latency: 500
  --connections N       transfers, erc20, rpc, stages: 32
  --seconds N           transfers, erc20, stages: 20 measured in each run; mokka, rpc: 5 for each row
  --warm-up N           transfers, erc20: seconds before that, 5; stages: 10
  --block-time S,S      transfers, erc20: seconds between blocks, 0 is instant: 0,1
  --nodes N,N           transfers, erc20, rpc: sizes of the networks: 1,3
  --gas-limit N         transfers, erc20: of a block, for all alike: 300000000
  --accounts N,N        growth: accounts behind the node: 200,100000
  --blocks N,N          growth: blocks behind the node: 100,100000
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
      'warm-up': { type: 'string' },
      'block-time': { type: 'string', default: '0,1' },
      nodes: { type: 'string', default: '1,3' },
      'gas-limit': { type: 'string' },
      accounts: { type: 'string', default: '200,100000' },
      blocks: { type: 'string', default: '100,100000' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'crash-model': { type: 'string', default: 'CFT' },
      kinds: { type: 'string' },
    },
  });
  const count = (
    name: 'transactions' | 'connections' | 'rounds' | 'seconds' | 'warm-up' | 'gas-limit',
    otherwise: number,
  ): number => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1)
      throw new Error(`--${name} is a whole number above 0`);
    return value;
  };
  const numbers = (
    name: 'block-time' | 'nodes' | 'accounts' | 'blocks',
    least: number,
  ): readonly number[] =>
    values[name].split(',').map((text) => {
      const value = Number(text);
      if (text === '' || !Number.isSafeInteger(value) || value < least)
        throw new Error(`--${name} is a list of whole numbers from ${least}, such as 1,3`);
      return value;
    });
  const throughput = (): ThroughputOptions => ({
    transactions: count('transactions', 60_000),
    connections: count('connections', 32),
    seconds: count('seconds', 20),
    warmUpSeconds: count('warm-up', 5),
    blockTimes: numbers('block-time', 0),
    nodeCounts: numbers('nodes', 1),
    gasLimit: count('gas-limit', 300_000_000),
  });
  const benches: Readonly<Record<string, () => Promise<BenchResult>>> = {
    transfers: () => benchTransfers(throughput()),
    erc20: () => benchErc20(throughput()),
    growth: () =>
      benchGrowth({
        accounts: numbers('accounts', 1),
        blocks: numbers('blocks', 1),
        seconds: count('seconds', 10),
        transactions: count('transactions', 60_000),
      }),
    rpc: () =>
      benchRpc({
        transactions: count('transactions', 60_000),
        connections: count('connections', 32),
        seconds: count('seconds', 5),
        nodeCounts: numbers('nodes', 1),
      }),
    latency: () => benchLatency({ transactions: count('transactions', 500) }),
    stages: () =>
      benchStages({
        nodes: Math.max(...numbers('nodes', 1)),
        connections: count('connections', 32),
        seconds: count('seconds', 20),
        warmUpSeconds: count('warm-up', 10),
      }),
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
