/** `praline start` on an empty folder: how long, and at what cost, until every node answers and agrees on a leader. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { freePorts } from '../harness/free-ports.ts';
import { callRpc } from '../harness/json-rpc.ts';
import { PralineProcess } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';
import { residentMiB } from './memory.ts';
import { childrenOf, processorSeconds } from './processor-time.ts';
import { type BenchResult, formatTable, percentile, progress, rounded } from './report.ts';

export interface StartBenchOptions {
  readonly rounds: number;
}

const NODES = 3;

interface Started {
  readonly seconds: number;
  /** Processor seconds of the command and its nodes, user and system. */
  readonly processorSeconds: number;
  /** Of each process, the command first. */
  readonly residentMiB: readonly number[];
}

export async function benchStart(options: StartBenchOptions): Promise<BenchResult> {
  const samples: Started[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const sample = await startOnce();
    samples.push(sample);
    progress(
      `start: ${rounded(sample.seconds)} s, ${rounded(sample.processorSeconds)} s of processor time, ${sample.residentMiB.map(Math.round).join(' + ')} MiB`,
    );
  }
  const seconds = samples.map((sample) => sample.seconds);
  const processor = samples.map((sample) => sample.processorSeconds);
  const figures = {
    rounds: samples.length,
    secondsP50: percentile(seconds, 0.5),
    secondsMax: percentile(seconds, 1),
    processorSecondsP50: percentile(processor, 0.5),
    samples,
  };
  return {
    name: 'start',
    method: [
      `${figures.rounds} runs of \`praline start\` (${NODES} nodes) on an empty folder, after the build: until every node answers and all name the same leader.`,
      'Processor time is that of the command and its nodes together, which a busy machine changes less than it changes the wall clock.',
    ],
    table: formatTable(
      ['start to a leader', 'median, s', 'worst, s', 'processor, s', 'RSS, MiB'],
      [
        [
          '',
          rounded(figures.secondsP50),
          rounded(figures.secondsMax),
          rounded(figures.processorSecondsP50),
          (samples.at(-1)?.residentMiB ?? []).map(Math.round).join(' + '),
        ],
      ],
    ),
    figures,
  };
}

const statusSchema = z.looseObject({ leader: z.string() });

async function startOnce(): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'praline-bench-start-'));
  const ports = await freePorts(2);
  const [rpcPort = 0, peerPort = 0] = ports.map((port) => port - (port % 10));
  const started = performance.now();
  const network = new PralineProcess(
    [
      ...['start', '--data', join(folder, 'net'), '--json', '--nodes', String(NODES)],
      ...['--rpc-port', String(rpcPort), '--peer-port', String(peerPort)],
    ],
    { cwd: folder },
  );
  try {
    const urls = await until(() => {
      const found = rpcUrls(network.standardOutput);
      if (found.length < NODES) throw new Error(`not ready:\n${network.output}`);
      return found;
    }, 120_000);
    await until(async () => {
      const leaders = await Promise.all(
        urls.map(async (url) => statusSchema.parse(await callRpc(url, 'mokka_status')).leader),
      );
      if (new Set(leaders).size !== 1) throw new Error('no leader');
    }, 120_000);
    const seconds = (performance.now() - started) / 1000;
    const pids = [network.pid, ...childrenOf(network.pid)];
    return {
      seconds,
      processorSeconds: processorSeconds(pids),
      residentMiB: pids.map(residentMiB),
    };
  } finally {
    await network.end('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** RPC addresses in the events of nodes that are ready. */
function rpcUrls(output: string): string[] {
  const lines = output.split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const event = readySchema.safeParse(JSON.parse(line));
    return event.success ? event.data.nodes.map(({ rpc }) => rpc) : [];
  });
}

const readySchema = z.looseObject({
  event: z.literal('ready'),
  nodes: z.array(z.looseObject({ rpc: z.string() })),
});
