/** The transaction object of `eth_call`, `eth_estimateGas`, `eth_createAccessList` and `eth_sendTransaction`. */
import type { AccessListItem, AuthorizationData, CallRequest } from '@praline/chain';
import { z } from 'zod';
import { serverError } from '../errors.ts';
import { address, data, gas, hash, uint64, uint256, wei, weiPerGas } from './hex.ts';
import { optionalField, present } from './optional-fields.ts';

/** Addresses in an access list, and keys of one address; the gas of a call would not pay for as many. */
const ACCESS_LIST_ITEMS_MAX = 10_000;
/** Authorizations in one call (EIP-7702); each costs 25,000 gas. */
const AUTHORIZATIONS_MAX = 2_000;

const accessList: z.ZodType<readonly AccessListItem[]> = z
  .array(
    z.object(
      {
        address,
        storageKeys: optionalField(z.array(hash).max(ACCESS_LIST_ITEMS_MAX)).transform(
          (keys) => keys ?? [],
        ),
      },
      { error: 'invalid access list item' },
    ),
    { error: 'non-array' },
  )
  .max(ACCESS_LIST_ITEMS_MAX)
  .meta({ id: 'AccessList', description: 'Accounts and slots declared ahead (EIP-2930).' });

const authorization: z.ZodType<AuthorizationData> = z
  .object({
    chainId: uint256,
    address,
    nonce: uint64,
    yParity: uint64.transform(Number),
    r: uint256,
    s: uint256,
  })
  .meta({ id: 'Authorization', description: 'A signed delegation of an account (EIP-7702).' });

const fields = z.object(
  {
    from: optionalField(address),
    to: optionalField(address),
    gas: optionalField(gas),
    gasPrice: optionalField(weiPerGas),
    maxFeePerGas: optionalField(weiPerGas),
    maxPriorityFeePerGas: optionalField(weiPerGas),
    value: optionalField(wei),
    nonce: optionalField(uint64),
    data: optionalField(data),
    input: optionalField(data),
    accessList: optionalField(accessList),
    authorizationList: optionalField(z.array(authorization).max(AUTHORIZATIONS_MAX)),
    chainId: optionalField(uint256),
    type: optionalField(uint64),
    maxFeePerBlobGas: optionalField(weiPerGas),
    blobVersionedHashes: optionalField(z.array(hash)),
  },
  { error: 'transaction object expected' },
);

export type CallArguments = z.infer<typeof fields>;

/** Well-formed members; whether they fit together is for `toCallRequest`. Unknown members are ignored, as in geth. */
export const callArguments: z.ZodType<CallArguments> = fields.meta({
  id: 'Call',
  description:
    'A transaction, or a call like one; all members may be absent. `data` and `input` are the same. Unknown members are ignored.',
});

/**
 * Members that fit together. Throws `RpcError` with geth's words for contradictory input, fees of both kinds, or
 * another chain's id.
 */
export function toCallRequest(given: CallArguments, chainId: bigint): CallRequest {
  if (given.input !== undefined && given.data !== undefined && given.input !== given.data) {
    throw serverError(
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
    );
  }
  const hasMarketFee = given.maxFeePerGas !== undefined || given.maxPriorityFeePerGas !== undefined;
  if (given.gasPrice !== undefined && hasMarketFee) {
    throw serverError('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
  }
  requireTipBelowMaxFee(given);
  if (given.chainId !== undefined && given.chainId !== chainId) {
    throw serverError(`chainId does not match node's (have=${given.chainId}, want=${chainId})`);
  }
  const { data: inputAlias, chainId: _checked, type: _implied, ...members } = given;
  const { maxFeePerBlobGas: _blobFee, blobVersionedHashes: _blobs, ...request } = members;
  return present({ ...request, input: given.input ?? inputAlias });
}

function requireTipBelowMaxFee({ maxFeePerGas, maxPriorityFeePerGas }: CallArguments): void {
  if (maxFeePerGas === undefined || maxPriorityFeePerGas === undefined) return;
  if (maxFeePerGas < maxPriorityFeePerGas) {
    throw serverError(
      `maxFeePerGas (${maxFeePerGas}) < maxPriorityFeePerGas (${maxPriorityFeePerGas})`,
    );
  }
}
