import type { CrashModel, NodeId, Role } from 'mokka';
import { describe, expect, it } from 'vitest';
import { PeerView } from './peer-view.ts';

const ids = ['1', '2', '3', '4'].map((digit) => digit.repeat(64) as NodeId);
const [SELF, ...OTHERS] = ids as [NodeId, ...NodeId[]];
const LIE = 2 ** 50;

function viewOf(crashModel: CrashModel): PeerView {
  const view = new PeerView({ self: SELF, validators: ids, crashModel });
  for (const peer of OTHERS) view.connected(peer);
  return view;
}

function tell(view: PeerView, heights: readonly number[]): void {
  heights.forEach((blockNumber, position) => {
    const role: Role = 'follower';
    const status = {
      role,
      term: 1,
      appliedIndex: 1,
      blockNumber,
      blockHash: '0x',
      pooled: 0,
      rpcUrl: null,
    };
    view.told(OTHERS[position] ?? SELF, status, 0);
  });
}

describe('the highest block that others tell of', () => {
  it('is the highest of all where nodes only crash', () => {
    const view = viewOf('CFT');
    tell(view, [5, 7, 6]);
    expect(view.network().highestBlock).toBe(7);
  });

  it('is not what one faulty node makes up', () => {
    const view = viewOf('BFT');
    tell(view, [5, LIE, 6]);
    expect(view.network().highestBlock).toBe(6);
  });

  it('is nothing while too few have told to know', () => {
    const view = viewOf('BFT');
    tell(view, [LIE]);
    expect(view.network().highestBlock).toBe(0);
  });

  it('forgets a peer whose link is down, and believes no stranger', () => {
    const view = viewOf('CFT');
    tell(view, [5, 7, 6]);
    view.disconnected(OTHERS[1] ?? SELF);
    expect(view.network()).toMatchObject({ highestBlock: 6, connectedValidators: 3 });
    view.told(
      '9'.repeat(64) as NodeId,
      {
        role: 'follower',
        term: 1,
        appliedIndex: 1,
        blockNumber: LIE,
        blockHash: '0x',
        pooled: 0,
        rpcUrl: null,
      },
      0,
    );
    expect(view.network().highestBlock).toBe(6);
  });
});

describe('the members as they are agreed', () => {
  const member = (id: NodeId, at: number, role: 'validator' | 'observer') => {
    return { id, host: 'host', port: at + 1, role };
  };

  it('count for the quorum as validators, and as links whatever they are', () => {
    const view = viewOf('CFT');
    expect(view.network()).toMatchObject({ validators: 4, quorum: 3, connectedValidators: 4 });
    const [first, second] = OTHERS as [NodeId, NodeId];
    view.membersChanged(1, [
      member(SELF, 0, 'observer'),
      member(first, 1, 'validator'),
      member(second, 2, 'validator'),
    ]);
    expect(view.epoch).toBe(1);
    expect(view.network()).toMatchObject({
      validators: 2,
      quorum: 2,
      connectedValidators: 2,
      peers: 3,
      isMember: true,
    });
    tell(view, [5, 7, LIE]);
    expect(view.network().highestBlock).toBe(7);
    view.membersChanged(2, [member(first, 1, 'validator')]);
    expect(view.network()).toMatchObject({ validators: 1, quorum: 1, isMember: false });
  });
});
