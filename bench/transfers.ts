/** Signed transfers over HTTP: how many per second get into blocks, beside Anvil in the same run. */
import type { BenchResult } from './report.ts';
import { signTransfers } from './signed-transactions.ts';
import { startAnvil } from './targets/anvil.ts';
import {
  compareThroughput,
  type ThroughputOptions,
  throughputMethod,
  throughputTable,
} from './throughput.ts';

export async function benchTransfers(options: ThroughputOptions): Promise<BenchResult> {
  const sequences = signTransfers(options.connections, options.transactions);
  const runs = await compareThroughput(options, { peers: [startAnvil], sequences });
  return {
    name: 'transfers',
    method: ['Transfers of 1 wei.', ...throughputMethod(options)],
    table: throughputTable(runs),
    figures: { ...options, runs },
  };
}
