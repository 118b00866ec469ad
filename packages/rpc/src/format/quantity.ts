/** Quantities as JSON-RPC writes them: `0x`, no leading zeros, `0x0` for zero. */
import type { Hex } from '@praline/chain';

/** Throws `RangeError` for negative values and fractions, which are programming errors here. */
export function quantity(value: bigint | number): Hex {
  if (value < 0 || (typeof value === 'number' && !Number.isInteger(value))) {
    throw new RangeError(`${value} is not a quantity`);
  }
  return `0x${value.toString(16)}`;
}
