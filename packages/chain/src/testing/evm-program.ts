/** Generated contracts: short programs that read and write every kind of state, call each other, and fail on the way. */
import fc from 'fast-check';
import { type Address, bytesOf } from '../primitives.ts';

/** Names an account when the program is made: one of the contracts so far, a precompile, or an account without code. */
export type AccountIndex = number;

type Fragment =
  | { readonly kind: 'store' | 'transient'; readonly slot: number; readonly value: number }
  | { readonly kind: 'log'; readonly topic: number }
  | { readonly kind: 'observe'; readonly opcode: string; readonly slot: number }
  | {
      readonly kind: 'observe-account';
      readonly opcode: string;
      readonly account: AccountIndex;
      readonly slot: number;
    }
  | { readonly kind: 'block-hash'; readonly number: number; readonly slot: number }
  | {
      readonly kind: 'call';
      readonly opcode: 'f1' | 'f2' | 'f4' | 'fa';
      readonly account: AccountIndex;
      readonly value: number;
      readonly data: number;
      readonly slot: number;
    }
  | { readonly kind: 'create'; readonly salt: number | null; readonly slot: number }
  | { readonly kind: 'destroy'; readonly account: AccountIndex }
  | { readonly kind: 'end'; readonly code: string };

export type Program = readonly Fragment[];

const slot = fc.nat(3);
const account = fc.nat(30);
/** Of the block, the transaction, the call and this account. */
const OBSERVED = [
  '30',
  '32',
  '33',
  '34',
  '3a',
  '41',
  '42',
  '43',
  '44',
  '45',
  '46',
  '47',
  '48',
  '4a',
  '5a',
];
/** Balance, size and hash of the code. */
const OBSERVED_OF_ACCOUNTS = ['31', '3b', '3f'];

const fragment: fc.Arbitrary<Fragment> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('store' as const), slot, value: fc.nat(2) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('transient' as const), slot, value: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('log' as const), topic: fc.nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('observe' as const),
      opcode: fc.constantFrom(...OBSERVED),
      slot,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('observe-account' as const),
      opcode: fc.constantFrom(...OBSERVED_OF_ACCOUNTS),
      account,
      slot,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('block-hash' as const), number: fc.nat(4), slot }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      opcode: fc.constantFrom('f1' as const, 'f2' as const, 'f4' as const, 'fa' as const),
      account,
      value: fc.nat(1),
      data: fc.nat(255),
      slot,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      salt: fc.option(fc.nat(2), { nil: null }),
      slot,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destroy' as const), account }) },
  // Revert, an opcode that is none, stop.
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      code: fc.constantFrom('60006000fd', 'fe', '00'),
    }),
  },
);

export const programs: fc.Arbitrary<Program> = fc.array(fragment, { minLength: 1, maxLength: 10 });

/** Stores 1 in slot 0 and leaves code of one byte, `00`. */
const CREATED = '600160005560016000f3';

/** Bytecode in hexadecimal. */
export function assemble(program: Program, addressOf: (index: AccountIndex) => Address): string {
  return program.map((one) => assembleFragment(one, addressOf)).join('');
}

function assembleFragment(one: Fragment, addressOf: (index: AccountIndex) => Address): string {
  switch (one.kind) {
    case 'store':
      return `${push(one.value)}${push(one.slot)}55`;
    case 'transient':
      // Read back and added to the slot, so that it shows.
      return `${push(one.value)}${push(one.slot)}5d${push(one.slot)}5c${push(one.slot)}5401${push(one.slot)}55`;
    case 'log':
      return `${push(one.topic)}60206000a1`;
    case 'observe':
      return `${one.opcode}${push(one.slot)}55`;
    case 'observe-account':
      return `${pushAddress(addressOf(one.account))}${one.opcode}${push(one.slot)}55`;
    case 'block-hash':
      return `${push(one.number)}40${push(one.slot)}55`;
    case 'call': {
      const hasValue = one.opcode === 'f1' || one.opcode === 'f2';
      const amount = hasValue ? push(one.value) : '';
      const memory = `${push(one.data)}600052`;
      const ranges = '6020600060206000';
      return `${memory}${ranges}${amount}${pushAddress(addressOf(one.account))}5a${one.opcode}${push(one.slot)}55`;
    }
    case 'create': {
      const size = CREATED.length / 2;
      const memory = `69${CREATED}600052`;
      const range = `${push(size)}${push(32 - size)}6000`;
      const made = one.salt === null ? `${range}f0` : `${push(one.salt)}${range}f5`;
      return `${memory}${made}${push(one.slot)}55`;
    }
    case 'destroy':
      return `${pushAddress(addressOf(one.account))}ff`;
    case 'end':
      return one.code;
  }
}

function push(value: number): string {
  return `60${value.toString(16).padStart(2, '0')}`;
}

function pushAddress(address: Address): string {
  return `73${Buffer.from(bytesOf(address)).toString('hex')}`;
}
