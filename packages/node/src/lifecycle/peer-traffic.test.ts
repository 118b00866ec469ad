import type { Mokka, NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { ChainForMain } from '../threads/thread-contracts.ts';
import { PeerTraffic } from './peer-traffic.ts';
import { PeerView } from './peer-view.ts';

const SELF = 'aa'.repeat(32) as NodeId;
const PEER = 'bb'.repeat(32) as NodeId;

describe('messages of a faulty member', () => {
  it('are dropped, with one line in the log and not one each', () => {
    const lines: object[] = [];
    const traffic = new PeerTraffic(SELF, {
      mokka: {} as Mokka,
      chain: {} as RemoteThread<ChainForMain>,
      view: new PeerView({ self: SELF, validators: [SELF, PEER], crashModel: 'CFT' }),
      crashModel: 'CFT',
      logger: {
        error: () => {},
        warn: (fields) => void lines.push(fields),
        info: () => {},
        debug: () => {},
      },
      status: () => {
        throw new Error('nobody asks');
      },
      onFailure: (error) => {
        throw error;
      },
    });
    for (let count = 0; count < 1_000; count += 1) {
      traffic.received(PEER, Uint8Array.of(1, 0xc0, count % 256));
    }
    expect(lines).toEqual([expect.objectContaining({ peer: PEER })]);
  });
});
