/** Entry of a call thread: runs EVM calls for the RPC thread and nothing else. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { createGenesis, EvmCallExecutor, StoredChainReader } from '@praline/chain';
import { openThreadChannel } from '../threads/thread-channel.ts';
import type { CallThread } from '../threads/thread-contracts.ts';
import type { WorkerInput } from '../threads/worker-thread.ts';

/** What the RPC thread gives a call thread. */
export interface CallWorkerData {
  readonly folder: string;
  readonly genesisJson: unknown;
  readonly port: MessagePort;
}

const { data } = workerData as WorkerInput<CallWorkerData>;
const genesis = createGenesis(data.genesisJson);
const reader = new StoredChainReader(data.folder, genesis);
const executor = new EvmCallExecutor(reader.tables, genesis);
const served: CallThread = {
  ready: async () => {},
  call: (request, block, options) => executor.call(request, block, options),
  estimateGas: (request, block, options) => executor.estimateGas(request, block, options),
  createAccessList: (request, block, options) => executor.createAccessList(request, block, options),
  simulate: (request, block) => executor.simulate(request, block),
  traceTransaction: (hash, trace) => executor.traceTransaction(hash, trace),
  traceBlock: (block, trace) => executor.traceBlock(block, trace),
  traceCall: (request, block, trace, options) => executor.traceCall(request, block, trace, options),
  replayTransaction: (hash, options) => executor.replayTransaction(hash, options),
  replayBlock: (block, options) => executor.replayBlock(block, options),
  replayCalls: (calls, block) => executor.replayCalls(calls, block),
  storageRange: (request) => executor.storageRange(request),
};
openThreadChannel<object, CallThread>(data.port, served);
