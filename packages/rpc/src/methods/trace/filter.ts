import { z } from 'zod';
import { RPC_ERROR_CODES, RpcError } from '../../errors.ts';
import { defineMethod, required } from '../../method.ts';
import { address } from '../../parameters/hex.ts';
import { optionalField } from '../../parameters/optional-fields.ts';
import { blockNumber, wholeNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_ADDRESS, TRACE_ERRORS } from '../examples.ts';
import { EXAMPLE_TRACE } from './examples.ts';
import { type PlacedTrace, tracesOfBlock } from './placed-traces.ts';

/** Blocks with transactions that one filter runs again, and headers it looks at. */
const BLOCKS_MAX = 100;
const HEADERS_MAX = 10_000;
/** Time after which it runs no further block, ms: as much as one long call. */
const TIME_MAX_MS = 5_000;
const ADDRESSES_MAX = 1_000;

const addresses = optionalField(
  z.array(address, { error: 'non-array' }).max(ADDRESSES_MAX, { error: 'too many addresses' }),
);

const filter = z.object(
  {
    fromBlock: optionalField(blockNumber),
    toBlock: optionalField(blockNumber),
    fromAddress: addresses,
    toAddress: addresses,
    mode: optionalField(z.enum(['union', 'intersection'], { error: 'union or intersection' })),
    after: optionalField(wholeNumber),
    count: optionalField(wholeNumber),
  },
  { error: 'filter object expected' },
);

type Filter = z.infer<typeof filter>;

export const traceFilter = defineMethod({
  name: 'trace_filter',
  peers: ['anvil', 'besu'],
  summary: `Traces of a range of blocks by the addresses of calls. The blocks are run again, so a range may have at most ${BLOCKS_MAX} blocks with transactions.`,
  params: [
    required(
      'filter',
      filter,
      'Object with `fromBlock` and `toBlock` (`latest` when absent), `fromAddress` and `toAddress` (lists; either has to fit, or both with `mode` `intersection`), `after` (traces to pass over) and `count` (traces at most).',
    ),
  ],
  result: 'List of traces, as of trace_block.',
  errors: [...TRACE_ERRORS, { code: -32005, when: 'too many blocks, or traces, are in the range' }],
  example: { params: [{ fromAddress: [EXAMPLE_ADDRESS] }], result: [EXAMPLE_TRACE] },
  handler: async ([given], { backend, limits }) => {
    const { reader } = backend;
    const head = reader.head().number;
    const numberOf = (selector: Filter['fromBlock']): number =>
      selector === undefined ? head : (reader.header(selector)?.number ?? head + 1);
    const from = numberOf(given.fromBlock);
    const to = Math.min(numberOf(given.toBlock), head);
    if (to - from >= HEADERS_MAX) throw tooMuch(`the range has more than ${HEADERS_MAX} blocks`);
    const { after = 0, count = limits.resultsMax } = given;
    const found: PlacedTrace[] = [];
    const startedAt = performance.now();
    let passed = 0;
    let run = 0;
    for (let number = from; number <= to && found.length < count; number += 1) {
      const header = reader.header({ number: number as typeof head });
      if (header === undefined || header.gasUsed === 0n) continue;
      run += 1;
      if (run > BLOCKS_MAX) throw tooMuch(`the range has more than ${BLOCKS_MAX} blocks to run`);
      if (performance.now() - startedAt > TIME_MAX_MS) {
        throw tooMuch(`the blocks up to ${number - 1} took ${TIME_MAX_MS / 1000}s`);
      }
      for (const trace of (await tracesOfBlock(backend, { hash: header.hash })) ?? []) {
        if (!fits(trace, given)) continue;
        passed += 1;
        if (passed > after && found.length < count) found.push(trace);
        if (found.length > limits.resultsMax)
          throw tooMuch(`more than ${limits.resultsMax} traces`);
      }
    }
    return found;
  },
});

function tooMuch(what: string): RpcError {
  return new RpcError(RPC_ERROR_CODES.limitExceeded, `${what}; ask for fewer blocks`);
}

function fits(trace: PlacedTrace, { fromAddress = [], toAddress = [], mode }: Filter): boolean {
  const { action, result } = trace;
  const sender = 'from' in action ? action.from : action.address;
  const receiver =
    'to' in action
      ? action.to
      : 'refundAddress' in action
        ? action.refundAddress
        : result !== null && 'address' in result
          ? result.address
          : null;
  const isFrom = fromAddress.includes(sender);
  const isTo = receiver !== null && toAddress.includes(receiver);
  if (fromAddress.length === 0) return toAddress.length === 0 || isTo;
  if (toAddress.length === 0) return isFrom;
  return mode === 'intersection' ? isFrom && isTo : isFrom || isTo;
}
