/** geth's configuration of a trace. */
import type { AccountOverride, Address, BlockOverride, TraceOptions } from '@praline/chain';
import { z } from 'zod';
import { optional } from '../method.ts';
import { optionalField } from './optional-fields.ts';
import { blockOverrides, stateOverrides } from './overrides.ts';

const flag = optionalField(z.boolean({ error: 'non-boolean' }));

const tracerConfig = z.object(
  {
    withLog: flag,
    onlyTopCall: flag,
    diffMode: flag,
    disableCode: flag,
    disableStorage: flag,
  },
  { error: 'object expected' },
);

const fields = z.object(
  {
    tracer: optionalField(
      z.enum(['callTracer', 'prestateTracer', '4byteTracer'], {
        error: 'tracer not found; there are callTracer, prestateTracer, 4byteTracer',
      }),
    ),
    tracerConfig: optionalField(tracerConfig),
    disableStack: flag,
    disableStorage: flag,
    enableMemory: flag,
    enableReturnData: flag,
    limit: optionalField(z.number().int().nonnegative()),
    stateOverrides: optionalField(stateOverrides),
    blockOverrides: optionalField(blockOverrides),
  },
  { error: 'object expected' },
);

interface TraceArguments {
  readonly trace: TraceOptions;
  readonly stateOverrides: ReadonlyMap<Address, AccountOverride> | undefined;
  readonly blockOverrides: BlockOverride | undefined;
}

function toTraceOptions(given: Partial<z.infer<typeof fields>>): TraceOptions {
  const { tracer, tracerConfig: config } = given;
  switch (tracer) {
    case 'callTracer':
      return {
        tracer,
        withLog: config?.withLog ?? false,
        onlyTopCall: config?.onlyTopCall ?? false,
      };
    case 'prestateTracer':
      return {
        tracer,
        diffMode: config?.diffMode ?? false,
        disableCode: config?.disableCode ?? false,
        disableStorage: config?.disableStorage ?? false,
      };
    case '4byteTracer':
      return { tracer };
    case undefined:
      return {
        tracer: 'structLogger',
        disableStack: given.disableStack ?? false,
        disableStorage: given.disableStorage ?? false,
        enableMemory: given.enableMemory ?? false,
        enableReturnData: given.enableReturnData ?? false,
        limit: given.limit ?? 0,
      };
  }
}

const traceArguments: z.ZodType<TraceArguments> = fields
  .transform((given) => ({
    trace: toTraceOptions(given),
    stateOverrides: given.stateOverrides,
    blockOverrides: given.blockOverrides,
  }))
  .meta({
    id: 'TraceOptions',
    description:
      'Without `tracer`, every step is told. `withLog` and `onlyTopCall` are for `callTracer`, the other members of `tracerConfig` for `prestateTracer`, members beside it for steps. Overrides are for calls.',
  });

/** What a trace is without any configuration. */
export const PLAIN_TRACE: TraceArguments = {
  trace: toTraceOptions({}),
  stateOverrides: undefined,
  blockOverrides: undefined,
};

export const traceOptionsParameter = optional(
  'options',
  traceArguments,
  'The tracer and its configuration.',
);
