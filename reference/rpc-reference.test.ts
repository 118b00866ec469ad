import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { typeOf, unitOf } from './methods-page.ts';
import { RPC_REFERENCE, rpcReference } from './rpc-reference.ts';

it('is what the definitions of the methods make', () => {
  const isCurrent = readFileSync(RPC_REFERENCE, 'utf8') === rpcReference();
  expect(
    isCurrent,
    'docs/reference/rpc.md differs from the definitions: run npm run reference',
  ).toBe(true);
});

it('has one heading for each place that it links to', () => {
  const page = rpcReference();
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text.toLowerCase().replaceAll('.', '').replaceAll(' ', '-'),
  );
  expect(new Set(headings).size).toBe(headings.length);
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  expect(links.length).toBeGreaterThan(100);
  expect(headings).toEqual(expect.arrayContaining([...new Set(links)]));
});

it.each([
  [{ type: 'string' }, 'string'],
  [{}, 'anything'],
  [{ $ref: '#/components/schemas/Wei' }, '[Wei](#wei)'],
  [
    { anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'boolean' } }] },
    'null or list of boolean',
  ],
  [{ enum: ['a', 'b'] }, '`"a"`, `"b"`'],
  [{ type: 'object', properties: { a: {}, b: {} } }, 'object of `a`, `b`'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'object with values number'],
])('%j is told as %s', (schema, words) => {
  expect(typeOf(schema)).toBe(words);
});

it('finds a unit where the schema refers to it', () => {
  const schemas = { Wei: { type: 'string', 'x-unit': 'wei' } };
  expect(unitOf({ $ref: '#/components/schemas/Wei' }, schemas)).toBe('wei');
  expect(unitOf({ allOf: [{ $ref: '#/components/schemas/Wei' }] }, schemas)).toBe('wei');
  expect(unitOf({ type: 'string' }, schemas)).toBe('');
});
