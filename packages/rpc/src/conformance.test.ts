/** Ethereum's JSON-RPC conformance suite against a real chain; `npm run rpc-compat` runs the same by the same code. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standardMethods } from './methods/index.ts';
import {
  ConformanceReplay,
  differenceBetween,
  reasonNotToReplay,
} from './testing/conformance-replay.test.support.ts';
import {
  defaultSuiteFolder,
  isSuite,
  readSuite,
} from './testing/conformance-suite.test.support.ts';

const served = new Set(standardMethods.map(({ name }) => name));
const folder = defaultSuiteFolder();
const suite = folder !== undefined && isSuite(folder) ? readSuite(folder) : undefined;
const title =
  suite === undefined
    ? 'the conformance suite (skipped: needs rpc-compat in the folder $PRALINE_FIXTURES)'
    : 'the conformance suite';

describe.skipIf(suite === undefined)(title, () => {
  let replay: ConformanceReplay;

  beforeAll(async () => {
    if (suite !== undefined) replay = await ConformanceReplay.open(suite);
  });
  afterAll(() => replay?.close());

  const exchanges = (suite?.exchanges ?? []).filter(
    (exchange) => served.has(exchange.method) && reasonNotToReplay(exchange) === undefined,
  );
  it.each(exchanges)('$name', async (exchange) => {
    expect(await replay.differenceOf(exchange)).toBeUndefined();
  });
});

describe('the comparison of answers', () => {
  it('sees another value, another order of members, and an error instead of a result', () => {
    const expected = { result: { a: 1, b: ['0x1'] } };
    expect(differenceBetween({ result: { a: 1, b: ['0x1'] } }, expected, false)).toBeUndefined();
    expect(differenceBetween({ result: { a: 1, b: ['0x2'] } }, expected, false)).toContain('0x2');
    expect(differenceBetween({ result: { b: ['0x1'], a: 1 } }, expected, false)).toBeDefined();
    const error = { code: -32000, message: 'header not found' };
    expect(differenceBetween({ error }, expected, false)).toContain('header not found');
    expect(differenceBetween(expected, { error }, false)).toBeDefined();
    expect(differenceBetween({ error }, { error: { ...error, message: '' } }, false)).toBeDefined();
    expect(differenceBetween({ error }, { error: { ...error, code: 3 } }, true)).toBeDefined();
  });

  it('sees only the shape where the suite asks for no more', () => {
    const expected = { result: [{ pc: 0, stack: ['0x1'] }] };
    const twice = { result: [...expected.result, ...expected.result] };
    expect(differenceBetween(twice, expected, true)).toBeUndefined();
    expect(differenceBetween({ result: [{ pc: 0, stack: [1] }] }, expected, true)).toBeDefined();
    expect(differenceBetween({ result: [{ pc: 0 }] }, expected, true)).toBeDefined();
  });
});
