import { z } from 'zod';
import { defineMethod, required } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { wholeNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_TRACE } from './examples.ts';
import { tracesOfTransaction } from './placed-traces.ts';

/** Calls nest at most this deep (Yellow Paper 9.4.2). */
const DEPTH_MAX = 1024;

export const traceGet = defineMethod({
  name: 'trace_get',
  peers: ['besu'],
  summary: 'One of the traces of trace_transaction, by its `traceAddress`.',
  params: [
    transactionHashParameter,
    required(
      'traceAddress',
      z.array(wholeNumber, { error: 'non-array' }).max(DEPTH_MAX),
      'Positions among the calls of each frame on the way, from 0; `[]` is the outermost.',
    ),
  ],
  result: 'Trace, null when there is none.',
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_TRANSACTION, []], result: EXAMPLE_TRACE },
  handler: async ([hash, path], { backend }) => {
    const traces = (await tracesOfTransaction(backend, hash)) ?? [];
    return traces.find(({ traceAddress }) => traceAddress.join() === path.join()) ?? null;
  },
});
