/** How long nothing is committed when the network loses its leader, in several ways, under a steady load. */
import type { HDAccount } from 'viem/accounts';
import { Network } from '../harness/network.ts';
import { PartitionedLinks } from '../harness/partitioned-links.ts';
import { until } from '../harness/until.ts';
import { type BenchResult, formatTable, percentile, progress, rounded } from './report.ts';
import { CHAIN_ID } from './signed-transactions.ts';
import { SteadyLoad } from './steady-load.ts';

export const FAILOVER_KINDS = ['kill', 'pause', 'partition', 'hand-over'] as const;
export type FailoverKind = (typeof FAILOVER_KINDS)[number];

export interface FailoverOptions {
  readonly rounds: number;
  readonly kinds: readonly FailoverKind[];
}

/** Milliseconds for one round; a network that takes longer has failed. */
const ROUND_TIMEOUT_MS = 60_000;
/** Clients that send at a time: enough that commits follow each other within milliseconds. */
const CLIENTS = 4;
/** Commits before and after the leader is lost. */
const COMMITS_BEFORE = 20;
const COMMITS_AFTER = 20;

interface Loss {
  readonly what: string;
  /** Called before the first start of the nodes; what it makes is closed at the end. */
  prepare?(network: Network): Promise<PartitionedLinks>;
  /** Takes the leader away; the measured time begins here. */
  begin(network: Network, leader: number, links: PartitionedLinks | null): Promise<void>;
  /** Brings the network back to three nodes. */
  end(network: Network, leader: number, links: PartitionedLinks | null): Promise<void>;
}

const LOSSES: Readonly<Record<FailoverKind, Loss>> = {
  kill: {
    what: 'leader killed (SIGKILL)',
    begin: async (network, leader) => void network.end('SIGKILL', leader),
    end: async (network, leader) => {
      await network.process(leader).ended;
      await network.start(leader);
    },
  },
  pause: {
    what: 'leader paused (SIGSTOP)',
    begin: async (network, leader) => network.process(leader).signal('SIGSTOP'),
    end: async (network, leader) => network.process(leader).signal('SIGCONT'),
  },
  partition: {
    what: 'leader cut off from the others',
    prepare: (network) => PartitionedLinks.between(network),
    begin: async (_, leader, links) => links?.cutOff(leader),
    end: async (_, __, links) => links?.heal(),
  },
  'hand-over': {
    what: 'leadership handed over',
    begin: async (network, leader) => {
      await network.rpc(leader, 'mokka_transferLeadership');
    },
    end: async () => undefined,
  },
};

export async function benchFailover({ rounds, kinds }: FailoverOptions): Promise<BenchResult> {
  const samples: { readonly kind: FailoverKind; readonly gapsMs: readonly number[] }[] = [];
  for (const kind of kinds) samples.push({ kind, gapsMs: await allRounds(kind, rounds) });
  return {
    name: 'failover',
    method: [
      `${rounds} rounds each with default timeouts, three nodes on one machine. ${CLIENTS} clients send transfers one after another to a follower; the time without service is the longest interval between two commits that they saw, from the last before the leader was lost to the ${COMMITS_AFTER}th after it.`,
      'Cut off: a proxy between every two nodes holds back what they send each other, and tells neither; clients reach all nodes.',
      'The network is whole and level again before the next round. Election timers are random, so single rounds differ by their spread.',
    ],
    table: formatTable(
      ['time without service, ms', 'p50', 'worst'],
      samples.map(({ kind, gapsMs }) => [
        LOSSES[kind].what,
        rounded(percentile(gapsMs, 0.5)),
        rounded(percentile(gapsMs, 1)),
      ]),
    ),
    figures: samples.map(({ kind, gapsMs }) => ({
      kind,
      rounds: gapsMs.length,
      p50Ms: percentile(gapsMs, 0.5),
      maxMs: percentile(gapsMs, 1),
      samplesMs: gapsMs,
    })),
  };
}

/** The rounds of one kind, on a network of its own. */
async function allRounds(kind: FailoverKind, rounds: number): Promise<readonly number[]> {
  const loss = LOSSES[kind];
  const network = await Network.create({ nodes: 3, init: ['--chain-id', String(CHAIN_ID)] });
  let links: PartitionedLinks | null = null;
  try {
    links = (await loss.prepare?.(network)) ?? null;
    const accounts = Array.from(
      { length: CLIENTS },
      (_, index): HDAccount => network.account(index),
    );
    const load = new SteadyLoad(accounts);
    await network.start();
    const gapsMs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await load.prepare();
      gapsMs.push(await oneRound(network, load, loss, links));
      progress(`${kind}: round ${round + 1} of ${rounds}, ${rounded(gapsMs.at(-1) ?? 0)} ms`);
    }
    return gapsMs;
  } finally {
    await network.dispose();
    links?.close();
  }
}

/** The longest interval without a commit, in milliseconds. */
async function oneRound(
  network: Network,
  load: SteadyLoad,
  loss: Loss,
  links: PartitionedLinks | null,
): Promise<number> {
  const { number: leader } = await network.leader(ROUND_TIMEOUT_MS);
  const follower = network.numbers.find((number) => number !== leader) ?? 0;
  const { commits, stop } = load.run(network.url(follower));
  const reached = (count: number) =>
    until(() => {
      if (commits.length < count) throw new Error(`${commits.length} of ${count} commits`);
    }, ROUND_TIMEOUT_MS);
  await reached(COMMITS_BEFORE);
  const before = commits.length;
  const lost = loss.begin(network, leader, links);
  // What was under way at that instant may still be answered: it counts as before, or shortens nothing.
  await reached(before + CLIENTS + COMMITS_AFTER);
  await lost;
  await stop();
  await loss.end(network, leader, links);
  await network.leader(ROUND_TIMEOUT_MS);
  await network.agreedHeads(ROUND_TIMEOUT_MS);
  const instants = commits.slice(before - 1);
  return Math.max(...instants.slice(1).map((at, index) => at - (instants[index] ?? at)));
}
