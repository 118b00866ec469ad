/** Mokka without Ethereum beside etcd: three processes each, fsync on the same disk, TLS between nodes, writes of 100 bytes. */

import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EtcdClient, EtcdCluster, etcdVersion } from './etcd-cluster.ts';
import { type Load, type LoadResult, runLoad } from './load.ts';
import { residentMiB } from './memory.ts';
import { MokkaCluster } from './mokka-cluster.ts';
import { processorSeconds } from './processor-time.ts';
import { type BenchResult, formatTable, progress, rounded } from './report.ts';

const IN_FLIGHT = [1, 256] as const;

/** For machines without etcd: what its authors publish, for other hardware. */
const PUBLISHED =
  'etcd is not installed, so nothing was compared in this run: apt-get install etcd-server. Its documentation says that three members ' +
  'on common cloud machines finish a request in less than 1 ms under light load, and more than 30,000 requests/s under heavy load ' +
  '(etcd.io/docs/v3.6/op-guide/performance).';

interface Measured extends LoadResult {
  readonly system: string;
  readonly inFlight: number;
  /** Of the three server processes. */
  readonly residentMiB: number;
  /** Processor milliseconds of all processes per write, the client's included. */
  readonly processorMsPerWrite: number;
  /** Entries of the log, where known. */
  readonly entries: number | null;
}

export async function benchMokka(options: { readonly seconds: number }): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'mokka-bench-'));
  const loadBefore = loadavg()[0] ?? 0;
  const version = etcdVersion();
  const mokka = await MokkaCluster.start(folder);
  const etcd = version === null ? null : await EtcdCluster.start(folder);
  try {
    const rows: Measured[] = [];
    // In turns, so that both meet the same moods of the machine.
    for (const inFlight of IN_FLIGHT) {
      rows.push(await measureMokka(mokka, 'leader', inFlight, options.seconds));
      if (etcd !== null) rows.push(await measureEtcd(etcd, inFlight, options.seconds));
      rows.push(await measureMokka(mokka, 'follower', inFlight, options.seconds));
    }
    return {
      name: 'mokka',
      method: [
        `Three processes each on this machine, fsync on, one disk (${tmpdir()}), mutual TLS between nodes; ${options.seconds} s per row after 1 s of warm-up, in turns.`,
        `Load of the machine before the run: ${loadBefore.toFixed(1)}; one busy with other work gives lower figures to both.`,
        'Mokka is a library: push is called inside a node, at the leader or at a follower. etcd is a server: a client process sends gRPC',
        'to the leader over HTTP/2 of Node.js, and that client shares the processors. Processor time counts all of them.',
        version === null ? PUBLISHED : `etcd ${version}, its defaults.`,
      ],
      table: [table(rows), ...ratios(rows)].join('\n'),
      figures: { rows, loadBefore, etcd: version },
    };
  } finally {
    await Promise.all([mokka.stop(), etcd?.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureMokka(
  cluster: MokkaCluster,
  place: 'leader' | 'follower',
  inFlight: number,
  seconds: number,
): Promise<Measured> {
  progress(`mokka, pushed at the ${place}, ${inFlight} in flight`);
  const leader = await cluster.leader();
  const position = place === 'leader' ? leader : (leader + 1) % 3;
  let entries = 0;
  const run = async (load: Load): Promise<LoadResult> => {
    const answer = await cluster.load(position, load);
    entries = answer.entries;
    return answer.result;
  };
  const row = await measure(`mokka, at the ${place}`, inFlight, seconds, cluster.pids, run);
  return { ...row, entries };
}

async function measureEtcd(
  cluster: EtcdCluster,
  inFlight: number,
  seconds: number,
): Promise<Measured> {
  progress(`etcd, ${inFlight} in flight`);
  const client = new EtcdClient(await cluster.leaderUrl());
  try {
    const pids = [...cluster.pids, process.pid];
    const row = await measure('etcd, gRPC to the leader', inFlight, seconds, pids, (load) =>
      runLoad(load, (key, value) => client.put(key, value)),
    );
    return { ...row, residentMiB: resident(cluster.pids) };
  } finally {
    client.close();
  }
}

async function measure(
  system: string,
  inFlight: number,
  seconds: number,
  pids: readonly number[],
  run: (load: Load) => Promise<LoadResult>,
): Promise<Measured> {
  const load = { inFlight, warmUpMs: 1000, measuredMs: seconds * 1000 };
  const before = processorSeconds(pids);
  const result = await run(load);
  // Warm-up writes cost as much as the others.
  const writes = result.perSecond * ((load.warmUpMs + load.measuredMs) / 1000);
  const processorMsPerWrite = ((processorSeconds(pids) - before) * 1000) / writes;
  return {
    ...{ system, inFlight, ...result, processorMsPerWrite },
    ...{ residentMiB: resident(pids), entries: null },
  };
}

function resident(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentMiB(pid), 0);
}

function table(rows: readonly Measured[]): string {
  const header = [
    '',
    'in flight',
    'writes/s',
    'p50 ms',
    'p99 ms',
    'writes/entry',
    'CPU ms/write',
    'MiB',
  ];
  return formatTable(
    header,
    rows.map((row) => [
      row.system,
      String(row.inFlight),
      rounded(row.perSecond),
      rounded(row.p50Ms),
      rounded(row.p99Ms),
      // Warm-up writes are in the entries too, so this is a lower bound.
      row.entries === null ? '-' : rounded(row.count / row.entries),
      rounded(row.processorMsPerWrite),
      rounded(row.residentMiB),
    ]),
  );
}

/** Mokka over etcd, for each number in flight. */
function ratios(rows: readonly Measured[]): readonly string[] {
  return IN_FLIGHT.flatMap((inFlight) => {
    const etcd = rows.find((row) => row.system.startsWith('etcd') && row.inFlight === inFlight);
    if (etcd === undefined) return [];
    return rows
      .filter((row) => row.system.startsWith('mokka') && row.inFlight === inFlight)
      .map((row) => {
        const of = (ours: number, theirs: number): string => rounded(ours / theirs);
        return `${row.system}, ${inFlight} in flight, over etcd: writes/s ${of(row.perSecond, etcd.perSecond)}, p50 ${of(row.p50Ms, etcd.p50Ms)}, p99 ${of(row.p99Ms, etcd.p99Ms)}, memory ${of(row.residentMiB, etcd.residentMiB)}`;
      });
  });
}
