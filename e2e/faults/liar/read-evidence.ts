/** Asks honest nodes what they hold against others: `mokka_getEvidence`, and the metric that counts it. */
import { z } from 'zod';
import { callRpc } from '../../../harness/json-rpc.ts';
import type { IsolatedNetwork } from '../network/isolated-network.ts';
import type { NodeEvidence } from './liar-findings.ts';

const evidenceSchema = z.array(z.looseObject({ offender: z.string() }));
const METRIC = /^praline_evidence(?:\{[^}]*\})? (\d+)$/m;
const TIMEOUT_MS = 10_000;

export async function readEvidence(
  network: IsolatedNetwork,
  nodes: readonly number[],
): Promise<readonly NodeEvidence[]> {
  const found: NodeEvidence[] = [];
  for (const node of nodes) {
    const url = network.url(node);
    const evidence = evidenceSchema.parse(await callRpc(url, 'mokka_getEvidence', [], TIMEOUT_MS));
    const metrics = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const counted = METRIC.exec(await metrics.text())?.[1];
    if (counted === undefined) throw new Error(`node ${node} has no metric praline_evidence`);
    const offenders = evidence.map(({ offender }) => {
      const position = network.publicKeys.indexOf(offender);
      return position === -1 ? null : position + 1;
    });
    found.push({ node, offenders, counted: Number(counted) });
  }
  return found;
}
