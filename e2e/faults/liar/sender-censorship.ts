/** Leaves transactions of certain senders out of gossip. */
import { decodeTransaction } from '../../../packages/chain/src/index.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
} from '../../../packages/node/src/gossip/peer-message-codec.ts';

/** The frame without them; null when nothing is left. `onCensored` is called for each transaction left out. */
export function withoutSenders(
  frame: Uint8Array,
  censored: ReadonlySet<string>,
  onCensored: () => void,
): Uint8Array | null {
  const message = decodePeerMessage(frame);
  if (message.type !== 'transactions') return frame;
  const kept = message.transactions.filter(({ raw }) => !censored.has(senderOf(raw)));
  const dropped = message.transactions.length - kept.length;
  if (dropped === 0) return frame;
  for (let count = 0; count < dropped; count++) onCensored();
  return kept.length === 0 ? null : encodePeerMessage({ ...message, transactions: kept });
}

function senderOf(raw: Uint8Array): string {
  try {
    return decodeTransaction(raw).data.from.toLowerCase();
  } catch {
    // What is no transaction has no sender; the pool refuses it.
    return '';
  }
}
