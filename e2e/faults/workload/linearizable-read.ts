/**
 * The one place that knows how a linearizable read is asked for: the node first makes sure, with a quorum, that it has
 * everything that was committed before the question. Left out of the workload when nodes do not offer it.
 */
import type { Hex } from 'viem';
import { callRpc, JsonRpcError } from '../../../harness/json-rpc.ts';

const CONFIRM_METHOD = 'mokka_readIndex';
const HEADER = { 'praline-consistency': 'linearizable' };
/** JSON-RPC's code for a method that a node does not have. */
const METHOD_NOT_FOUND = -32601;

export interface ContractCall {
  readonly to: Hex;
  readonly data: Hex;
}

/** With the header, or by a confirmation before an ordinary read. Both must do. */
export type LinearizableWay = 'header' | 'confirmation';

export interface LinearizableReadOptions {
  readonly way: LinearizableWay;
  readonly timeoutMs: number;
}

/** Returns the output of the call. */
export async function readLinearizable(
  url: string,
  call: ContractCall,
  { way, timeoutMs }: LinearizableReadOptions,
): Promise<Hex> {
  if (way === 'confirmation') await callRpc(url, CONFIRM_METHOD, [], timeoutMs);
  const headers = way === 'header' ? HEADER : {};
  return await callRpc<Hex>(url, 'eth_call', [call, 'latest'], timeoutMs, headers);
}

/** Whether the node offers such reads. */
export async function offersLinearizableReads(url: string): Promise<boolean> {
  try {
    await callRpc(url, CONFIRM_METHOD);
    return true;
  } catch (error) {
    if (error instanceof JsonRpcError && error.code === METHOD_NOT_FOUND) return false;
    throw error;
  }
}
