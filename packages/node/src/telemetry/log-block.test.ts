import { blockNumberOf, parseHash } from '@praline/chain';
import { expect, it } from 'vitest';
import { logBlock } from './log-block.ts';

const HASH = parseHash(`0x${'11'.repeat(32)}`);
const TRANSACTION = parseHash(`0x${'22'.repeat(32)}`);

it('a block is logged for developers, and what its contracts printed for everyone', () => {
  const written: unknown[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void written.push([level, fields, message]);
  const logger = {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
  };
  const number = blockNumberOf(7);
  logBlock(logger, {
    ...{ number, hash: HASH, transactionCount: 2, gasUsed: 0n, executionMs: 0 },
    ...{ entryIndex: 9, timestamp: 0 },
    printed: [
      { transaction: TRANSACTION, lines: ['a', 'b'], omitted: 0 },
      { transaction: TRANSACTION, lines: [], omitted: 3 },
    ],
  });
  const shown = { block: 7, transaction: TRANSACTION };
  expect(written).toEqual([
    ['debug', { block: 7, hash: HASH }, 'block committed'],
    ['info', { ...shown, lines: ['a', 'b'] }, 'console.log'],
    ['info', { ...shown, lines: [], omitted: 3 }, 'console.log'],
  ]);
});
