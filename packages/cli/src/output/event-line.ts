/** One line per event that matters, for a person who watches. */
import type { NetworkEvent } from '../supervisor/network-event.ts';

/** The line without its time; null for what has another place on the screen. */
export function formatEvent(event: NetworkEvent): string | null {
  switch (event.event) {
    case 'ready':
      return null;
    case 'leader':
      return `leader elected    node ${event.node ?? event.publicKey}, term ${event.term}`;
    case 'block': {
      const count = `${event.transactions} transaction${event.transactions === 1 ? '' : 's'}`;
      return `block committed   ${event.number}  ${count}, ${event.gasUsed} gas, ${event.executionMs.toFixed(1)} ms`;
    }
    case 'node-lost': {
      const how = event.signal === null ? `exit code ${event.code}` : event.signal;
      const reason = event.reason === '' ? '' : `: ${event.reason}`;
      return `node lost         node ${event.node} (${how})${reason}`;
    }
    case 'node-back':
      return `node back         node ${event.node}`;
    case 'epoch':
      return `members changed   epoch ${event.epoch}, ${event.validators} validators, ${event.observers} observers`;
    case 'evidence':
      return `validator lied    node ${event.node ?? event.publicKey} (${event.kind}; see mokka_getEvidence)`;
    case 'stopped':
      return 'stopped';
  }
}

/** `HH:MM:SS` of local time before a line. */
export function withTime(line: string, time: Date): string {
  return `${time.toTimeString().slice(0, 8)}  ${line}`;
}
