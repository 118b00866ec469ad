import {
  type AccountData,
  blockNumberOf,
  type HeaderData,
  parseAddress,
  parseHash,
  weiOf,
} from '@praline/chain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstBlockWhere } from './account-history.ts';

const ADDRESS = parseAddress(`0x${'11'.repeat(20)}`);
const HASH = parseHash(`0x${'22'.repeat(32)}`);

/** A chain on which an account has this nonce after each block. */
function historyOf(nonces: readonly number[], states = 0) {
  const asked: number[] = [];
  const reader = {
    head: () => ({ number: blockNumberOf(nonces.length - 1) }) as HeaderData,
    available: () => ({ blocks: blockNumberOf(0), states: blockNumberOf(states) }),
    account: (_: unknown, block: object): AccountData => {
      const number = 'number' in block ? Number(block.number) : -1;
      const nonce = nonces[number];
      if (nonce === undefined || number < states) throw new Error(`no state of block ${number}`);
      asked.push(number);
      return { nonce: BigInt(nonce), balance: weiOf(0n), codeHash: HASH, storageRoot: HASH };
    },
  };
  return { reader, asked };
}

describe('the first block where something holds', () => {
  test('is the one that a look at every block finds, with few looks', () => {
    const growing = fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 300 })
      .map((steps) => {
        const rises = steps.map((step, at) => (at > 0 && step === 3 ? 1 : 0));
        return rises.map((_, at) => rises.slice(0, at + 1).filter((one) => one === 1).length);
      });
    fc.assert(
      fc.property(growing, fc.nat(40), (nonces, wanted) => {
        const { reader, asked } = historyOf(nonces);
        const found = firstBlockWhere(reader, ADDRESS, ({ nonce }) => nonce > BigInt(wanted));
        const first = nonces.findIndex((nonce) => nonce > wanted);
        expect(found).toBe(first === -1 ? undefined : first);
        expect(asked.length).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(nonces.length + 1)));
      }),
    );
  });

  test('is not known where states begin later, and none where it held from genesis on', () => {
    const holds = ({ nonce }: AccountData) => nonce > 0n;
    expect(firstBlockWhere(historyOf([1, 1, 2]).reader, ADDRESS, holds)).toBeUndefined();
    expect(() => firstBlockWhere(historyOf([0, 1, 2, 3], 2).reader, ADDRESS, holds)).toThrow(
      'it was so before block 2',
    );
    expect(firstBlockWhere(historyOf([0, 0, 0, 3], 2).reader, ADDRESS, holds)).toBe(3);
  });
});
