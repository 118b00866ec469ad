/** JSON-RPC requests per second by method, and how long each takes, beside the usual development nodes in the same run. */
import type { Hex } from 'viem';
import { callRpc } from '../harness/json-rpc.ts';
import { until } from '../harness/until.ts';
import { HttpClient } from './http-client.ts';
import { type LoadResult, runLoad } from './load.ts';
import { residentMiB } from './memory.ts';
import { processorSeconds } from './processor-time.ts';
import { type BenchResult, formatTable, progress, rounded } from './report.ts';
import { type SignedSequence, signCalls, signTransfers } from './signed-transactions.ts';
import { startAnvil } from './targets/anvil.ts';
import { startGanache } from './targets/ganache.ts';
import { startHardhat } from './targets/hardhat.ts';
import { startPraline } from './targets/praline.ts';
import type { Target } from './targets/target.ts';
import { TOKEN_TRANSFER_GAS, Token, tokenRecipient } from './token.ts';

export interface RpcOptions {
  /** Open HTTP connections, each with one request in flight. */
  readonly connections: number;
  /** Measured for each method. */
  readonly seconds: number;
  /** Transfers signed for `eth_sendRawTransaction`, for each target. */
  readonly transactions: number;
  /** Sizes of Praline's networks. */
  readonly nodeCounts: readonly number[];
}

interface MethodRow extends LoadResult {
  readonly target: string;
  readonly method: string;
  /** Of all the target's processes. */
  readonly processorMsPerRequest: number;
  /** Of each process, after the method. */
  readonly residentMiB: readonly number[];
}

/** What a target is asked before `eth_sendRawTransaction` changes its state. */
interface Question {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Throws on an answer that a working node would not give. */
  readonly check: (answer: unknown) => void;
}

const GAS_LIMIT = 30_000_000;
const WARM_UP_MS = 1_000;
/** Token transfers of each account before the measurement: what `eth_getLogs` looks through, and finds of one account. */
const LOGS_EACH = 10;
const MINED_TIMEOUT_MS = 60_000;

export async function benchRpc(options: RpcOptions): Promise<BenchResult> {
  const { connections, nodeCounts } = options;
  const token = new Token(connections);
  const logged = signCalls(connections, connections * LOGS_EACH, (index) => ({
    to: token.address,
    value: 0n,
    input: token.transferInput(tokenRecipient(index)),
    gasLimit: TOKEN_TRANSFER_GAS,
  }));
  const transfers = signTransfers(connections, options.transactions, LOGS_EACH);
  const rows: MethodRow[] = [];
  const starts = [startAnvil, startHardhat, startGanache, ...nodeCounts.map(startPraline)];
  for (const start of starts) {
    const target = await start({
      accounts: connections + 1,
      blockTimeSeconds: 0,
      gasLimit: GAS_LIMIT,
    });
    try {
      progress(`${target.name}: preparing`);
      await token.deploy(target.urls);
      await sendLogged(target, logged, token);
      rows.push(...(await measureTarget(target, token, transfers, options)));
    } finally {
      await target.end();
    }
  }
  return {
    name: 'rpc',
    method: [
      `${connections} HTTP connections with one request in flight each, to one node; ${options.seconds} s for each method after 1 s of warm-up; instant blocks.`,
      `eth_call is balanceOf of an OpenZeppelin ERC-20; eth_getLogs finds the ${LOGS_EACH} transfers to one account among ${connections * LOGS_EACH}, over all blocks; eth_sendRawTransaction sends transfers of 1 wei and waits for the answer alone.`,
      'An answer to eth_sendRawTransaction says that the transaction is in a block that a quorum has on disk (Praline), that it is in a block in memory (Hardhat, Ganache), or that it was taken (Anvil).',
      'All processes and the sender on one machine, which share its processors; one run. Processor time is that of all processes of a target.',
    ],
    table: table(rows),
    figures: { ...options, rows },
  };
}

async function sendLogged(
  target: Target,
  sequences: readonly SignedSequence[],
  token: Token,
): Promise<void> {
  const url = target.urls[0] ?? '';
  for (const { raw } of sequences) {
    for (const one of raw) {
      const hash = await callRpc<string>(url, 'eth_sendRawTransaction', [one]);
      await until(async () => {
        const receipt = await callRpc<{ status: string } | null>(url, 'eth_getTransactionReceipt', [
          hash,
        ]);
        if (receipt?.status !== '0x1') {
          throw new Error(`${target.name}: a transfer of ${token.address} failed: ${hash}`);
        }
      }, MINED_TIMEOUT_MS);
    }
  }
}

function questions(token: Token): readonly Question[] {
  const holder = token.holders[0] ?? '0x';
  const call = { to: token.address, data: token.balanceInput(holder) };
  const recipient: Hex = `0x${tokenRecipient(0).slice(2).padStart(64, '0')}`;
  const filter = {
    ...{ fromBlock: '0x0', toBlock: 'latest' },
    address: token.address,
    topics: [null, null, recipient],
  };
  const require = (isRight: boolean, answer: unknown): void => {
    if (!isRight) throw new Error(`unexpected answer: ${JSON.stringify(answer)}`);
  };
  return [
    {
      method: 'eth_blockNumber',
      params: [],
      check: (answer) => require(Number(answer) > 0, answer),
    },
    {
      method: 'eth_call',
      params: [call, 'latest'],
      check: (answer) => require(typeof answer === 'string' && BigInt(answer) > 0n, answer),
    },
    {
      method: 'eth_getLogs',
      params: [filter],
      check: (answer) => require(Array.isArray(answer) && answer.length === LOGS_EACH, answer),
    },
  ];
}

async function measureTarget(
  target: Target,
  token: Token,
  transfers: readonly SignedSequence[],
  { connections, seconds }: RpcOptions,
): Promise<readonly MethodRow[]> {
  const client = new HttpClient(target.urls[0] ?? '', connections);
  const load = { inFlight: connections, warmUpMs: WARM_UP_MS, measuredMs: seconds * 1000 };
  const measure = async (method: string, ask: () => Promise<unknown>): Promise<MethodRow> => {
    const before = processorSeconds(target.pids);
    let requests = 0;
    const result = await runLoad(load, async () => {
      requests += 1;
      await ask();
    });
    const processorMs = (processorSeconds(target.pids) - before) * 1000;
    progress(`${target.name}: ${method} ${rounded(result.perSecond)}/s`);
    return {
      ...{ target: target.name, method, ...result },
      processorMsPerRequest: processorMs / requests,
      residentMiB: target.pids.map(residentMiB),
    };
  };
  try {
    const rows: MethodRow[] = [];
    for (const { method, params, check } of questions(token)) {
      rows.push(await measure(method, async () => check(await client.call(method, params))));
    }
    // One writer has one sequence at a time, so that nonces arrive in order.
    const free = transfers.map(({ raw }) => raw.values());
    const send = async (): Promise<void> => {
      const sequence = free.shift();
      const next = sequence?.next();
      if (sequence === undefined || next === undefined || next.done === true) {
        throw new Error('the signed transactions are used up: give more --transactions');
      }
      await client.call('eth_sendRawTransaction', [next.value]);
      free.push(sequence);
    };
    rows.push(await measure('eth_sendRawTransaction', send));
    return rows;
  } finally {
    client.close();
  }
}

function table(rows: readonly MethodRow[]): string {
  const peers = [...new Set(rows.map(({ target }) => target))].filter(
    (name) => !name.startsWith('praline'),
  );
  const methods = [...new Set(rows.map(({ method }) => method))];
  const header = [
    ...['', 'method', 'requests/s', 'p50, ms', 'p99, ms'],
    ...[...peers.map((peer) => `to ${peer}`), 'processor ms', 'RSS, MiB'],
  ];
  return formatTable(
    header,
    methods.flatMap((method) => {
      const own = rows.filter((row) => row.method === method);
      return own.map((row) => [
        ...[row.target, method, rounded(row.perSecond), rounded(row.p50Ms), rounded(row.p99Ms)],
        ...peers.map((peer) => {
          const other = own.find(({ target }) => target === peer);
          return (row.perSecond / (other?.perSecond ?? Number.NaN)).toFixed(2);
        }),
        rounded(row.processorMsPerRequest),
        row.residentMiB.map(Math.round).join(' + '),
      ]);
    }),
  );
}
