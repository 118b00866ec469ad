/**
 * A process of its own for the flood test, with a node that is attacked: the strangers' ends are elsewhere, so its file descriptors and its
 * memory are the node's alone. Its peers come as arguments; it says its address, and answers each message with what it holds.
 */
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NodeKey } from '../../identity/node-key.ts';
import type { PeerAddress } from '../transport.ts';
import { createTlsNode } from './tls-node.test.suite.ts';

/** What the node holds; asked for `without garbage`, that is collected first. */
export interface Held {
  readonly descriptors: number;
  readonly heapBytes: number;
  readonly unauthenticated: number;
  readonly refused: number;
  /** Frames that came from the honest peer. */
  readonly received: number;
  /** Links that opened and closed, by peer. */
  readonly events: readonly string[];
}

const [limits, ...peers] = process.argv.slice(2).map((argument): unknown => JSON.parse(argument));
const node = await createTlsNode({ key: NodeKey.generate(), limits: limits as object });
node.transport.setPeers(peers as readonly PeerAddress[]);

// Of Linux; elsewhere nothing is open.
const countDescriptors = () => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
};

process.on('message', async (question) => {
  for (let round = 0; question === 'without garbage' && round < 5; round += 1) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { refused, unauthenticated } = node.transport.statistics();
  const held: Held = {
    descriptors: countDescriptors(),
    heapBytes: process.memoryUsage().heapUsed,
    unauthenticated,
    refused: Object.values(refused).reduce((sum, count) => sum + count, 0),
    received: node.received.length,
    events: node.events.map((event) => JSON.stringify(event)),
  };
  process.send?.(held);
});
process.on('disconnect', () => process.exit());
process.send?.(node.address);
