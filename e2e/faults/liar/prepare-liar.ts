/** Decides what the liar of a run is told, and what it is asked at the end. */
import { join } from 'node:path';
import { mnemonicToAccount } from 'viem/accounts';
import { DEVELOPMENT_MNEMONIC } from '../../../harness/network.ts';
import type { Liar } from '../options.ts';
import type { SeededRandom } from '../random.ts';
import { Workload } from '../workload/workload.ts';
import type { LiarFindings } from './liar-findings.ts';
import { encodeLiarSettings } from './liar-settings.ts';
import { readLieCounts } from './lie-record.ts';

/** Clients whose transactions it leaves out. */
const CENSORED_CLIENTS = 2;

export interface PreparedLiar {
  readonly node: number;
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  findings(): Omit<LiarFindings, 'evidence'>;
}

export function prepareLiar(
  { node, entry, isOurs }: Liar,
  run: { readonly nodes: number; readonly out: string },
  random: SeededRandom,
): PreparedLiar {
  if (!isOurs) {
    return { node, entry, environment: {}, findings: () => ({ node, censored: [], counts: null }) };
  }
  const own = random.fork('liar');
  const clients = Array.from(
    { length: Workload.accountsFor(run.nodes) - 1 },
    (_, index) => index + 1,
  );
  const censored = own
    .shuffled(clients)
    .slice(0, CENSORED_CLIENTS)
    .map((client) =>
      mnemonicToAccount(DEVELOPMENT_MNEMONIC, { addressIndex: client }).address.toLowerCase(),
    );
  const record = join(run.out, 'lies.json');
  const seed = own.integer(1, 1_000_000);
  return {
    ...{ node, entry },
    environment: encodeLiarSettings({ seed, censored, record }),
    findings: () => ({ node, censored, counts: readLieCounts(record) }),
  };
}
