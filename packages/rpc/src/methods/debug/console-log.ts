import { CONSOLE_ADDRESS, consoleLine } from '@praline/chain/reading';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_TRANSACTION, TRACE_ERRORS } from '../examples.ts';

export const debugConsoleLog = defineMethod({
  name: 'debug_consoleLog',
  peers: [],
  summary:
    'Runs a transaction again and tells what its contracts printed with `console.log` of Hardhat or Foundry.',
  params: [transactionHashParameter],
  result: 'List of lines of text, in the order of execution; of a failed transaction too.',
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_TRANSACTION], result: [] },
  handler: async ([hash], { backend }) => {
    const { frames } = await backend.executor.replayTransaction(hash, { changes: false });
    return frames
      .filter(({ to, type }) => to === CONSOLE_ADDRESS && type !== 'SELFDESTRUCT')
      .map(({ input }) => consoleLine(Buffer.from(input.slice(2), 'hex')));
  },
});
