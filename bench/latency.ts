/** From sending a transaction at a follower to having its receipt there, one after the other. */
import { Network } from '../harness/network.ts';
import { HttpClient } from './http-client.ts';
import { processorSeconds } from './processor-time.ts';
import { type BenchResult, formatTable, percentile, progress, rounded } from './report.ts';
import { CHAIN_ID, signTransfers } from './signed-transactions.ts';

export interface LatencyOptions {
  readonly transactions: number;
}

/** Not counted: compilers and caches warm up. */
const WARM_UP = 100;

export async function benchLatency(options: LatencyOptions): Promise<BenchResult> {
  const [sequence] = signTransfers(1, options.transactions + WARM_UP);
  const init = ['--chain-id', String(CHAIN_ID)];
  const network = await Network.create({ nodes: 3, init });
  const milliseconds: number[] = [];
  let processorMs = 0;
  try {
    await network.start();
    const { number: leader } = await network.leader();
    const follower = network.numbers.find((number) => number !== leader) ?? 0;
    const client = new HttpClient(network.url(follower), 1);
    const pids = network.numbers.map((number) => network.process(number).pid);
    let processorBefore = 0;
    for (const [index, raw] of (sequence?.raw ?? []).entries()) {
      if (index === WARM_UP) processorBefore = processorSeconds(pids);
      const started = performance.now();
      const hash = await client.call('eth_sendRawTransaction', [raw]);
      const receipt = await client.call('eth_getTransactionReceipt', [hash]);
      if (receipt === null) throw new Error('answered before the receipt was readable');
      if (index >= WARM_UP) milliseconds.push(performance.now() - started);
      if (index % 100 === 0) progress(`latency: ${index} of ${sequence?.raw.length}`);
    }
    processorMs = (processorSeconds(pids) - processorBefore) * 1000;
    client.close();
  } finally {
    await network.dispose();
  }
  const figures = {
    transactions: milliseconds.length,
    p50Ms: percentile(milliseconds, 0.5),
    p99Ms: percentile(milliseconds, 0.99),
    maxMs: percentile(milliseconds, 1),
    processorMsPerTransaction: processorMs / milliseconds.length,
  };
  return {
    name: 'latency',
    method: [
      `${figures.transactions} transfers after ${WARM_UP} uncounted ones, instant mining, three nodes on one machine; each is sent to a follower and its receipt read there before the next.`,
      'Processor time is that of all three nodes together, in each of which three threads take part.',
      'Includes forwarding to the leader, execution on all nodes, and a synced write on a quorum: the disk decides much of it.',
    ],
    table: formatTable(
      ['send to receipt on a follower', 'p50, ms', 'p99, ms', 'worst, ms', 'processor, ms'],
      [
        [
          '',
          rounded(figures.p50Ms),
          rounded(figures.p99Ms),
          rounded(figures.maxMs),
          rounded(figures.processorMsPerTransaction),
        ],
      ],
    ),
    figures,
  };
}
