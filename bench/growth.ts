/** Whether a node stays as it is when accounts and blocks grow behind it: block rate, memory, restart, `eth_getLogs`. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, DEV_MNEMONIC, decodeTransaction, deriveAccounts } from '@praline/chain';
import { callRpc } from '../harness/json-rpc.ts';
import { Network } from '../harness/network.ts';
import { loadCluster } from '../packages/node/src/config/cluster-file.ts';
import { loadGenesis } from '../packages/node/src/config/genesis-source.ts';
import { measureCommittedRate } from './committed-rate.ts';
import {
  accountAt,
  GROWN_ALLOC,
  GROWN_GAS_LIMIT,
  LOGGING_CONTRACT,
  LongChain,
} from './long-chain.ts';
import { residentMiB } from './memory.ts';
import { processorSeconds } from './processor-time.ts';
import { type BenchResult, formatTable, percentile, progress, rounded } from './report.ts';
import { CHAIN_ID, signCall, signTransfers } from './signed-transactions.ts';
import { changeGenesis } from './targets/praline.ts';

export interface GrowthOptions {
  /** Each is tried with the first number of blocks. */
  readonly accounts: readonly number[];
  /** Each is tried with the first number of accounts. */
  readonly blocks: readonly number[];
  /** Under load, through the node. */
  readonly seconds: number;
  /** Transfers signed for that. */
  readonly transactions: number;
}

interface Grown {
  readonly accounts: number;
  readonly blocks: number;
  /** Blocks of 100 transfers through the chain package: built, executed, on disk. */
  readonly chainBlocksPerSecond: number;
  readonly chainProcessorMsPerBlock: number;
  /** Transfers through one node under load, and blocks they were in. */
  readonly nodeTransactionsPerSecond: number;
  readonly nodeBlocksPerSecond: number;
  readonly nodeProcessorMsPerTransaction: number;
  /** From the start of the process until it leads: the first time, then after the load. */
  readonly startSeconds: number;
  readonly restartSeconds: number;
  readonly restartProcessorSeconds: number;
  /** Of the node when it first leads, after the load, and after the restart. */
  readonly startMiB: number;
  readonly loadedMiB: number;
  readonly restartMiB: number;
  readonly chainFileMiB: number;
  /** `eth_getLogs` of one address over all blocks. */
  readonly logs: number;
  readonly logsP50Ms: number;
}

const SENDERS = 100;
/** Blocks of 100 transfers through the chain package. */
const MEASURED_BLOCKS = 30;
const HITS_MAX = 1_000;
const LOG_QUERIES = 10;
const TRANSFER_GAS = 21_000n;
/** A prime, so that recipients lie all over the accounts. */
const RECIPIENT_STEP = 7_919;
/** Milliseconds: a node with a large genesis takes long. */
const START_TIMEOUT_MS = 300_000;

export async function benchGrowth(options: GrowthOptions): Promise<BenchResult> {
  const [fewAccounts = 0] = options.accounts;
  const [fewBlocks = 0] = options.blocks;
  const rows: Grown[] = [];
  for (const accounts of options.accounts) rows.push(await measure(accounts, fewBlocks, options));
  for (const blocks of options.blocks.slice(1)) {
    rows.push(await measure(fewAccounts, blocks, options));
  }
  return {
    name: 'growth',
    method: [
      `Accounts and blocks are made by the chain package before the node starts. Accounts get 1 wei each in a few large blocks; the blocks are empty but for up to ${HITS_MAX} with one log of one address; then ${MEASURED_BLOCKS} blocks of ${SENDERS} transfers, which are the block rate of the chain.`,
      `The node: a network of one, instant blocks, ${SENDERS} connections of one sender each for ${options.seconds} s; recipients of the chain's transfers lie all over the accounts, the node's are one for each sender.`,
      'Start and restart are until it leads and answers; the second has the blocks of the load behind it too. eth_getLogs over all blocks: median of 10. One run each.',
    ],
    table: table(rows),
    figures: { ...options, rows },
  };
}

async function measure(accounts: number, blocks: number, options: GrowthOptions): Promise<Grown> {
  const label = `${accounts} accounts, ${blocks} blocks`;
  progress(`${label}: genesis`);
  const init = ['--chain-id', String(CHAIN_ID), '--accounts', String(SENDERS + 1)];
  const network = await Network.create({ nodes: 1, init });
  try {
    const gasLimit = `0x${GROWN_GAS_LIMIT.toString(16)}`;
    await changeGenesis(network, { gasLimit }, GROWN_ALLOC);
    const cluster = loadCluster(network.clusterPath);
    const folder = join(cluster.dataPath(1), 'chain');
    const hits = Math.min(HITS_MAX, blocks);
    const { height: made, ...chain } = await makeChain(folder, loadGenesis(cluster).json, {
      accounts,
      blocks,
      hits,
    });
    progress(
      `${label}: ${rounded(chain.chainBlocksPerSecond)} blocks/s in the chain; starting a node`,
    );
    const startSeconds = await start(network);
    const height = await network.height(1);
    if (height !== made) throw new Error(`the node begins at block ${height}, not ${made}`);
    const startMiB = residentMiB(network.process(1).pid);
    const logs = await queryLogs(network.url(1), hits);
    const load = await loadNode(network, options);
    const loadedMiB = residentMiB(network.process(1).pid);
    progress(`${label}: restarting`);
    await network.end('SIGTERM');
    const restartSeconds = await start(network);
    const { pid } = network.process(1);
    return {
      ...{ accounts, blocks, ...chain, ...load, startSeconds, restartSeconds },
      restartProcessorSeconds: processorSeconds([pid]),
      ...{ startMiB, loadedMiB, restartMiB: residentMiB(pid) },
      chainFileMiB: statSync(join(folder, 'chain.mdb')).size / 2 ** 20,
      ...logs,
    };
  } finally {
    await network.dispose();
  }
}

async function makeChain(
  folder: string,
  genesisJson: unknown,
  size: { readonly accounts: number; readonly blocks: number; readonly hits: number },
): Promise<
  Pick<Grown, 'chainBlocksPerSecond' | 'chainProcessorMsPerBlock'> & { readonly height: number }
> {
  const senders = deriveAccounts(DEV_MNEMONIC, SENDERS + 1);
  const caller = senders.pop();
  if (caller === undefined) throw new Error('no account is left to call');
  const chain = await LongChain.open(folder, genesisJson, caller);
  try {
    await chain.addAccounts(size.accounts);
    await chain.addBlocks(size.blocks, size.hits);
    const prepared = Array.from({ length: MEASURED_BLOCKS }, (_, nonce) =>
      senders.map((sender, index) => {
        const at = ((nonce * SENDERS + index) * RECIPIENT_STEP) % size.accounts;
        const call = { to: accountAt(at), value: 1n, input: '0x', gasLimit: TRANSFER_GAS } as const;
        return decodeTransaction(bytesOf(signCall(sender, nonce, call)));
      }),
    );
    const before = processorSeconds([process.pid]);
    const started = performance.now();
    for (const block of prepared) await chain.commitBlock(block);
    const seconds = (performance.now() - started) / 1000;
    return {
      height: chain.height,
      chainBlocksPerSecond: MEASURED_BLOCKS / seconds,
      chainProcessorMsPerBlock:
        ((processorSeconds([process.pid]) - before) * 1000) / MEASURED_BLOCKS,
    };
  } finally {
    await chain.close();
  }
}

/** Seconds until it leads. */
async function start(network: Network): Promise<number> {
  const started = performance.now();
  await network.start();
  await network.leader(START_TIMEOUT_MS);
  return (performance.now() - started) / 1000;
}

async function queryLogs(
  url: string,
  expected: number,
): Promise<Pick<Grown, 'logs' | 'logsP50Ms'>> {
  const filter = { fromBlock: '0x0', toBlock: 'latest', address: LOGGING_CONTRACT };
  const times: number[] = [];
  for (let query = 0; query < LOG_QUERIES; query += 1) {
    const started = performance.now();
    const found = await callRpc<readonly unknown[]>(url, 'eth_getLogs', [filter]);
    times.push(performance.now() - started);
    if (found.length !== expected) throw new Error(`${found.length} logs instead of ${expected}`);
  }
  return { logs: expected, logsP50Ms: percentile(times, 0.5) };
}

async function loadNode(
  network: Network,
  options: GrowthOptions,
): Promise<
  Pick<Grown, 'nodeTransactionsPerSecond' | 'nodeBlocksPerSecond' | 'nodeProcessorMsPerTransaction'>
> {
  const target = {
    name: 'praline, 1 node',
    urls: [network.url(1)],
    pids: [network.process(1).pid],
    end: () => network.dispose(),
  };
  const sequences = signTransfers(SENDERS, options.transactions, MEASURED_BLOCKS);
  const window = { warmUpSeconds: 2, seconds: options.seconds };
  const rate = await measureCommittedRate(target, 0, sequences, window);
  return {
    nodeTransactionsPerSecond: rate.transactionsPerSecond,
    nodeBlocksPerSecond: rate.blocks / rate.seconds,
    nodeProcessorMsPerTransaction: rate.processorMsPerTransaction[0] ?? Number.NaN,
  };
}

function table(rows: readonly Grown[]): string {
  const columns: readonly (readonly [string, (row: Grown) => string])[] = [
    ['accounts', (row) => String(row.accounts)],
    ['blocks', (row) => String(row.blocks)],
    ['chain blocks/s', (row) => rounded(row.chainBlocksPerSecond)],
    ['processor ms', (row) => rounded(row.chainProcessorMsPerBlock)],
    ['node tx/s', (row) => rounded(row.nodeTransactionsPerSecond)],
    ['blocks/s', (row) => rounded(row.nodeBlocksPerSecond)],
    ['processor ms/tx', (row) => rounded(row.nodeProcessorMsPerTransaction)],
    ['start, s', (row) => rounded(row.startSeconds)],
    ['restart, s', (row) => rounded(row.restartSeconds)],
    ['processor, s', (row) => rounded(row.restartProcessorSeconds)],
    ['getLogs ms', (row) => `${rounded(row.logsP50Ms)} (${row.logs})`],
    [
      'RSS: start, loaded, restarted',
      (row) => [row.startMiB, row.loadedMiB, row.restartMiB].map(Math.round).join(', '),
    ],
    ['file, MiB', (row) => rounded(row.chainFileMiB)],
  ];
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  return formatTable(
    columns.map(([title]) => title),
    cells,
  );
}
