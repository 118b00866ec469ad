/** Parameters of the development methods: numbers come as JSON numbers from some clients, as hex from others. */
import type { AccountEdit, Address, DevelopmentOperation } from '@praline/chain';
import { z } from 'zod';
import { required } from '../method.ts';
import { eitherOf } from './either-of.ts';
import { address, gas, uint64, wei } from './hex.ts';

/** A whole number from 0 on, as JSON number or hex quantity. */
export const wholeNumber: z.ZodType<number> = z
  .union([z.number().int().min(0), uint64.transform(Number)], {
    error: 'a whole number expected, as number or hex',
  })
  .meta({ id: 'WholeNumber', description: 'A number from 0, as a JSON number or a hex quantity.' });

/** As development nodes take amounts: some clients send small ones as JSON numbers. */
function numberOr(hex: z.ZodType<bigint>): z.ZodType<bigint> {
  return eitherOf([hex, z.number().int().min(0).transform(BigInt)], (value) =>
    typeof value === 'number' ? 1 : 0,
  );
}

export const amountOfWei = numberOr(wei).meta({
  id: 'AmountOfWei',
  description: 'A number from 0, as a hex quantity or a JSON number.',
  'x-unit': 'wei',
});
export const amountOfGas = numberOr(gas).meta({
  id: 'AmountOfGas',
  description: 'A number from 0, as a hex quantity or a JSON number.',
  'x-unit': 'gas',
});
export const feePerGas = amountOfWei.meta({ id: 'FeePerGas', 'x-unit': 'wei per gas' });
export const nonce = numberOr(uint64).meta({
  id: 'Nonce',
  description: 'A number from 0, as a hex quantity or a JSON number.',
});

export const seconds = wholeNumber.meta({ id: 'Seconds', 'x-unit': 'seconds' });

/** Unix time, seconds. */
export const timestamp = wholeNumber.meta({ id: 'Timestamp', 'x-unit': 'seconds since 1970' });

export const secondsParameter = required('seconds', seconds, 'How many.');

export const impersonatedParameter = required('address', address, 'Account, 20 bytes.');

/** Values above are milliseconds: as seconds they would be thousands of years ahead. */
const SECONDS_MAX = 100_000_000_000;

/** Unix time in seconds, from seconds or milliseconds as clients give it. */
export function unixSeconds(time: number): number {
  return time > SECONDS_MAX ? Math.floor(time / 1000) : time;
}

const NO_EDIT = { balance: null, addedBalance: 0n, nonce: null, code: null, slots: [] } as const;

/** Changes one account. */
export function editOf(
  account: Address,
  changes: Partial<Omit<AccountEdit, 'address'>>,
): DevelopmentOperation {
  return { kind: 'edit', accounts: [{ ...NO_EDIT, ...changes, address: account }] };
}
