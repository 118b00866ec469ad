/** Entry of the RPC thread. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { openThreadChannel } from '../threads/thread-channel.ts';
import type { ChainForRpc, MainForRpc } from '../threads/thread-contracts.ts';
import type { WorkerInput } from '../threads/worker-thread.ts';
import { RpcService, type RpcServiceOptions } from './rpc-service.ts';

/** What the main thread gives this one. */
export interface RpcWorkerData extends RpcServiceOptions {
  readonly mainPort: MessagePort;
  readonly chainPort: MessagePort;
}

const { data } = workerData as WorkerInput<RpcWorkerData>;
const service = new RpcService(data);
service.connect({
  main: openThreadChannel<MainForRpc, object>(data.mainPort, service.forMain).remote,
  chain: openThreadChannel<ChainForRpc, object>(data.chainPort, service.forChain).remote,
});
