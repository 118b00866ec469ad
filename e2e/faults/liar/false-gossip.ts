/** Makes what a node says beside consensus false. */
import { randomBytes } from 'node:crypto';
import type { Random } from '../../../packages/mokka/src/simulator/world/random.ts';
import type {
  GossipedTransaction,
  PeerMessage,
  PeerStatus,
  RequestId,
} from '../../../packages/node/src/gossip/peer-message.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
} from '../../../packages/node/src/gossip/peer-message-codec.ts';

const FORGED_TRANSACTIONS = 20;
const FORGED_BYTES_MAX = 300;
const ROLES: readonly PeerStatus['role'][] = ['leader', 'candidate', 'follower'];

/** What is sent in the place of a frame: nothing, or other frames. */
export function corruptGossip(frame: Uint8Array, random: Random): readonly Uint8Array[] {
  const message = decodePeerMessage(frame);
  switch (message.type) {
    case 'transactions': {
      const { transactions } = message;
      const encode = (changed: readonly GossipedTransaction[]): Uint8Array =>
        encodePeerMessage({ ...message, transactions: changed });
      return random.pick([
        [],
        [frame, frame, frame],
        [encode([...transactions].reverse())],
        [encode(transactions.map(({ raw }) => ({ raw: changed(raw, random), requestId: null })))],
        [frame.slice(0, random.integer(0, frame.length - 1))],
      ]);
    }
    case 'status': {
      const { status } = message;
      const blockHash = `0x${randomBytes(32).toString('hex')}`;
      return [
        encodePeerMessage({
          type: 'status',
          status: {
            ...status,
            role: random.pick(ROLES),
            term: status.term + random.integer(0, 1e6),
            appliedIndex: random.integer(0, Number.MAX_SAFE_INTEGER),
            blockNumber: random.integer(0, Number.MAX_SAFE_INTEGER),
            blockHash,
          },
        }),
      ];
    }
    default:
      return random.chance(0.5) ? [] : [frame, frame];
  }
}

/** Something that looks like gossip, with nothing true in it. */
export function forgedGossip(random: Random): Uint8Array {
  const requestId = randomBytes(16).toString('hex') as RequestId;
  const raw = (): Uint8Array => randomBytes(random.integer(1, FORGED_BYTES_MAX));
  const message: PeerMessage = random.pick<PeerMessage>([
    {
      type: 'transactions',
      transactions: Array.from({ length: FORGED_TRANSACTIONS }, () => ({ raw: raw(), requestId })),
    },
    { type: 'signed', requestId, raw: raw() },
    { type: 'sign', requestId, request: '{"from":"0x00"}' },
    { type: 'mine', requestId },
    { type: 'transfer', to: null },
    { type: 'mined', requestId, blockNumber: random.integer(0, 1e9) },
    { type: 'refused', requestId, code: 'not-leader', message: 'no' },
  ]);
  return encodePeerMessage(message);
}

function changed(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = new Uint8Array(bytes);
  const place = random.integer(0, Math.max(0, copy.length - 1));
  copy[place] = (copy[place] ?? 0) ^ random.integer(1, 255);
  return copy;
}
