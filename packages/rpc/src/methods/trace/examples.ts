/** What examples of `trace_*` show: the call of the transaction in block 2. */
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_BLOCK,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
} from '../examples.ts';

/** The same, not sent. */
export const EXAMPLE_CALL = { from: EXAMPLE_ADDRESS, to: EXAMPLE_CONTRACT, gas: '0xc350' } as const;

const TRACE = {
  action: {
    callType: 'call',
    from: EXAMPLE_ADDRESS,
    gas: '0x7148',
    input: '0x',
    to: EXAMPLE_CONTRACT,
    value: '0x0',
  },
  result: { gasUsed: '0x410', output: '0x' },
  subtraces: 0,
  traceAddress: [],
  type: 'call',
} as const;

export const EXAMPLE_TRACE = {
  ...TRACE,
  blockHash: EXAMPLE_BLOCK,
  blockNumber: 2,
  transactionHash: EXAMPLE_TRANSACTION,
  transactionPosition: 0,
} as const;

export const EXAMPLE_REPLAY = {
  output: '0x',
  stateDiff: null,
  trace: [TRACE],
  vmTrace: null,
} as const;
