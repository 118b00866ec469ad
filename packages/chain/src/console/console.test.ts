import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keccak256 } from '../crypto/keccak.ts';
import { bytesOf, type Hex, hexOf } from '../primitives.ts';
import { assemble } from '../testing/assemble.ts';
import { contractAddress, QueryChain, word } from '../testing/query-chain.ts';
import { CONSOLE_ADDRESS } from './console-address.ts';
import { CONSOLE_LINE_MAX, consoleLine } from './console-line.ts';
import { consoleTypes } from './console-signatures.ts';

const ADDRESS = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

type Argument = readonly [
  type: 'uint256' | 'int256' | 'bool' | 'address' | 'string' | 'bytes',
  value: Hex,
];

const bare = (hex: string) => hex.slice(2);
const text = (value: string): Argument => ['string', hexOf(Buffer.from(value, 'utf8'))];
const number = (value: bigint): Argument => ['uint256', word(BigInt.asUintN(256, value))];

/** The calldata of a call, of the given selector. */
function call(selector: string, ...values: readonly Argument[]): Uint8Array {
  const heads: string[] = [];
  let tail = '';
  for (const [type, value] of values) {
    if (type !== 'string' && type !== 'bytes') {
      heads.push(bare(word(BigInt(value))));
      continue;
    }
    const bytes = bare(value);
    heads.push(bare(word(BigInt(values.length * 32 + tail.length / 2))));
    tail += bare(word(BigInt(bytes.length / 2)));
    tail += bytes.padEnd(Math.ceil(bytes.length / 64) * 64, '0');
  }
  return Buffer.from(`${bare(selector)}${heads.join('')}${tail}`, 'hex');
}

describe('a line of console.log', () => {
  // Selectors as compilers of console.sol have made them, of both ages.
  const lines: readonly (readonly [string, readonly Argument[], string])[] = [
    ['0x51973ec9', [], ''],
    ['0x41304fac', [text('hello')], 'hello'],
    ['0xf82c50f1', [number(77n)], '77'],
    ['0xf5b1bba9', [number(2n ** 256n - 1n)], `${2n ** 256n - 1n}`],
    ['0x2d5b6cb9', [number(-5n)], '-5'],
    ['0x4e0c1d1d', [number(-1n)], '-1'],
    ['0x32458eed', [number(1n)], 'true'],
    ['0x2c2ecbc2', [['address', ADDRESS]], ADDRESS],
    ['0x0be77f56', [['bytes', '0xc0ffee']], '0xc0ffee'],
    ['0x27b7cf85', [number(0xabn)], word(0xabn)],
    ['0x4b5c4277', [text('a'), text('é')], 'a é'],
    ['0xb60e72cc', [text('balance'), number(5n)], 'balance 5'],
    ['0x9710a9d0', [text('balance'), number(5n)], 'balance 5'],
  ];
  it.each(lines)('with selector %s', (selector, values, expected) => {
    expect(consoleLine(call(selector, ...values))).toBe(expected);
  });

  it('may say where its values go', () => {
    expect(consoleLine(call('0xb60e72cc', text('%d of 100%%, %s'), number(5n)))).toBe(
      '5 of 100%, %s',
    );
    expect(consoleLine(call('0x41304fac', text('100%d %%')))).toBe('100%d %%');
    expect(consoleLine(call('0x4b5c4277', text('%s'), text('%s')))).toBe('%s');
  });

  it('is cut where it is long, and shown as bytes where it is no call of the library', () => {
    const long = consoleLine(call('0x41304fac', text('x'.repeat(5_000))));
    expect(long).toHaveLength(CONSOLE_LINE_MAX);
    expect(long.endsWith('x...')).toBe(true);
    expect(consoleLine(bytesOf('0xdeadbeef01'))).toBe('0xdeadbeef01');
    expect(consoleLine(bytesOf('0x41304fac00'))).toBe('0x41304fac00');
    expect(consoleLine(new Uint8Array(0))).toBe('0x');
  });

  it('is short, whatever a contract sends', () => {
    const selectors = ['0x41304fac', '0x4b5c4277', '0x0be77f56', '0xb60e72cc', '0x27b7cf85'];
    fc.assert(
      fc.property(
        fc.constantFrom(...selectors),
        fc.array(
          fc.oneof(
            fc.uint8Array({ minLength: 32, maxLength: 32 }),
            fc.constantFrom(0, 32, 64).map((size) => bytesOf(word(BigInt(size)))),
          ),
          { maxLength: 6 },
        ),
        (selector, words) => {
          const line = consoleLine(Buffer.concat([bytesOf(selector as Hex), ...words]));
          expect(line.length).toBeLessThanOrEqual(CONSOLE_LINE_MAX);
        },
      ),
    );
  });

  it('has a selector for all lists of up to four of its types, in both ways of writing numbers', () => {
    const selectorOf = (types: readonly string[]) =>
      hexOf(keccak256(Buffer.from(`log(${types.join()})`)).subarray(0, 4));
    const types = ['uint256', 'string', 'bool', 'address'];
    for (const first of types) {
      for (const second of types) {
        for (const third of types) {
          for (const fourth of types) {
            const all = [first, second, third, fourth];
            const historic = all.map((type) => (type === 'uint256' ? 'uint' : type));
            expect(consoleTypes(selectorOf(all))).toEqual(all);
            expect(consoleTypes(selectorOf(historic))).toEqual(all);
            expect(consoleTypes(selectorOf(all.slice(1)))).toEqual(all.slice(1));
          }
        }
      }
    }
    expect(consoleTypes(selectorOf(['bytes33']))).toBeUndefined();
    expect(consoleTypes(selectorOf([...types, 'bool']))).toBeUndefined();
  });
});

describe('what contracts print', () => {
  const print = (end: string) =>
    assemble(`CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY
      PUSH0 PUSH0 CALLDATASIZE PUSH0 ${CONSOLE_ADDRESS} GAS STATICCALL POP ${end}`);
  const PRINTER = contractAddress(0xa0);
  const FAILING = contractAddress(0xa1);
  const ENDLESS = contractAddress(0xa2);
  let chain: QueryChain;

  beforeAll(async () => {
    chain = await QueryChain.create({
      contracts: {
        [PRINTER]: print('STOP'),
        [FAILING]: print('PUSH0 PUSH0 REVERT'),
        [ENDLESS]: assemble(
          `:again PUSH0 PUSH0 PUSH0 PUSH0 ${CONSOLE_ADDRESS} GAS STATICCALL POP @again JUMP`,
        ),
      },
    });
  });
  afterAll(() => chain.close());

  const hello = hexOf(call('0x41304fac', text('hello')));

  it('is told with the block, of failed transactions too, and costs nothing', async () => {
    const { block, receipts, printed } = await chain.mine(
      { to: PRINTER, input: hello },
      { account: 1, to: chain.account(0) },
      { account: 2, to: FAILING, input: hexOf(call('0xf82c50f1', number(7n))) },
    );
    const [first, , third] = block.transactions.map(({ hash }) => hash);
    expect(printed).toEqual([
      { transaction: first, lines: ['hello'], omitted: 0 },
      { transaction: third, lines: ['7'], omitted: 0 },
    ]);
    // The replay has nobody who listens.
    for (const { transactionHash, gasUsed } of receipts) {
      const trace = { tracer: 'callTracer', withLog: false, onlyTopCall: true } as const;
      expect(await chain.executor.traceTransaction(transactionHash, trace)).toMatchObject({
        gasUsed: `0x${gasUsed.toString(16)}`,
      });
    }
  });

  it('is not told of calls and estimates', async () => {
    const request = { to: PRINTER, input: hello, from: chain.account(0) };
    await chain.executor.call(request, { tag: 'latest' });
    await chain.executor.estimateGas(request, { tag: 'latest' });
    expect((await chain.mine()).printed).toEqual([]);
  });

  it('is bounded for a transaction and for a block', async () => {
    const endless = { to: ENDLESS, gasLimit: 70_000n };
    const { printed } = await chain.mine(...new Array(12).fill(endless));
    expect(printed.map(({ lines }) => lines.length)).toEqual([...new Array(10).fill(100), 0, 0]);
    expect(printed.every(({ omitted }) => omitted > 100)).toBe(true);
  });
});
