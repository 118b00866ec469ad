/**
 * Fills what a client left out of a transaction to be signed, but the nonce, which the leader assigns. Done by the node
 * that was asked, on its call threads, so that no estimate delays the leader's blocks.
 */
import type { CallExecutor, CallRequest, ChainReader, Wei } from '@praline/chain';

/** Tip when none is given, wei per gas. */
const DEFAULT_TIP = 1_000_000_000n as Wei;

/** Throws what `estimateGas` throws: a transaction that would revert is refused before it costs anything. */
export async function fillRequest(
  request: CallRequest,
  { reader, executor }: { readonly reader: ChainReader; readonly executor: CallExecutor },
): Promise<CallRequest> {
  const fees = fillFees(request, reader.nextBlock().baseFeePerGas);
  const gas = request.gas ?? (await executor.estimateGas(request, { tag: 'pending' }));
  return { ...request, ...fees, gas };
}

function fillFees(request: CallRequest, baseFee: Wei | undefined): Partial<CallRequest> {
  if (request.gasPrice !== undefined) {
    return {};
  }
  if (baseFee === undefined) {
    return { gasPrice: DEFAULT_TIP };
  }
  const { maxFeePerGas } = request;
  const tip =
    request.maxPriorityFeePerGas ??
    (maxFeePerGas !== undefined && maxFeePerGas < DEFAULT_TIP ? maxFeePerGas : DEFAULT_TIP);
  // Twice the base fee covers six full blocks in a row, which each raise it by an eighth.
  return {
    maxPriorityFeePerGas: tip,
    maxFeePerGas: maxFeePerGas ?? ((2n * baseFee + tip) as Wei),
  };
}
