import { MessageChannel } from 'node:worker_threads';
import type { CallExecutor } from '@praline/chain';
import { openThreadChannel } from '../threads/thread-channel.ts';
import type { CallThread } from '../threads/thread-contracts.ts';
import { startWorkerThread } from '../threads/worker-thread.ts';
import type { CallWorker } from './call-pool.ts';
import type { CallWorkerData } from './call-worker.ts';

/** Starts a call thread on the chain in `folder`. `onDeath` is called when it ends unasked. */
export function startCallThread(
  options: Pick<CallWorkerData, 'folder' | 'genesisJson'>,
  onDeath: (error: Error) => void,
): CallWorker {
  const { port1, port2 } = new MessageChannel();
  const channel = openThreadChannel<CallThread, object>(port1, {});
  const thread = startWorkerThread<CallWorkerData>({
    name: 'call',
    entry: new URL('./call-worker', import.meta.url),
    data: { ...options, port: port2 },
    transfer: [port2],
    onDeath: (error) => {
      channel.close();
      onDeath(error);
    },
  });
  const { remote } = channel;
  const ready = remote.ready();
  // A thread that ends before reports that by `onDeath`, also when no call waits for it.
  ready.catch(() => undefined);
  const executor: CallExecutor = {
    call: (request, block, callOptions) => remote.call(request, block, callOptions),
    estimateGas: (request, block, callOptions) => remote.estimateGas(request, block, callOptions),
    createAccessList: (request, block, callOptions) =>
      remote.createAccessList(request, block, callOptions),
    simulate: (request, block) => remote.simulate(request, block),
    traceTransaction: (hash, trace) => remote.traceTransaction(hash, trace),
    traceBlock: (block, trace) => remote.traceBlock(block, trace),
    traceCall: (request, block, trace, callOptions) =>
      remote.traceCall(request, block, trace, callOptions),
    replayTransaction: (hash, replayOptions) => remote.replayTransaction(hash, replayOptions),
    replayBlock: (block, replayOptions) => remote.replayBlock(block, replayOptions),
    replayCalls: (calls, block) => remote.replayCalls(calls, block),
    storageRange: (request) => remote.storageRange(request),
  };
  return {
    executor,
    ready,
    kill: async () => {
      channel.close();
      await thread.kill();
    },
  };
}
