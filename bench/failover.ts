/** The leader is killed with SIGKILL; how long until the next transaction is committed. */
import { type Hex, keccak256 } from 'viem';
import { Network } from '../harness/network.ts';
import { until } from '../harness/until.ts';
import { HttpClient } from './http-client.ts';
import { type BenchResult, formatTable, percentile, progress, rounded } from './report.ts';
import { CHAIN_ID, signTransfers } from './signed-transfers.ts';

export interface FailoverOptions {
  readonly rounds: number;
}

/** Milliseconds for one round; a network that takes longer has failed. */
const ROUND_TIMEOUT_MS = 60_000;

export async function benchFailover(options: FailoverOptions): Promise<BenchResult> {
  // A second transaction per round shows that the network is whole again.
  const [sequence] = await signTransfers(1, options.rounds * 2);
  const init = ['--chain-id', String(CHAIN_ID)];
  const network = await Network.create({ nodes: 3, init });
  const milliseconds: number[] = [];
  try {
    await network.start();
    for (let round = 0; round < options.rounds; round++) {
      const { number: leader } = await network.leader(ROUND_TIMEOUT_MS);
      const follower = network.numbers.find((number) => number !== leader) ?? 0;
      const client = new HttpClient(network.url(follower), 1);
      await client.call('eth_sendRawTransaction', [sequence?.raw[round * 2]]);

      const started = performance.now();
      const gone = network.end('SIGKILL', leader);
      const raw = sequence?.raw[round * 2 + 1] ?? '0x';
      await until(() => committed(client, raw), ROUND_TIMEOUT_MS);
      milliseconds.push(performance.now() - started);
      progress(
        `failover: round ${round + 1} of ${options.rounds}, ${rounded(milliseconds.at(-1) ?? 0)} ms`,
      );
      client.close();
      await gone;
      await network.start(leader);
      await network.agreedHashes(ROUND_TIMEOUT_MS);
    }
  } finally {
    await network.dispose();
  }
  const figures = {
    rounds: milliseconds.length,
    p50Ms: percentile(milliseconds, 0.5),
    maxMs: percentile(milliseconds, 1),
    samplesMs: milliseconds,
  };
  return {
    name: 'failover',
    method: [
      `${figures.rounds} rounds with default timeouts, three nodes on one machine. The leader is killed right after a commit; a transaction sent at once to a follower counts when its receipt is readable there.`,
      'The killed node is started again and level before the next round. Election timers are random, so single rounds differ by their spread.',
    ],
    table: formatTable(
      ['leader killed to next committed transaction', 'median, ms', 'worst, ms'],
      [['', rounded(figures.p50Ms), rounded(figures.maxMs)]],
    ),
    figures,
  };
}

/** Sends the transaction, again if need be; throws while it has no receipt. */
async function committed(client: HttpClient, raw: Hex): Promise<void> {
  // An attempt may fail although its transaction lives on, so the receipt decides.
  await client.call('eth_sendRawTransaction', [raw]).catch(() => undefined);
  const receipt = await client.call('eth_getTransactionReceipt', [keccak256(raw)]);
  if (receipt === null) throw new Error('not committed');
}
