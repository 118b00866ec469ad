import { type CallRequest, ChainError, type UnsignedTransaction, type Wei } from '@praline/chain';

/**
 * A request with everything decided as the transaction to sign: of the oldest type that can carry its fields. Gas and
 * fees were filled by the node that was asked. Throws `ChainError` with code `invalid-request`.
 */
export function unsignedTransaction(
  request: CallRequest,
  { chainId, nonce }: { readonly chainId: bigint; readonly nonce: bigint },
): UnsignedTransaction {
  const { to = null, gas, accessList, authorizationList, gasPrice } = request;
  if (gas === undefined) {
    throw new ChainError('invalid-request', 'a request to sign needs its gas limit');
  }
  const filled = {
    chainId,
    nonce,
    gasLimit: gas,
    to,
    value: request.value ?? (0n as Wei),
    input: request.input ?? '0x',
  } as const;
  if (gasPrice !== undefined) {
    return accessList === undefined
      ? { ...filled, type: 0, gasPrice }
      : { ...filled, type: 1, gasPrice, accessList };
  }
  const { maxFeePerGas, maxPriorityFeePerGas } = request;
  if (maxFeePerGas === undefined || maxPriorityFeePerGas === undefined) {
    throw new ChainError('invalid-request', 'a request to sign needs its fees');
  }
  const market = { ...filled, maxFeePerGas, maxPriorityFeePerGas, accessList: accessList ?? [] };
  if (authorizationList === undefined) {
    return { ...market, type: 2 };
  }
  if (to === null) {
    throw new ChainError('invalid-request', 'a set code transaction can not create a contract');
  }
  return { ...market, to, type: 4, authorizationList };
}
