import { describe, expect, it } from 'vitest';
import type { Hex } from '../primitives.ts';
import { word } from '../testing/query-chain.ts';
import { ExecutionRevertedError, revertMessage, revertReason } from './revert-reason.ts';

/** ABI encoding of `Error(string)`. */
function encodedError(text: string): Hex {
  const bytes = Buffer.from(text, 'utf8');
  const padded = Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
  const parts = [word(32n), word(BigInt(bytes.length))].map((part) => part.slice(2));
  return `0x08c379a0${parts.join('')}${padded.toString('hex')}`;
}

describe('revertReason', () => {
  it.each(['', 'no', 'a text that is longer than one word of the EVM', 'crème brûlée'])(
    'reads Error(%j)',
    (text) => {
      expect(revertReason(encodedError(text))).toBe(text);
    },
  );

  it.each([
    [0x01n, 'assert(false)'],
    [0x11n, 'arithmetic underflow or overflow'],
    [0x32n, 'out-of-bounds access of an array or bytesN'],
    [0x99n, 'unknown panic code: 0x99'],
  ])('reads Panic(%i)', (code, text) => {
    expect(revertReason(`0x4e487b71${word(code).slice(2)}`)).toBe(text);
  });

  it.each<Hex>(['0x', '0x08c379a0', '0x4e487b71', `0x08c379a0${'ff'.repeat(64)}`, '0x12345678'])(
    'finds none in %s',
    (output) => {
      expect(revertReason(output)).toBeUndefined();
      expect(revertMessage(output)).toBe('execution reverted');
    },
  );

  it('finds none in a text that is cut short', () => {
    expect(revertReason(encodedError('cut short').slice(0, -60) as Hex)).toBeUndefined();
  });

  it('makes the message of an error', () => {
    const error = new ExecutionRevertedError(encodedError('no'));
    expect(error.message).toBe('execution reverted: no');
    expect(error.code).toBe('execution-reverted');
    expect(error.data).toBe(encodedError('no'));
  });
});
