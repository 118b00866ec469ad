import { CONSOLE_ADDRESS, consoleLine } from '@praline/chain/reading';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH, TRACE_ERRORS } from '../examples.ts';

export const debugConsoleLog = defineMethod({
  name: 'debug_consoleLog',
  summary:
    'Runs a transaction again and tells what its contracts printed with `console.log` of Hardhat or Foundry.',
  params: [transactionHashParameter],
  result: 'List of lines of text, in the order of execution; of a failed transaction too.',
  errors: TRACE_ERRORS,
  example: { params: [EXAMPLE_HASH], result: ['balance 5'] },
  handler: async ([hash], { backend }) => {
    const { frames } = await backend.executor.replayTransaction(hash, { changes: false });
    return frames
      .filter(({ to, type }) => to === CONSOLE_ADDRESS && type !== 'SELFDESTRUCT')
      .map(({ input }) => consoleLine(Buffer.from(input.slice(2), 'hex')));
  },
});
