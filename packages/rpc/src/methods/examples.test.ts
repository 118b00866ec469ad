/** Every example is what a server answers that runs over a real chain. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExampleChain } from '../testing/example-chain.test.support.ts';
import { differenceFromExample } from '../testing/example-difference.test.support.ts';
import { developmentModeMethods } from './development/index.ts';
import { standardMethods } from './index.ts';

describe('the example', () => {
  let chain: ExampleChain;
  beforeAll(async () => {
    chain = await ExampleChain.open();
  });
  afterAll(() => chain?.close());

  // Other names of a method have its handler.
  const methods = [...standardMethods, ...developmentModeMethods].filter(
    ({ aliasOf }) => aliasOf === undefined,
  );
  it.each(methods.map((method) => ({ name: method.name, method })))(
    'of $name is what a server answers',
    async ({ method: { name, example } }) => {
      const answer = await chain.request(name, example.params);
      const shapeOnly = example.varies !== undefined;
      const [got, shown] =
        'result' in example ? [answer.result, example.result] : [answer.error, example.error];
      expect(differenceFromExample(got, shown, { shapeOnly }), JSON.stringify(answer)).toBe(
        undefined,
      );
    },
  );
});

describe('a difference from an example', () => {
  const differs = (answer: unknown, example: unknown, shapeOnly = false) =>
    differenceFromExample(answer, example, { shapeOnly }) !== undefined;

  it('is another value, a member or element more or less', () => {
    expect(differs({ a: ['0x1'] }, { a: ['0x1'] })).toBe(false);
    expect(differs({ a: ['0x1'] }, { a: ['0x2'] })).toBe(true);
    expect(differs({ a: 1, b: 2 }, { a: 1 })).toBe(true);
    expect(differs({}, { a: null })).toBe(true);
    expect(differs([1, 2], [1])).toBe(true);
    expect(differs(null, {})).toBe(true);
    expect(differs(undefined, null)).toBe(true);
  });

  it('is not what dots stand for', () => {
    expect(differs('0x123456', '0x1...56')).toBe(false);
    expect(differs('0x123457', '0x1...56')).toBe(true);
    expect(differs([1, 2, 3], [1, '...'])).toBe(false);
    expect(differs([], [1, '...'])).toBe(true);
    expect(differs({ a: 1, b: 2 }, { a: 1, '...': '...' })).toBe(false);
  });

  it('is not another value where values vary', () => {
    expect(differs(['0x5'], ['0x6'], true)).toBe(false);
    expect(differs([5], ['0x6'], true)).toBe(true);
  });
});
