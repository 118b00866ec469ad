/** Entry of the RPC thread. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { openThreadChannel } from '../threads/thread-channel.ts';
import type {
  ChainForRpc,
  MainForRpc,
  RpcForChain,
  RpcForMain,
} from '../threads/thread-contracts.ts';
import type { WorkerInput } from '../threads/worker-thread.ts';
import { RpcService, type RpcServiceOptions } from './rpc-service.ts';

/** What the main thread gives this one. */
export interface RpcWorkerData extends RpcServiceOptions {
  readonly mainPort: MessagePort;
  readonly chainPort: MessagePort;
}

const { data } = workerData as WorkerInput<RpcWorkerData>;
const service = new RpcService(data);
const chain = openThreadChannel<ChainForRpc, RpcForChain>(data.chainPort, service.forChain);
const served: RpcForMain = {
  ...service.forMain,
  close: async () => {
    await service.forMain.close();
    // An open port would keep both threads alive.
    chain.close();
  },
};
const main = openThreadChannel<MainForRpc, RpcForMain>(data.mainPort, served);
service.connect({ main: main.remote, chain: chain.remote });
