import type { NodeEvent } from '@praline/node';
import { describe, expect, it } from 'vitest';
import { EventMerge } from './event-merge.ts';

const keyOf = (node: number): string => String(node).repeat(64);
const ready = (node: number, pid = node): NodeEvent => ({
  event: 'ready',
  node,
  pid,
  rpc: `http://127.0.0.1:${8544 + node}`,
  p2p: `tcp://127.0.0.1:${2999 + node}/${keyOf(node)}`,
  publicKey: keyOf(node),
  chainId: '31337',
  blockNumber: node,
  data: '/d',
});
const leader = (node: number, term: number): NodeEvent => ({
  event: 'leader',
  term,
  node,
  publicKey: keyOf(node),
});
const block = (entry: number, number = entry): NodeEvent => ({
  event: 'block',
  number,
  hash: '0x1',
  transactions: 1,
  gasUsed: '21000',
  executionMs: 2,
  entry,
});

function readyNetwork(): EventMerge {
  const merge = new EventMerge(3);
  for (const node of [1, 2, 3]) {
    merge.heard(node, ready(node));
  }
  merge.heard(1, leader(2, 1));
  return merge;
}

describe('event merge', () => {
  it('is ready once all nodes answer and a leader is known, whichever comes first', () => {
    const merge = new EventMerge(2);
    expect(merge.heard(1, leader(2, 1))).toEqual([]);
    expect(merge.heard(2, ready(2))).toEqual([]);
    const [announcement, elected] = merge.heard(1, ready(1));
    expect(announcement).toMatchObject({
      event: 'ready',
      blockNumber: 2,
      nodes: [
        { id: 1, role: 'follower' },
        { id: 2, role: 'leader' },
      ],
    });
    expect(elected).toMatchObject({ event: 'leader', term: 1, node: 2 });
  });

  it('tells a leader once per term and never an older one', () => {
    const merge = readyNetwork();
    expect(merge.heard(1, leader(3, 2))).toMatchObject([{ event: 'leader', term: 2, node: 3 }]);
    expect(merge.heard(2, leader(3, 2))).toEqual([]);
    expect(merge.heard(3, leader(2, 1))).toEqual([]);
  });

  it('tells a block once', () => {
    const merge = readyNetwork();
    expect(merge.heard(1, block(2))).toHaveLength(1);
    expect(merge.heard(2, block(2))).toEqual([]);
    expect(merge.heard(2, block(3))).toHaveLength(1);
  });

  it('tells that a node is lost, and back once, by itself or by another that sees it', () => {
    const merge = readyNetwork();
    expect(merge.lost(2, null, 'SIGKILL', '')).toMatchObject([{ event: 'node-lost', node: 2 }]);
    expect(merge.heard(1, { event: 'peer-joined', publicKey: keyOf(2), node: 2 })).toEqual([
      { event: 'node-back', node: 2, pid: null },
    ]);
    expect(merge.heard(2, ready(2, 77))).toEqual([]);
  });

  it('tells of a node that was started again once it answers, with its process', () => {
    const merge = readyNetwork();
    merge.lost(2, null, 'SIGKILL', '');
    merge.started(2);
    expect(merge.heard(1, { event: 'peer-joined', publicKey: keyOf(2), node: 2 })).toEqual([]);
    expect(merge.heard(2, ready(2, 77))).toEqual([{ event: 'node-back', node: 2, pid: 77 }]);
  });
});
