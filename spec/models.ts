/** The models, and what is read from their files: what always holds, what must be reachable, which runs are directed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replay as replayByzantineFaults } from './replay/byzantine-faults-replay.ts';
import { replay as replayCrashFaults } from './replay/crash-faults-replay.ts';
import type { TraceState } from './trace.ts';

export const FOLDER = import.meta.dirname;

export interface Model {
  /**
   * `<name>.qnt` has its steps, `<name>-properties.qnt` what is checked in random runs, `<name>-readings.qnt` its directed runs:
   * `...Forks` show what a wrong reading costs, `...Refused` that the protocol does not go there.
   */
  readonly name: string;
  /** Initial states that are simulated, each with its share of the samples. */
  readonly inits: readonly string[];
  /** How traces are compared with the code; absent where there is no code to compare with. */
  readonly replay?: {
    readonly step: string;
    readonly run: (trace: readonly TraceState[]) => Promise<number>;
  };
}

export const MODELS: readonly Model[] = [
  {
    name: 'crash-faults',
    inits: ['init', 'initFive'],
    replay: { step: 'stepOfCore', run: replayCrashFaults },
  },
  {
    name: 'byzantine-faults',
    inits: ['init'],
    replay: { step: 'stepOfCore', run: replayByzantineFaults },
  },
  { name: 'membership', inits: ['init'] },
];

const SECTIONS = { invariants: 'what always holds', witnesses: 'what must be reachable' } as const;

/** The names defined in a section of a model's properties, which starts with a line `// ---- <title>`. Throws when there is none. */
export function definitionsIn(model: Model, section: keyof typeof SECTIONS): readonly string[] {
  const file = `${model.name}-properties.qnt`;
  const parts = readFileSync(join(FOLDER, file), 'utf8').split('  // ---- ');
  const part = parts.find((text) => text.startsWith(SECTIONS[section]));
  const names = [...(part ?? '').matchAll(/^ {2}def (\w+)/gm)].flatMap((match) => match[1] ?? []);
  if (names.length === 0) throw new Error(`${file} has no section "${SECTIONS[section]}"`);
  return names;
}
