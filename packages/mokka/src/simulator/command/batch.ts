/** A row of runs, one after the other, with their counters added up. */
import type { CrashModel } from '../../core/types.ts';
import type { CoreBinding } from '../binding.ts';
import { simulate, type Violation } from '../simulation.ts';
import { addStatistics, emptyStatistics, type Statistics } from '../statistics.ts';

export interface Run {
  readonly seed: number;
  readonly nodes: number;
  readonly crashModel: CrashModel;
}

export interface Failure extends Run {
  readonly violation: Violation;
}

export interface BatchResult {
  readonly runs: number;
  readonly statistics: Statistics;
  readonly failures: readonly Failure[];
}

export async function runBatch(runs: readonly Run[], binding: CoreBinding): Promise<BatchResult> {
  const statistics = emptyStatistics();
  const failures: Failure[] = [];
  for (const run of runs) {
    const result = await simulate({ ...run, binding });
    addStatistics(statistics, result.statistics);
    if (result.violation !== null) failures.push({ ...run, violation: result.violation });
  }
  return { runs: runs.length, statistics, failures };
}
