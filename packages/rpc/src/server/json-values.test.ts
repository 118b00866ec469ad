import { array, assert as check, constantFrom, integer, json, property } from 'fast-check';
import { expect, test } from 'vitest';
import { JsonStreamError, JsonValues } from './json-values.ts';

const values = (...chunks: string[]): string[] => {
  const stream = new JsonValues({ bytesMax: 1000 });
  return chunks.flatMap((chunk) => [...stream.add(Buffer.from(chunk))].map(String));
};
const codeOf = (...chunks: string[]): string | undefined => {
  try {
    values(...chunks);
    return undefined;
  } catch (error) {
    return error instanceof JsonStreamError ? error.code : String(error);
  }
};

test('values are told apart however the stream is cut', () => {
  const requests = array(
    json({ maxDepth: 3 }).map((text) => `{"params":[${text}]}`),
    { maxLength: 5 },
  );
  const spaces = constantFrom('', ' ', '\n', '\r\n\t');
  check(
    property(requests, spaces, integer({ min: 1, max: 40 }), (texts, space, size) => {
      const bytes = Buffer.from(texts.join(space));
      const stream = new JsonValues({ bytesMax: 1_000_000 });
      const found: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        for (const value of stream.add(bytes.subarray(at, at + size))) found.push(String(value));
      }
      expect(found).toEqual(texts);
    }),
    { numRuns: 200 },
  );
});

test('brackets and quotes in strings are text', () => {
  expect(values('{"a":"}\\"]{"}{}', '["[\\\\"', ']')).toEqual([
    '{"a":"}\\"]{"}',
    '{}',
    '["[\\\\"]',
  ]);
});

test('what begins no object or array is refused', () => {
  expect(codeOf('{} x')).toBe('not-a-request');
  expect(codeOf('5')).toBe('not-a-request');
  expect(codeOf('}')).toBe('not-a-request');
});

test('one value is bounded, not the stream', () => {
  const value = `["${'x'.repeat(900)}"]`;
  expect(values(value, value, value)).toHaveLength(3);
  expect(codeOf('[', 'x'.repeat(600), 'x'.repeat(600))).toBe('too-large');
});
