import type { CallRequest } from '@praline/chain';
import { ChainError } from '@praline/chain';
import type { NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import { LeaderRequests } from './leader-requests.ts';
import type { PeerMessage, RequestId } from './peer-message.ts';
import { SignedAnswers } from './signed-answers.ts';

const NAMES = ['a', 'b', 'c'] as const;
const idOf = (name: string): NodeId => name.repeat(64) as NodeId;

/** Three nodes whose messages move when the test says so, and can be lost. */
class TestNodes {
  readonly nodes = new Map<NodeId, TestNode>();
  leader: NodeId | null = idOf('a');
  now = 0;
  readonly queue: { from: NodeId; to: NodeId; message: PeerMessage }[] = [];
  readonly dead = new Set<NodeId>();
  connected = 3;
  readonly trustsMembers: boolean;

  constructor({ trustsMembers = true } = {}) {
    this.trustsMembers = trustsMembers;
    for (const name of NAMES) {
      this.nodes.set(idOf(name), new TestNode(idOf(name), this));
    }
  }

  node(name: string): TestNode {
    const node = this.nodes.get(idOf(name));
    if (node === undefined) {
      throw new Error(name);
    }
    return node;
  }

  /** Delivers until nothing is under way. */
  async settle(): Promise<void> {
    for (let round = 0; round < 50; round += 1) {
      for (const { from, to, message } of this.queue.splice(0)) {
        if (!this.dead.has(from) && !this.dead.has(to)) {
          this.nodes.get(to)?.requests.received(from, message);
        }
      }
      await Promise.resolve();
    }
  }

  /** Lets what nodes do by themselves happen; messages stay under way. */
  async settleServing(): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      await Promise.resolve();
    }
  }

  elect(name: string): void {
    this.leader = idOf(name);
    for (const { requests } of this.nodes.values()) {
      requests.leaderChanged();
    }
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const { requests } of this.nodes.values()) {
      requests.tick();
    }
  }
}

class TestNode {
  readonly requests: LeaderRequests;
  readonly signed: RequestId[] = [];
  refusal: Error | null = null;
  mined = 0;
  readonly developed: RequestId[] = [];

  constructor(self: NodeId, all: TestNodes) {
    const others = NAMES.map(idOf).filter((id) => id !== self);
    this.requests = new LeaderRequests({
      network: {
        self,
        leader: () => all.leader,
        send: (to, message) => {
          all.queue.push({ from: self, to, message });
          return true;
        },
        broadcast: (message) => {
          for (const to of others) {
            all.queue.push({ from: self, to, message });
          }
        },
        quorum: () => ({ connected: all.connected, needed: 2, validators: 3 }),
      },
      duties: {
        sign: async (requestId) => {
          if (this.refusal !== null) {
            throw this.refusal;
          }
          this.signed.push(requestId);
          return Uint8Array.of(self.charCodeAt(0), this.signed.length);
        },
        mine: async () => {
          this.mined += 1;
          return this.mined;
        },
        develop: async (requestId) => {
          if (this.refusal !== null) {
            throw this.refusal;
          }
          this.developed.push(requestId);
        },
      },
      answers: new SignedAnswers(),
      trustsMembers: all.trustsMembers,
      now: () => all.now,
    });
  }
}

const REQUEST: CallRequest = { gas: 21_000n };

describe('leader requests', () => {
  it('are served by the leader, for itself and for others', async () => {
    const all = new TestNodes();
    const own = all.node('a').requests.sign(REQUEST);
    const forwarded = all.node('b').requests.sign(REQUEST);
    await all.settle();
    expect((await own).raw).toEqual(Uint8Array.of(97, 1));
    expect((await forwarded).raw).toEqual(Uint8Array.of(97, 2));
  });

  it('for blocks are served once a second for each other member of a network that trusts nobody', async () => {
    const all = new TestNodes({ trustsMembers: false });
    const leader = all.node('a');
    for (let request = 0; request < 50; request++) {
      const requestId = String(request).padStart(32, '0') as RequestId;
      leader.requests.received(idOf('b'), { type: 'mine', requestId });
    }
    await all.settle();
    expect(leader.mined).toBe(1);
    // Another member, and the leader's own clients, need not wait for that one.
    const others = Promise.all([all.node('c').requests.mine(), leader.requests.mine()]);
    await all.settle();
    expect(await others).toEqual([3, 2]);
    // Who waits asks again.
    const answer = all.node('b').requests.mine();
    await all.settle();
    expect(leader.mined).toBe(3);
    for (let round = 0; round < 4; round++) {
      all.pass(300);
      await all.settle();
    }
    expect(await answer).toBe(4);
  });

  it('are signed once, however often they are repeated', async () => {
    const all = new TestNodes();
    const answer = all.node('b').requests.sign(REQUEST);
    all.pass(400);
    all.pass(400);
    await all.settle();
    await answer;
    expect(all.node('a').signed).toHaveLength(1);
  });

  it('wait for a leader and go to it', async () => {
    const all = new TestNodes();
    all.leader = null;
    const answer = all.node('b').requests.sign(REQUEST);
    await all.settle();
    all.elect('c');
    await all.settle();
    expect((await answer).raw).toEqual(Uint8Array.of(99, 1));
  });

  it('get from the next leader the transaction that a leader signed and told it of before it died', async () => {
    const all = new TestNodes();
    const answer = all.node('b').requests.sign(REQUEST);
    const [request] = all.queue.splice(0);
    if (request === undefined) {
      throw new Error('no request was sent');
    }
    all.node('a').requests.received(request.from, request.message);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    // The answer reaches the third node only; then the leader dies.
    const toThird = all.queue.splice(0).filter(({ to }) => to === idOf('c'));
    expect(toThird).toHaveLength(1);
    all.queue.push(...toThird);
    await all.settle();
    all.dead.add(idOf('a'));
    all.elect('c');
    await all.settle();
    expect((await answer).raw).toEqual(Uint8Array.of(97, 1));
    expect(all.node('c').signed).toHaveLength(0);
  });

  it('carry a refusal with its code', async () => {
    const all = new TestNodes();
    all.node('a').refusal = new ChainError('unknown-account', 'unknown account');
    const answer = all.node('b').requests.sign(REQUEST);
    const outcome = expect(answer).rejects.toMatchObject({
      code: 'unknown-account',
      message: 'unknown account',
    });
    await all.settle();
    await outcome;
  });

  it('are given up without a quorum, with how many validators are missing', async () => {
    const all = new TestNodes();
    all.leader = null;
    all.connected = 1;
    const outcome = expect(all.node('b').requests.sign(REQUEST)).rejects.toMatchObject({
      code: 'no-quorum',
      message: expect.stringContaining('1 of 3 validators are connected, 2 are needed'),
    });
    all.pass(1);
    all.pass(4_998);
    all.pass(2);
    await outcome;
  });

  it('wait for the next leader, however long the last one took', async () => {
    const all = new TestNodes();
    const answer = all.node('b').requests.sign(REQUEST);
    all.dead.add(idOf('a'));
    all.pass(10_000);
    all.leader = null;
    all.pass(100);
    await all.settle();
    all.elect('c');
    await all.settle();
    expect((await answer).raw).toEqual(Uint8Array.of(99, 1));
  });

  it('are refused from the moment the node shuts down', async () => {
    const { requests } = new TestNodes().node('b');
    const before = expect(requests.sign(REQUEST)).rejects.toMatchObject({ code: 'closed' });
    requests.close();
    await before;
    await expect(requests.mine()).rejects.toMatchObject({ code: 'closed' });
  });

  it('believe only a node that was asked', async () => {
    const all = new TestNodes();
    const answer = all.node('b').requests.sign(REQUEST);
    const [sent] = all.queue;
    const requestId = sent?.message.type === 'sign' ? sent.message.requestId : ('' as RequestId);
    all
      .node('b')
      .requests.received(idOf('c'), { type: 'signed', requestId, raw: Uint8Array.of(9) });
    await all.settle();
    expect((await answer).raw).toEqual(Uint8Array.of(97, 1));
  });

  it('make a block at the leader', async () => {
    const all = new TestNodes();
    const answer = all.node('c').requests.mine();
    await all.settle();
    expect(await answer).toBe(1);
    expect(all.node('a').mined).toBe(1);
  });

  it('make one block, however often the request is repeated while its answer is on its way', async () => {
    const all = new TestNodes();
    const answer = all.node('c').requests.mine();
    const [request] = all.queue.splice(0);
    if (request === undefined) throw new Error('no request was sent');
    all.node('a').requests.received(request.from, request.message);
    await all.settleServing();
    all.node('a').requests.received(request.from, request.message);
    await all.settle();
    expect(await answer).toBe(1);
    expect(all.node('a').mined).toBe(1);
  });

  it('leave nothing behind once they are answered or given up', async () => {
    const all = new TestNodes();
    all.dead.add(idOf('a'));
    const outcomes = [all.node('b').requests.sign(REQUEST), all.node('c').requests.mine()].map(
      (answer) =>
        expect(answer).rejects.toMatchObject({
          code: 'no-quorum',
          message: expect.stringContaining('within 60 s'),
        }),
    );
    all.pass(59_999);
    all.pass(1);
    await Promise.all(outcomes);
    all.dead.clear();
    all.queue.length = 0;
    all.elect('c');
    await all.settle();
    expect(all.node('c').signed).toEqual([]);
    expect(all.node('c').mined).toBe(0);
  });
});
