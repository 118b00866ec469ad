/** Signed transfers over HTTP: how many per second, beside Anvil in the same run. */
import { callRpc } from '../harness/json-rpc.ts';
import { Network } from '../harness/network.ts';
import { until } from '../harness/until.ts';
import { startAnvil } from './anvil.ts';
import { HttpClient } from './http-client.ts';
import { residentMiB } from './memory.ts';
import { type BenchResult, formatTable, progress, rounded } from './report.ts';
import { CHAIN_ID, type SignedSequence, signTransfers } from './signed-transfers.ts';

export interface TransferOptions {
  readonly transactions: number;
  /** Open HTTP connections, each with a sender of its own. */
  readonly connections: number;
}

interface Measured {
  readonly name: string;
  readonly blockTimeSeconds: number;
  readonly transactionsPerSecond: number;
  readonly seconds: number;
  readonly blocks: number;
  /** Of each process, after the run. */
  readonly residentMiB: readonly number[];
}

/** Something that takes transactions at one or several addresses. */
interface Target {
  readonly name: string;
  readonly urls: readonly string[];
  readonly pids: readonly number[];
  /** Called while a transaction is not mined. */
  waitingFor?(): Promise<unknown>;
  end(): Promise<void>;
}

/** Seconds between blocks; 0 is instant. */
const BLOCK_TIMES = [0, 1];
const NODE_COUNTS = [1, 3];
/** Milliseconds until the last transaction has to be mined. */
const MINED_TIMEOUT_MS = 120_000;

export async function benchTransfers(options: TransferOptions): Promise<BenchResult> {
  const sequences = await signTransfers(options.connections, options.transactions);
  const measured: Measured[] = [];
  for (const blockTime of BLOCK_TIMES) {
    measured.push(await measure(await anvilTarget(options, blockTime), blockTime, sequences));
    for (const nodes of NODE_COUNTS) {
      const target = await pralineTarget(options, nodes, blockTime);
      measured.push(await measure(target, blockTime, sequences));
    }
  }
  const count = sequences.reduce((sum, sequence) => sum + sequence.raw.length, 0);
  return {
    name: 'transfers',
    method: [
      `${count} transfers from ${options.connections} accounts, signed beforehand; one HTTP connection per account, spread over all nodes, next request after the answer.`,
      'With instant blocks a sender reads the receipt before it sends the next: a node that is only sent to may stop mining (Anvil 1.7.1 does, with transactions pending), so sending alone measures nothing. With 1 s blocks it just sends.',
      'Time is from the first request until the last transaction of every account has a receipt where it was sent.',
      "Praline's instant mode answers when the transaction is committed by a quorum, synced to disk and applied; Anvil answers before it is mined and keeps state in memory.",
      'One run each, all processes and the load generator on one machine: expect differences of 10 to 20 % between runs.',
    ],
    table: table(measured),
    figures: { transactions: count, connections: options.connections, runs: measured },
  };
}

async function anvilTarget(options: TransferOptions, blockTime: number): Promise<Target> {
  const anvil = await startAnvil({ accounts: options.connections, blockTime });
  return {
    name: anvil.version.split('-')[0] ?? 'anvil',
    urls: [anvil.url],
    pids: [anvil.pid],
    // Loaded by many connections it may leave the last transaction of one in its pool.
    waitingFor: () => callRpc(anvil.url, 'evm_mine'),
    end: anvil.end,
  };
}

async function pralineTarget(
  options: TransferOptions,
  nodes: number,
  blockTime: number,
): Promise<Target> {
  const interval = blockTime > 0 ? ['--block-time', String(blockTime)] : [];
  const init = [
    ...['--chain-id', String(CHAIN_ID)],
    ...['--accounts', String(options.connections), ...interval],
  ];
  const network = await Network.create({ nodes, init });
  await network.start();
  await network.leader();
  return {
    name: `praline, ${nodes} node${nodes === 1 ? '' : 's'}`,
    urls: network.numbers.map((number) => network.url(number)),
    pids: network.numbers.map((number) => network.process(number).pid),
    end: async () => {
      await network.agreedHashes(60_000);
      await network.dispose();
    },
  };
}

async function measure(
  target: Target,
  blockTime: number,
  sequences: readonly SignedSequence[],
): Promise<Measured> {
  const label = `${target.name}, ${blockTime === 0 ? 'instant' : `${blockTime} s`} blocks`;
  const perUrl = Math.ceil(sequences.length / target.urls.length);
  const clients = target.urls.map((url) => new HttpClient(url, perUrl));
  try {
    const total = sequences.reduce((sum, sequence) => sum + sequence.raw.length, 0);
    let sent = 0;
    const started = performance.now();
    await Promise.all(
      sequences.map(async (sequence, index) => {
        const client = clients[index % clients.length];
        for (const raw of sequence.raw) {
          const hash = await client?.call('eth_sendRawTransaction', [raw]);
          if (blockTime === 0) await mined(client, hash);
          sent += 1;
          if (sent % 500 === 0) progress(`${label}: ${sent} of ${total} answered`);
        }
      }),
    );
    await allMined(target, sequences);
    const seconds = (performance.now() - started) / 1000;
    const height = Number(await callRpc<string>(target.urls[0] ?? '', 'eth_blockNumber'));
    const result: Measured = {
      name: target.name,
      blockTimeSeconds: blockTime,
      transactionsPerSecond: total / seconds,
      seconds,
      blocks: height,
      residentMiB: target.pids.map(residentMiB),
    };
    progress(`${label}: ${rounded(result.transactionsPerSecond)} tx/s`);
    return result;
  } finally {
    for (const client of clients) client.close();
    await target.end();
  }
}

/** Asks again at once: a pause would be measured as the node's. */
async function mined(client: HttpClient | undefined, hash: unknown): Promise<void> {
  const deadline = performance.now() + MINED_TIMEOUT_MS;
  while ((await client?.call('eth_getTransactionReceipt', [hash])) === null) {
    if (performance.now() > deadline) throw new Error(`not mined: ${hash}`);
  }
}

async function allMined(target: Target, sequences: readonly SignedSequence[]): Promise<void> {
  for (const [index, sequence] of sequences.entries()) {
    const url = target.urls[index % target.urls.length] ?? '';
    await until(async () => {
      const receipt = await callRpc<{ status: string } | null>(url, 'eth_getTransactionReceipt', [
        sequence.lastHash,
      ]);
      if (receipt === null) {
        await target.waitingFor?.();
        throw new Error(`not mined: ${sequence.lastHash}`);
      }
      if (receipt.status !== '0x1') throw new Error(`failed: ${sequence.lastHash}`);
    }, MINED_TIMEOUT_MS);
  }
}

function table(measured: readonly Measured[]): string {
  const rows = measured.map((run) => {
    const anvil = measured.find(
      (other) => other.blockTimeSeconds === run.blockTimeSeconds && other.name.startsWith('anvil'),
    );
    const ratio = run.transactionsPerSecond / (anvil?.transactionsPerSecond ?? Number.NaN);
    return [
      run.name,
      run.blockTimeSeconds === 0 ? 'instant' : `${run.blockTimeSeconds} s`,
      rounded(run.transactionsPerSecond),
      ratio.toFixed(2),
      String(run.blocks),
      run.residentMiB.map((size) => Math.round(size)).join(' + '),
    ];
  });
  return formatTable(['', 'blocks', 'tx/s', 'to Anvil', 'blocks made', 'RSS, MiB'], rows);
}
