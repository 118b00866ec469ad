import { toChecksumAddress } from '@ethereumjs/util';
import type { Address, Hex } from '../primitives.ts';

/** With the capitals of EIP-55, as geth's messages show addresses. */
export function checksumAddress(address: Address): Hex {
  return toChecksumAddress(address);
}
