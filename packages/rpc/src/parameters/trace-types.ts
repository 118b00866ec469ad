/** Which of Parity's answers a replay shall have. */
import type { Replay, ReplayOptions } from '@praline/chain';
import { z } from 'zod';
import { formatStateDiff } from '../format/parity-state-diff.ts';
import { formatParityTrace } from '../format/parity-trace.ts';
import { required } from '../method.ts';

export interface TraceTypes {
  readonly trace: boolean;
  readonly stateDiff: boolean;
}

const NO_VM_TRACE =
  'vmTrace is not supported; there are trace and stateDiff, and debug_trace* for steps';

export const traceTypes: z.ZodType<TraceTypes> = z
  .array(
    z.enum(['trace', 'stateDiff', 'vmTrace'], {
      error: 'a trace type is trace or stateDiff',
    }),
    { error: 'non-array of trace types' },
  )
  .refine((types) => !types.includes('vmTrace'), { error: NO_VM_TRACE })
  .transform((types) => ({
    trace: types.includes('trace'),
    stateDiff: types.includes('stateDiff'),
  }));

export const traceTypesParameter = required(
  'traceTypes',
  traceTypes,
  'List of `trace` and `stateDiff`; `vmTrace` is refused.',
);

export function replayOptions({ stateDiff }: TraceTypes): ReplayOptions {
  return { changes: stateDiff };
}

export function formatReplay({ frames, changes }: Replay, types: TraceTypes) {
  return {
    output: frames[0]?.output ?? '0x',
    stateDiff: changes === undefined ? null : formatStateDiff(changes),
    trace: types.trace ? frames.map(formatParityTrace) : [],
    vmTrace: null,
  };
}

export const REPLAY_RESULT =
  'Object with `output`, `trace` (empty when not asked for), `stateDiff` (null when not asked for) and `vmTrace` (null).';
