/** Generated transactions for property tests. */
import { bigIntMax, bigIntMin } from '@ethereumjs/util';
import fc from 'fast-check';
import type { AccessListItem, AuthorizationData } from '../block/block-data.ts';
import { addressOf, hashOf, hexOf, weiOf } from '../primitives.ts';
import type { UnsignedTransaction } from '../transaction/sign.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const addresses = bytes(20).map(addressOf);
const hashes = bytes(32).map(hashOf);
const amounts = fc.bigInt({ min: 0n, max: 2n ** 128n }).map(weiOf);

/** Valid secp256k1 keys: any 32 bytes with a leading zero and a last one are below the order and not zero. */
export const privateKeys = bytes(32).map((key) => {
  const copy = Uint8Array.from(key);
  copy[0] = 0;
  copy[31] = (copy[31] ?? 0) | 1;
  return copy;
});

const accessLists: fc.Arbitrary<AccessListItem[]> = fc.array(
  fc.record({ address: addresses, storageKeys: fc.array(hashes, { maxLength: 3 }) }),
  { maxLength: 3 },
);

const authorizations: fc.Arbitrary<AuthorizationData> = fc.record({
  chainId: fc.bigInt({ min: 0n, max: 2n ** 64n }),
  address: addresses,
  nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
  yParity: fc.constantFrom(0, 1),
  r: fc.bigInt({ min: 1n, max: 2n ** 255n }),
  s: fc.bigInt({ min: 1n, max: 2n ** 254n }),
});

const filled = (chainId: bigint) => ({
  chainId: fc.constant(chainId),
  nonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
  gasLimit: fc.bigInt({ min: 0n, max: 16_777_216n }),
  value: amounts,
  input: fc.uint8Array({ maxLength: 300 }).map(hexOf),
});

const fees = fc.tuple(amounts, amounts).map(([one, other]) => ({
  maxFeePerGas: weiOf(bigIntMax(one, other)),
  maxPriorityFeePerGas: weiOf(bigIntMin(one, other)),
}));

/** Unsigned transactions of types 0, 1, 2 and 4. */
export function unsignedTransactions(chainId: bigint): fc.Arbitrary<UnsignedTransaction> {
  const to = fc.option(addresses, { nil: null });
  const shared = fc.record({ ...filled(chainId), to });
  return fc.oneof(
    fc
      .record({ shared, gasPrice: amounts })
      .map(({ shared, gasPrice }) => ({ type: 0 as const, ...shared, gasPrice })),
    fc
      .record({ shared, gasPrice: amounts, accessList: accessLists })
      .map(({ shared, ...rest }) => ({ type: 1 as const, ...shared, ...rest })),
    fc.record({ shared, fees, accessList: accessLists }).map(({ shared, fees, accessList }) => ({
      type: 2 as const,
      ...shared,
      ...fees,
      accessList,
    })),
    fc
      .record({
        shared: fc.record({ ...filled(chainId), to: addresses }),
        fees,
        accessList: accessLists,
        authorizationList: fc.array(authorizations, { minLength: 1, maxLength: 3 }),
      })
      .map(({ shared, fees, ...lists }) => ({ type: 4 as const, ...shared, ...fees, ...lists })),
  );
}
