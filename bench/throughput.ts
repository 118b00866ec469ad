/** Several nodes and networks under the same load, one after the other, and their rates beside each other. */
import { type CommittedRate, measureCommittedRate } from './committed-rate.ts';
import { formatTable, rounded } from './report.ts';
import type { SignedSequence } from './signed-transactions.ts';
import { startPraline } from './targets/praline.ts';
import type { StartTarget, Target } from './targets/target.ts';

export interface ThroughputOptions {
  /** Signed beforehand for each target; a run ends early when they are used up. */
  readonly transactions: number;
  /** Open HTTP connections, each with a sender of its own. */
  readonly connections: number;
  /** Measured, after the warm-up. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Seconds between blocks; 0 is instant. */
  readonly blockTimes: readonly number[];
  /** Sizes of Praline's networks. */
  readonly nodeCounts: readonly number[];
  /** Of a block, for all alike. */
  readonly gasLimit: number;
}

export interface ThroughputSubject {
  /** What Praline is compared with, the first of them most of all. */
  readonly peers: readonly StartTarget[];
  /** As `peers`, with instant blocks only. */
  readonly instantPeers?: readonly StartTarget[];
  readonly sequences: readonly SignedSequence[];
  /** Accounts beside those that send. */
  readonly moreAccounts?: number;
  /** Before the load, on each target. */
  readonly prepare?: (target: Target) => Promise<void>;
  /** After the load; throws when the target did not do what was measured. */
  readonly check?: (target: Target) => Promise<void>;
}

export async function compareThroughput(
  options: ThroughputOptions,
  subject: ThroughputSubject,
): Promise<readonly CommittedRate[]> {
  const measured: CommittedRate[] = [];
  const accounts = options.connections + (subject.moreAccounts ?? 0);
  const { gasLimit, warmUpSeconds, seconds } = options;
  for (const blockTimeSeconds of options.blockTimes) {
    const instantPeers = blockTimeSeconds === 0 ? (subject.instantPeers ?? []) : [];
    const peers = [...subject.peers, ...instantPeers];
    for (const start of [...peers, ...options.nodeCounts.map(startPraline)]) {
      const target = await start({ accounts, blockTimeSeconds, gasLimit });
      try {
        await subject.prepare?.(target);
        measured.push(
          await measureCommittedRate(target, blockTimeSeconds, subject.sequences, {
            ...{ warmUpSeconds, seconds },
          }),
        );
        await subject.check?.(target);
      } finally {
        await target.end();
      }
    }
  }
  return measured;
}

/** What holds of each of these runs. */
export function throughputMethod(options: ThroughputOptions): readonly string[] {
  return [
    `${options.connections} accounts, one HTTP connection each, spread over all nodes; next request after the answer. Signed beforehand.`,
    `Counted: transactions in blocks between two that were seen to arrive, about ${options.seconds} s apart after ${options.warmUpSeconds} s of warm-up. Blocks have ${options.gasLimit} gas everywhere.`,
    'With instant blocks a sender reads the receipt before it sends the next: a node that is only sent to may stop mining (Anvil 1.7.1 does, with transactions pending). With a block time it just sends.',
    "Praline's instant mode answers when the transaction is committed by a quorum, synced to disk and applied; the others keep state in memory.",
    'All processes and the sender on one machine, one run each: expect differences of 10 to 20 % between runs. Processor time is user and system, of each process.',
  ];
}

export function throughputTable(measured: readonly CommittedRate[]): string {
  const blockTimes = [...new Set(measured.map(({ blockTimeSeconds }) => blockTimeSeconds))];
  const peers = [...new Set(measured.map(({ name }) => name))].filter(
    (name) => !name.startsWith('praline'),
  );
  const rows = blockTimes.flatMap((blockTime) => {
    const runs = measured.filter(({ blockTimeSeconds }) => blockTimeSeconds === blockTime);
    return runs.map((run) => [
      run.name,
      blockTime === 0 ? 'instant' : `${blockTime} s`,
      `${rounded(run.transactionsPerSecond)}${run.isCutShort ? ' *' : ''}`,
      ...peers.map((peer) => {
        const other = runs.find(({ name }) => name === peer);
        return (run.transactionsPerSecond / (other?.transactionsPerSecond ?? Number.NaN)).toFixed(
          2,
        );
      }),
      String(run.blocks),
      rounded(run.seconds),
      run.processorMsPerTransaction.map(rounded).join(' + '),
      rounded(run.senderProcessorMsPerTransaction),
      run.residentMiB.map(Math.round).join(' + '),
    ]);
  });
  const header = [
    ...['', 'blocks', 'tx/s', ...peers.map((peer) => `to ${peer}`), 'in blocks', 'in s'],
    ...['processor ms/tx', 'sender ms/tx', 'RSS, MiB'],
  ];
  const note = measured.some(({ isCutShort }) => isCutShort)
    ? '\n* the signed transactions were used up before the end of the window: give more --transactions'
    : '';
  return `${formatTable(header, rows)}${note}`;
}
