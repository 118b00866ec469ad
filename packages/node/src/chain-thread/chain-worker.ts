/** Entry of the chain thread. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { openThreadChannel } from '../threads/thread-channel.ts';
import type { MainForChain, RpcForChain } from '../threads/thread-contracts.ts';
import type { WorkerInput } from '../threads/worker-thread.ts';
import { ChainService, type ChainServiceOptions } from './chain-service.ts';

/** What the main thread gives this one. */
export interface ChainWorkerData extends ChainServiceOptions {
  readonly mainPort: MessagePort;
  readonly rpcPort: MessagePort;
}

const { data } = workerData as WorkerInput<ChainWorkerData>;
const service = new ChainService(data);
service.connect({
  main: openThreadChannel<MainForChain, object>(data.mainPort, service.forMain).remote,
  rpc: openThreadChannel<RpcForChain, object>(data.rpcPort, service.forRpc).remote,
});
