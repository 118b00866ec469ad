/** One line per event of a single node, for `praline node`. */
import type { NodeEvent } from '@praline/node';

export function formatNodeEvent(event: NodeEvent): string {
  switch (event.event) {
    case 'ready':
      return `node ${event.node ?? ''} ready      RPC ${event.rpc}, peers ${event.p2p}, chain ${event.chainId}, block ${event.blockNumber}, data ${event.data}`;
    case 'leader':
      return event.publicKey === null
        ? `no leader         term ${event.term}`
        : `leader elected    node ${event.node ?? event.publicKey}, term ${event.term}`;
    case 'block':
      return `block committed   ${event.number}  ${event.transactions} transaction${event.transactions === 1 ? '' : 's'}, ${event.gasUsed} gas, ${event.executionMs.toFixed(1)} ms`;
    case 'peer-lost':
      return `node lost         node ${event.node ?? event.publicKey}`;
    case 'peer-joined':
      return `node connected    node ${event.node ?? event.publicKey}`;
    case 'epoch':
      return `members changed   epoch ${event.epoch}, ${event.validators} validators, ${event.observers} observers; this node is ${event.role === null ? 'no member' : `a${event.role === 'observer' ? 'n' : ''} ${event.role}`}`;
    case 'evidence':
      return `validator lied    node ${event.node ?? event.publicKey} (${event.kind}; see mokka_getEvidence)`;
    case 'failed':
      return `failed            ${event.message}`;
    case 'stopped':
      return 'stopped';
  }
}
