/**
 * Where the processor time of a transfer goes, stage by stage: a network under load, each thread of each node profiled, and the
 * samples sorted by what they work for. The profiler itself costs time, so shares count here and not the sums.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Network } from '../harness/network.ts';
import { until } from '../harness/until.ts';
import { readCpuProfile, timeByName } from './cpu-profile.ts';
import { type BenchResult, formatTable, progress, rounded } from './report.ts';
import { CHAIN_ID } from './signed-transactions.ts';
import { IDLE, STAGES, stageOf } from './stage-of-frame.ts';
import { SteadyLoad } from './steady-load.ts';

export interface StagesOptions {
  readonly nodes: number;
  /** Clients, each of which sends its next transfer when the one before is in a block. */
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

interface Measured {
  readonly transfers: number;
  /** Milliseconds per transfer, of all threads of a node, by stage. */
  readonly leader: ReadonlyMap<string, number>;
  readonly follower: ReadonlyMap<string, number>;
}

export async function benchStages(options: StagesOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'praline-profiles-'));
  const before = process.env['PRALINE_PROFILE'];
  process.env['PRALINE_PROFILE'] = folder;
  try {
    const measured = await measure(options, folder);
    return {
      name: 'stages',
      method: [
        `${options.connections} clients at a follower of ${options.nodes} nodes, instant mining, ${options.seconds} s after ${options.warmUpSeconds} s of warm-up: ${measured.transfers} transfers.`,
        'Samples of every thread that runs JavaScript; compilers, collectors on threads of their own, and the kernel behind a system call that does not return to them, are not in it.',
        'Stages by the file a function stands in (bench/stage-of-frame.ts); profiling costs time itself.',
      ],
      table: table(measured),
      figures: {
        ...options,
        transfers: measured.transfers,
        leaderMsPerTransfer: Object.fromEntries(measured.leader),
        followerMsPerTransfer: Object.fromEntries(measured.follower),
      },
    };
  } finally {
    if (before === undefined) delete process.env['PRALINE_PROFILE'];
    else process.env['PRALINE_PROFILE'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(options: StagesOptions, folder: string): Promise<Measured> {
  const init = ['--chain-id', String(CHAIN_ID), '--accounts', String(options.connections)];
  const network = await Network.create({ nodes: options.nodes, init });
  let transfers = 0;
  let pids = { leader: 0, follower: 0 };
  let seconds = 0;
  try {
    await network.start();
    const { number: leader } = await network.leader();
    const follower = network.numbers.find((number) => number !== leader) ?? leader;
    pids = { leader: network.process(leader).pid, follower: network.process(follower).pid };
    const accounts = Array.from({ length: options.connections }, (_, at) => network.account(at));
    const load = new SteadyLoad(accounts);
    await load.prepare();
    const run = load.run(network.url(follower));
    const started = performance.now();
    const passed = () => (performance.now() - started) / 1_000;
    await reach(passed, options.warmUpSeconds);
    const uncounted = run.commits.length;
    progress(`stages: ${uncounted} transfers of warm-up`);
    await reach(passed, options.warmUpSeconds + options.seconds);
    await run.stop();
    seconds = passed() - options.warmUpSeconds;
    transfers = run.commits.length - uncounted;
  } finally {
    // Profiles are written as the processes end.
    await network.dispose();
  }
  const of = (pid: number) => timesOf(folder, pid, seconds, transfers);
  return { transfers, leader: of(pids.leader), follower: of(pids.follower) };
}

async function reach(passed: () => number, seconds: number): Promise<void> {
  await until(() => {
    if (passed() < seconds) throw new Error(`the load ends after ${seconds} s`);
  }, 2_000 * seconds);
}

/** Milliseconds per transfer by stage, of all threads of one process. */
function timesOf(folder: string, pid: number, seconds: number, transfers: number) {
  const times = new Map<string, number>();
  for (const file of readdirSync(folder)) {
    // CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile
    if (file.split('.')[3] !== String(pid)) continue;
    const profile = readCpuProfile(join(folder, file));
    for (const [stage, milliseconds] of timeByName(profile, seconds, stageOf, 'other')) {
      if (stage === IDLE) continue;
      times.set(stage, (times.get(stage) ?? 0) + milliseconds / transfers);
    }
  }
  return times;
}

function table({ leader, follower }: Measured): string {
  const sum = (times: ReadonlyMap<string, number>) =>
    [...times.values()].reduce((total, each) => total + each, 0);
  const cells = (times: ReadonlyMap<string, number>, stage: string): string[] => {
    const milliseconds = times.get(stage) ?? 0;
    return [rounded(milliseconds), `${Math.round((100 * milliseconds) / (sum(times) || 1))} %`];
  };
  const rows = STAGES.map((stage) => [stage, ...cells(leader, stage), ...cells(follower, stage)]);
  const total = ['all', rounded(sum(leader)), '', rounded(sum(follower)), ''];
  return formatTable(['ms per transfer', 'leader', '', 'follower', ''], [...rows, total]);
}
