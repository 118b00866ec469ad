import { CallTracer } from './call-tracer.ts';
import { FourByteTracer } from './four-byte-tracer.ts';
import { PrestateTracer } from './prestate-tracer.ts';
import { StructLogger } from './struct-logger.ts';
import type { TraceOptions } from './trace-request.ts';
import type { TraceBudget, TransactionTracer } from './transaction-tracer.ts';

export function makeTracer(options: TraceOptions, budget: TraceBudget): TransactionTracer {
  switch (options.tracer) {
    case 'structLogger':
      return new StructLogger(options, budget);
    case 'callTracer':
      return new CallTracer(options, budget);
    case 'prestateTracer':
      return new PrestateTracer(options, budget);
    case '4byteTracer':
      return new FourByteTracer(budget);
  }
}
