/** Starts the worker threads of a node and connects all of them with each other. */
import { MessageChannel } from 'node:worker_threads';
import type { ChainServiceOptions } from '../chain-thread/chain-service.ts';
import type { ChainWorkerData } from '../chain-thread/chain-worker.ts';
import type { RpcServiceOptions } from '../rpc-thread/rpc-service.ts';
import type { RpcWorkerData } from '../rpc-thread/rpc-worker.ts';
import { openThreadChannel, type RemoteThread } from '../threads/thread-channel.ts';
import type {
  ChainForMain,
  MainForChain,
  MainForRpc,
  RpcForMain,
} from '../threads/thread-contracts.ts';
import { startWorkerThread } from '../threads/worker-thread.ts';

export interface NodeThreads {
  readonly chain: RemoteThread<ChainForMain>;
  readonly rpc: RemoteThread<RpcForMain>;
  /** Ends both threads; their work is closed by then. Never rejects. */
  stop(): Promise<void>;
}

export interface NodeThreadsModules {
  readonly forChain: MainForChain;
  readonly forRpc: MainForRpc;
  /** A thread ended unasked. */
  readonly onDeath: (error: Error) => void;
}

export function startNodeThreads(
  options: { readonly chain: ChainServiceOptions; readonly rpc: RpcServiceOptions },
  { forChain, forRpc, onDeath }: NodeThreadsModules,
): NodeThreads {
  const mainAndChain = new MessageChannel();
  const mainAndRpc = new MessageChannel();
  const chainAndRpc = new MessageChannel();
  const chain = openThreadChannel<ChainForMain, MainForChain>(mainAndChain.port1, forChain);
  const rpc = openThreadChannel<RpcForMain, MainForRpc>(mainAndRpc.port1, forRpc);
  const threads = [
    startWorkerThread<ChainWorkerData>({
      name: 'chain',
      entry: new URL('../chain-thread/chain-worker', import.meta.url),
      data: { ...options.chain, mainPort: mainAndChain.port2, rpcPort: chainAndRpc.port1 },
      transfer: [mainAndChain.port2, chainAndRpc.port1],
      onDeath: (error) => {
        onDeath(error);
        // Nobody will answer any more: whoever waits must learn it, or closing the node would wait for its bounds.
        chain.close();
      },
    }),
    startWorkerThread<RpcWorkerData>({
      name: 'rpc',
      entry: new URL('../rpc-thread/rpc-worker', import.meta.url),
      data: { ...options.rpc, mainPort: mainAndRpc.port2, chainPort: chainAndRpc.port2 },
      transfer: [mainAndRpc.port2, chainAndRpc.port2],
      onDeath: (error) => {
        onDeath(error);
        rpc.close();
      },
    }),
  ];
  return {
    chain: chain.remote,
    rpc: rpc.remote,
    async stop() {
      chain.close();
      rpc.close();
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}
