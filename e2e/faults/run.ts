/** One run, inside the sandbox: network, clients, faults, healing, checks. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { callRpc } from '../../harness/json-rpc.ts';
import type { ProcessEnd } from '../../harness/praline-process.ts';
import { until } from '../../harness/until.ts';
import { checkAll } from './checks/check-all.ts';
import type { CheckResult } from './checks/check-result.ts';
import type { History } from './history.ts';
import { prepareLiar } from './liar/prepare-liar.ts';
import { readEvidence } from './liar/read-evidence.ts';
import type { Episode } from './nemesis/fault.ts';
import { Nemesis } from './nemesis/nemesis.ts';
import { drawSchedule } from './nemesis/schedule.ts';
import { IsolatedNetwork } from './network/isolated-network.ts';
import { Observer } from './network/observer.ts';
import { readFinalState } from './network/read-final-state.ts';
import type { RunOptions } from './options.ts';
import { SeededRandom } from './random.ts';
import type { Timeline, UnaskedEnd } from './timeline.ts';
import { Recorder } from './workload/recorder.ts';
import { Workload } from './workload/workload.ts';

export interface RunModules {
  /** Progress, for people. */
  readonly announce: (line: string) => void;
  /** Rejects when the run is to end before its time. */
  readonly aborted: Promise<never>;
  /** For cluster files and mount points. */
  readonly folder: string;
}

export interface RunResult {
  readonly options: RunOptions;
  readonly schedule: readonly Episode[];
  readonly history: History;
  readonly timeline: Timeline;
  readonly checks: readonly CheckResult[];
}

/** Milliseconds in which all nodes take part again after the last fault. */
const RECOVERY_BOUND_MS = 60_000;
/** Each node's disk; the chain of a minute needs a few of these. */
const DISK_MEBIBYTES = { base: 64, perMinute: 24 };
const MINUTE_MS = 60_000;

export function scheduleOf(options: RunOptions): readonly Episode[] {
  const nodes = Array.from({ length: options.nodes }, (_, position) => position + 1);
  return drawSchedule({
    random: new SeededRandom(`${options.seed}`).fork('nemesis'),
    nodes,
    faultsTolerated: faultsTolerated(options),
    durationMs: options.minutes * MINUTE_MS,
    liar: options.liar?.node ?? null,
  });
}

export async function runFaults(options: RunOptions, modules: RunModules): Promise<RunResult> {
  const { announce, aborted, folder } = modules;
  const random = new SeededRandom(`${options.seed}`);
  const schedule = scheduleOf(options);
  mkdirSync(options.out, { recursive: true });
  const recorder = new Recorder(join(options.out, 'history.jsonl'));
  const now = (): number => recorder.now();
  const unaskedEnds: UnaskedEnd[] = [];
  let nemesis: Nemesis | null = null;
  const noteEnd = (node: number, { code, signal }: ProcessEnd, output: string): void => {
    const diskWasFull = nemesis?.wasFull(node) === true;
    unaskedEnds.push({
      at: now(),
      node,
      code,
      signal,
      diskWasFull,
      output: output.slice(-2_000),
    });
    announce(`node ${node} ended by itself (${signal ?? `exit code ${code}`})`);
  };
  const liar = options.liar === null ? null : prepareLiar(options.liar, options, random);
  const network = await IsolatedNetwork.create({
    nodes: options.nodes,
    crashModel: options.crashModel,
    accounts: Workload.accountsFor(options.nodes),
    folder,
    logFolder: join(options.out, 'logs'),
    diskMebibytes: Math.ceil(DISK_MEBIBYTES.base + DISK_MEBIBYTES.perMinute * options.minutes),
    ...(liar === null ? {} : { liar }),
    onUnaskedEnd: noteEnd,
  });
  const honest = network.numbers.filter((number) => number !== options.liar?.node);
  const observer = new Observer({
    network,
    honest,
    now,
    sawHeight: (height) => recorder.sawHeight(height),
  });
  const workload = new Workload(
    { accounts: Workload.accountsFor(options.nodes), nodes: honest, random },
    { recorder, url: (node) => network.url(node) },
  );
  try {
    await Promise.race([network.start(), aborted]);
    observer.start();
    await Promise.race([workload.prepare(), aborted]);
    announce(`network of ${options.nodes} is up, ${workload.description}`);
    const quorum = quorumOf(options);
    nemesis = new Nemesis(
      { schedule, quorum, honest, onBadStop: noteEnd },
      { network, observer, now, announce: (line) => announce(`${seconds(now())} ${line}`) },
    );
    const startedAt = now();
    nemesis.start();
    workload.start();
    const running = nemesis;
    const isOver = async (): Promise<void> => {
      await until(() => {
        running.check();
        workload.check();
      });
      if (now() - startedAt < options.minutes * MINUTE_MS) throw new Error('not over');
    };
    await Promise.race([until(isOver, options.minutes * MINUTE_MS + 10_000), aborted]);
    nemesis.heal();
    const disturbed = { from: startedAt, to: now() };
    announce(`${seconds(now())} all faults are over`);
    const recovery = await recover();
    nemesis.stop();
    observer.stop();
    recorder.flush();
    nemesis.check();
    const timeline: Timeline = {
      duration: now(),
      disturbed,
      // A node that misbehaves may say anything, and end as it likes.
      samples: observer.samples.filter(({ node }) => honest.includes(node)),
      heights: recorder.heights,
      faults: nemesis.faults,
      states: nemesis.states,
      healthy: nemesis.healthy,
      unaskedEnds: unaskedEnds.filter(({ node }) => honest.includes(node)),
      recovery,
    };
    announce(`${seconds(now())} checking`);
    // Without recovery a node may not answer; what can be read is checked all the same.
    const reading = readFinalState(network, {
      ...{ ...workload.accountsAndCounter, nodes: honest },
      isMoving: liar !== null,
    });
    const final = await Promise.race([
      recovery.to === null ? reading.catch(() => null) : reading,
      aborted,
    ]);
    const evidence = readEvidence(network, honest);
    const found = await Promise.race([
      recovery.to === null ? evidence.catch(() => []) : evidence,
      aborted,
    ]);
    const findings = liar === null ? null : { ...liar.findings(), evidence: found };
    const checks = checkAll({ history: recorder, timeline, final, liar: findings });
    return { options, schedule, history: recorder, timeline, checks };
  } finally {
    observer.stop();
    workload.halt();
    nemesis?.stop();
    recorder.flush();
    network.saveLogs();
    await network.dispose();
  }

  /** Waits until every node runs, every client has its answer, and each node takes a new transaction. */
  async function recover(): Promise<Timeline['recovery']> {
    const from = now();
    workload.stop();
    const whole = async (): Promise<void> => {
      await until(() => {
        if (nemesis?.isCalm !== true) throw new Error('not every node runs');
        workload.check();
        if (!workload.isDone) throw new Error(`clients wait: ${workload.waiting}`);
      }, RECOVERY_BOUND_MS);
      await workload.sendToEach(RECOVERY_BOUND_MS);
      // What the observer saw last may be older than the transactions just sent.
      await until(async () => {
        const heights = await Promise.all(
          honest.map((number) => callRpc<string>(network.url(number), 'eth_blockNumber')),
        );
        if (new Set(heights).size > 1) throw new Error(`the nodes' heights are ${heights}`);
      }, RECOVERY_BOUND_MS);
    };
    try {
      await Promise.race([whole(), aborted]);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return { from, to: null, error: words };
    }
    const to = now();
    if (to - from > RECOVERY_BOUND_MS) {
      return { from, to: null, error: `recovery took ${to - from} ms` };
    }
    return { from, to };
  }
}

function faultsTolerated({ crashModel, nodes }: RunOptions): number {
  return Math.floor((nodes - 1) / (crashModel === 'CFT' ? 2 : 3));
}

/** As the protocol counts it. */
function quorumOf(options: RunOptions): number {
  const { crashModel, nodes } = options;
  if (crashModel === 'CFT') return Math.floor(nodes / 2) + 1;
  return Math.ceil((nodes + faultsTolerated(options) + 1) / 2);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}
