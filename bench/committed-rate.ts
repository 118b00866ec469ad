/**
 * How many transactions a second get into blocks while clients send without end: counted between two blocks that were seen to
 * arrive, so neither the start nor the end of the run decides. Processor time is read at the same two instants.
 */
import { callRpc } from '../harness/json-rpc.ts';
import { HttpClient } from './http-client.ts';
import { residentMiB } from './memory.ts';
import { processorSeconds } from './processor-time.ts';
import { progress, rounded } from './report.ts';
import type { SignedSequence } from './signed-transactions.ts';
import type { Target } from './targets/target.ts';

export interface RateWindow {
  /** Not counted: compilers and caches warm up, and the first blocks fill. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface CommittedRate {
  readonly name: string;
  /** Seconds; 0 is instant. */
  readonly blockTimeSeconds: number;
  readonly transactionsPerSecond: number;
  /** Transactions and blocks between the two blocks. */
  readonly transactions: number;
  readonly blocks: number;
  /** From block to block. */
  readonly seconds: number;
  /** Of each process, user and system. */
  readonly processorMsPerTransaction: readonly number[];
  /** Of the process that sends. */
  readonly senderProcessorMsPerTransaction: number;
  /** Of each process, at the end. */
  readonly residentMiB: readonly number[];
  /** Whether the signed transactions were used up, which ends the window before its time. */
  readonly isCutShort: boolean;
}

/** A block as it was first seen. */
interface Sighting {
  readonly block: number;
  /** Monotonic ms. */
  readonly at: number;
  /** Seconds: of each process of the target, then of this one. */
  readonly processor: readonly number[];
}

/** Milliseconds between two looks at the head. */
const LOOK_INTERVAL_MS = 20;
/** Milliseconds after the window until there have to be two blocks. */
const BLOCKS_TIMEOUT_MS = 30_000;
/** Milliseconds until a transaction has to be mined, or a full pool to have room. */
const MINED_TIMEOUT_MS = 120_000;

/** One connection per sequence, spread over the target's nodes; the next request goes out after the answer. */
export async function measureCommittedRate(
  target: Target,
  blockTimeSeconds: number,
  sequences: readonly SignedSequence[],
  window: RateWindow,
): Promise<CommittedRate> {
  const label = `${target.name}, ${blockTimeSeconds === 0 ? 'instant' : `${blockTimeSeconds} s`} blocks`;
  const perUrl = Math.ceil(sequences.length / target.urls.length);
  const clients = target.urls.map((url) => new HttpClient(url, perUrl));
  const watched = new HttpClient(target.urls[0] ?? '', 1);
  const isInstant = blockTimeSeconds === 0;
  let isOver = false;
  let isUsedUp = false;
  let hasFailed = false;
  let sent = 0;
  const sending = sequences.map(async ({ raw }, index) => {
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error(`${target.name} has no address`);
    for (const one of raw) {
      if (isOver) return;
      await send(client, one, isInstant);
      sent += 1;
    }
    // One sender that has nothing left makes the load another one.
    isOver = true;
    isUsedUp = true;
  });
  const ended = Promise.all(sending).catch((error: unknown) => {
    isOver = true;
    hasFailed = true;
    throw error;
  });
  const watching = watch(target, watched, window, {
    isOver: () => isOver,
    hasFailed: () => hasFailed,
    tell: (block) => progress(`${label}: block ${block}, ${sent} answered`),
  }).finally(() => {
    isOver = true;
  });
  try {
    const [sightings] = await Promise.all([watching, ended]);
    const rate = await rateBetween(target, blockTimeSeconds, sightings);
    progress(`${label}: ${rounded(rate.transactionsPerSecond)} tx/s`);
    return { ...rate, isCutShort: isUsedUp };
  } finally {
    await Promise.allSettled([watching, ended]);
    for (const client of [...clients, watched]) client.close();
  }
}

/** Sends until it is taken. A node may refuse for a while because its pool is full. */
async function send(client: HttpClient, raw: string, isInstant: boolean): Promise<void> {
  const deadline = performance.now() + MINED_TIMEOUT_MS;
  for (;;) {
    try {
      const hash = await client.call('eth_sendRawTransaction', [raw]);
      // A node that is only sent to may stop making blocks in instant mode, so its receipt is asked for, at once and again.
      while (isInstant && (await client.call('eth_getTransactionReceipt', [hash])) === null) {
        if (performance.now() > deadline) throw new Error(`not mined: ${hash}`);
      }
      return;
    } catch (error) {
      const isFull = error instanceof Error && /full|limit exceeded/.test(error.message);
      if (!isFull || performance.now() > deadline) throw error;
      await pause();
    }
  }
}

interface WatchModules {
  /** Nobody sends any more. */
  readonly isOver: () => boolean;
  readonly hasFailed: () => boolean;
  readonly tell: (block: number) => void;
}

/**
 * Every new head as it is seen after the warm-up, until the window is over or nothing is sent any more; a node that takes longer than that for
 * two blocks is waited for.
 */
async function watch(
  target: Target,
  client: HttpClient,
  window: RateWindow,
  modules: WatchModules,
): Promise<readonly Sighting[]> {
  const started = performance.now();
  const warm = started + window.warmUpSeconds * 1000;
  const end = warm + window.seconds * 1000;
  const sightings: Sighting[] = [];
  const counted = () => sightings.filter(({ at }) => at >= warm);
  let told = started;
  for (;;) {
    const now = performance.now();
    if (modules.hasFailed() || now > end + BLOCKS_TIMEOUT_MS) return counted();
    if ((now >= end || modules.isOver()) && counted().length >= 2) return counted();
    const block = Number(await client.call('eth_blockNumber', []));
    if (block !== sightings.at(-1)?.block) {
      const pids = [...target.pids, process.pid];
      const processor = pids.map((pid) => processorSeconds([pid]));
      sightings.push({ block, at: performance.now(), processor });
    }
    if (performance.now() - told > 1000) {
      told = performance.now();
      modules.tell(block);
    }
    await pause();
  }
}

async function rateBetween(
  target: Target,
  blockTimeSeconds: number,
  sightings: readonly Sighting[],
): Promise<Omit<CommittedRate, 'isCutShort'>> {
  const first = sightings[0];
  const last = sightings.at(-1);
  if (first === undefined || last === undefined || last.block <= first.block) {
    throw new Error(
      `${target.name} made no two blocks in the measured time: allow more --seconds, or more --transactions`,
    );
  }
  let transactions = 0;
  for (let block = first.block + 1; block <= last.block; block += 1) {
    const params = [`0x${block.toString(16)}`];
    const method = 'eth_getBlockTransactionCountByNumber';
    transactions += Number(await callRpc<string>(target.urls[0] ?? '', method, params));
  }
  const seconds = (last.at - first.at) / 1000;
  const processor = last.processor.map(
    (after, index) => ((after - (first.processor[index] ?? 0)) * 1000) / transactions,
  );
  return {
    ...{ name: target.name, blockTimeSeconds, transactions, seconds },
    transactionsPerSecond: transactions / seconds,
    blocks: last.block - first.block,
    processorMsPerTransaction: processor.slice(0, -1),
    senderProcessorMsPerTransaction: processor.at(-1) ?? 0,
    residentMiB: target.pids.map(residentMiB),
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
}
