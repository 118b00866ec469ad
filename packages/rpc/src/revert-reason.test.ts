import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { revertReason } from './revert-reason.ts';

const word = (value: number) => value.toString(16).padStart(64, '0');
const errorOutput = (text: string) => {
  const bytes = Buffer.from(text);
  return `0x08c379a0${word(32)}${word(bytes.length)}${bytes.toString('hex')}`;
};

describe('the reason of a revert', () => {
  test('is the text of Error(string), padded or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, padding) => {
        expect(revertReason(errorOutput(text) + '00'.repeat(padding))).toBe(text);
      }),
    );
  });

  test.each([
    [0x01, 'assert(false)'],
    [0x11, 'arithmetic underflow or overflow'],
    [0x99, 'unknown panic code: 0x99'],
  ])('of Panic(%i) is %s', (code, text) => {
    expect(revertReason(`0x4e487b71${word(code)}`)).toBe(text);
  });

  test.each([
    ['0x', 'empty output'],
    ['0x08c379a0', 'a selector alone'],
    ['0xf988f737', 'a custom error'],
    [`0x08c379a0${word(32)}${word(5)}6162`, 'a length beyond the output'],
    [`0x08c379a0${'ff'.repeat(32)}`, 'an offset beyond the output'],
    ['0x4e487b7100', 'a short panic code'],
  ])('is absent in %s: %s', (output) => {
    expect(revertReason(output)).toBeUndefined();
  });

  test('never throws, whatever a contract returns', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, panic) => {
        const selector = panic ? '4e487b71' : '08c379a0';
        revertReason(`0x${selector}${Buffer.from(bytes).toString('hex')}`);
      }),
    );
  });
});
