/** The transaction that a simulated call stands for, as it would be in a block if it needed no signature. */
import type { TransactionData } from '../../block/block-data.ts';
import { keccak256 } from '../../crypto/keccak.ts';
import { type Address, hashOf, weiOf } from '../../primitives.ts';
import { encodeUnsigned } from '../../transaction/sign.ts';
import type { CallToSimulate } from './simulation-request.ts';

interface FilledCall extends CallToSimulate {
  readonly from: Address;
  readonly nonce: bigint;
  readonly gas: bigint;
}

/** The type follows from the fields, as in geth: a gas price makes it a legacy one, and without a price it has type 2. */
export function unsignedTransaction(
  call: FilledCall,
  chainId: bigint,
): { readonly raw: Uint8Array; readonly data: TransactionData } {
  const { from, nonce, gas: gasLimit, to = null, value = weiOf(0n), input = '0x' } = call;
  const filled = { nonce, gasLimit, to, value, input, chainId };
  const transaction = typed(call, filled);
  const raw = encodeUnsigned(transaction);
  const { chainId: _none, ...legacy } = transaction;
  return {
    raw,
    data: {
      ...(transaction.type === 0 ? legacy : transaction),
      hash: hashOf(keccak256(raw)),
      from,
      v: 0n,
      r: 0n,
      s: 0n,
    },
  };
}

function typed(
  call: FilledCall,
  filled: Omit<Parameters<typeof encodeUnsigned>[0] & { type: 0 }, 'type' | 'gasPrice'>,
): Parameters<typeof encodeUnsigned>[0] {
  if (call.gasPrice !== undefined) return { ...filled, type: 0, gasPrice: call.gasPrice };
  const market = {
    ...filled,
    maxFeePerGas: call.maxFeePerGas ?? weiOf(0n),
    maxPriorityFeePerGas: call.maxPriorityFeePerGas ?? weiOf(0n),
    accessList: call.accessList ?? [],
  };
  const { authorizationList, blobVersionedHashes } = call;
  // Neither of these can create a contract; a call that names nobody goes to the zero address.
  const to = filled.to ?? (`0x${'00'.repeat(20)}` as Address);
  if (authorizationList !== undefined) return { ...market, type: 4, to, authorizationList };
  if (blobVersionedHashes === undefined) return { ...market, type: 2 };
  const maxFeePerBlobGas = call.maxFeePerBlobGas ?? weiOf(0n);
  return { ...market, type: 3, to, maxFeePerBlobGas, blobVersionedHashes };
}
