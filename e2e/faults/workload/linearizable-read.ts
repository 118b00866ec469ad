/**
 * The one place that knows how a linearizable read is asked for: the node first makes sure, with a quorum, that it has
 * everything that was committed before the question. Left out of the workload while nodes do not offer it.
 */
import type { Hex } from 'viem';
import { callRpc, JsonRpcError } from '../../../harness/json-rpc.ts';

const METHOD = 'mokka_linearizableCall';
/** JSON-RPC's code for a method that a node does not have. */
const METHOD_NOT_FOUND = -32601;

export interface ContractCall {
  readonly to: Hex;
  readonly data: Hex;
}

/** Returns the output of the call. */
export async function readLinearizable(
  url: string,
  call: ContractCall,
  timeoutMs: number,
): Promise<Hex> {
  return await callRpc<Hex>(url, METHOD, [call], timeoutMs);
}

/** Whether the node offers such reads; it is asked with a call that it can answer. */
export async function offersLinearizableReads(url: string, call: ContractCall): Promise<boolean> {
  try {
    await readLinearizable(url, call, 10_000);
    return true;
  } catch (error) {
    if (error instanceof JsonRpcError && error.code === METHOD_NOT_FOUND) return false;
    throw error;
  }
}
