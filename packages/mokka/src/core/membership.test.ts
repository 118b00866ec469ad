/** Rule *membership* in whole clusters: who joins and leaves, and that the network goes on meanwhile. */
import { describe, expect, it } from 'vitest';
import { type MembershipChange, validatorsOf } from './members.ts';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

const TIMEOUT = 5_000;

function addition(number: number): MembershipChange {
  return { type: 'add', member: { id: nodeId(number), host: `node-${number}`, port: 1 } };
}

/** Asks at one node and runs until its answer is there. */
function change(cluster: VirtualCluster, at: number, wanted: MembershipChange) {
  const { results } = cluster.node(at);
  const count = results.length;
  cluster.input(at, {
    type: 'propose-membership',
    request: count,
    change: wanted,
    timeout: TIMEOUT,
  });
  cluster.until(() => results.length > count);
  const result = results[count];
  return result?.accepted === false ? result.code : `epoch ${result?.epoch}`;
}

function commitsEverywhere(cluster: VirtualCluster, word: string, nodes: readonly number[]): void {
  cluster.submit(word);
  cluster.until(() => nodes.every((at) => cluster.committed(at).includes(word)));
}

function leaderOf(cluster: VirtualCluster): number {
  const leader = cluster.leader();
  if (leader === null) throw new Error('nobody leads');
  return leader;
}

describe('Rule membership: adding and removing', () => {
  it('grows from three to five by observers that catch up and are promoted, and shrinks again', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    for (let at = 0; at < 40; at += 1) cluster.submit(`early ${at}`);
    commitsEverywhere(cluster, 'before', [0, 1, 2]);
    for (const added of [await cluster.join(), await cluster.join()]) {
      expect(change(cluster, 0, addition(added))).toMatch(/^epoch/);
      cluster.until(() => cluster.committed(added).includes('before'));
      expect(cluster.node(added).running.status().role).toBe('observer');
      expect(change(cluster, 1, { type: 'promote', id: nodeId(added) })).toMatch(/^epoch/);
      commitsEverywhere(cluster, `with ${added}`, [0, 1, 2, added]);
    }
    const five = cluster.node(0).running.status();
    expect(validatorsOf(five.members)).toEqual([0, 1, 2, 3, 4].map(nodeId));
    expect(five.epoch).toBe(4);
    for (const removed of [0, 1, 2, 3]) {
      expect(change(cluster, 4, { type: 'remove', id: nodeId(removed) })).toMatch(/^epoch/);
      const left = [0, 1, 2, 3, 4].filter((at) => at > removed);
      commitsEverywhere(cluster, `without ${removed}`, left);
    }
    expect(cluster.node(4).running.status().epoch).toBe(8);
    expect(cluster.committed(4)).toHaveLength(47);
    for (const node of cluster.nodes) expect(node.halt).toBeNull();
  });

  it('an observer follows, executes, and never votes', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const added = await cluster.join();
    change(cluster, 0, addition(added));
    commitsEverywhere(cluster, 'seen', [0, 1, 2, added]);
    // Two of three validators are gone: the observer makes up for none of them.
    const alone = leaderOf(cluster);
    for (const other of [0, 1, 2].filter((at) => at !== alone)) cluster.crash(other);
    cluster.submit('alone');
    cluster.pass(3_000);
    expect(cluster.committed(alone)).not.toContain('alone');
    expect(cluster.leader()).toBeNull();
    const spoken = new Set(cluster.node(added).sent.map(({ message }) => message.type));
    for (const type of ['vote', 'pre-vote', 'yield', 'propose'] as const) {
      expect(spoken).not.toContain(type);
    }
    for (const { message } of cluster.node(added).sent) {
      // It passes on the promises of others, and makes none.
      if (message.type === 'term-vote') expect(message.termVote.voter).not.toBe(nodeId(added));
    }
  });

  it('a newcomer catches up over several epochs', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const [first, second] = [await cluster.join(), await cluster.join()];
    change(cluster, 0, addition(first));
    for (let round = 0; round < 5; round += 1) {
      change(cluster, 0, { type: 'promote', id: nodeId(first) });
      commitsEverywhere(cluster, `up ${round}`, [0, 1, 2]);
      change(cluster, 0, { type: 'demote', id: nodeId(first) });
      commitsEverywhere(cluster, `down ${round}`, [0, 1, 2]);
    }
    expect(cluster.node(second).running.status().commitIndex).toBe(0);
    change(cluster, 0, addition(second));
    cluster.until(() => cluster.committed(second).includes('down 4'), 3_000);
    expect(cluster.node(second).running.status().epoch).toBe(12);
  });

  it('a removed leader hears of it, says so, and the others go on', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    commitsEverywhere(cluster, 'before', [0, 1, 2]);
    const removed = leaderOf(cluster);
    const others = [0, 1, 2].filter((at) => at !== removed);
    expect(change(cluster, removed, { type: 'remove', id: nodeId(removed) })).toBe('epoch 1');
    const asked = cluster.now;
    cluster.until(() => cluster.leader() !== null && cluster.leader() !== removed);
    // The gap is one election without a timeout.
    expect(cluster.now - asked).toBeLessThan(30);
    commitsEverywhere(cluster, 'after', others);
    cluster.pass(2_000);
    const status = cluster.node(removed).running.status();
    expect(status.isMember).toBe(false);
    expect(status.halted).toBeNull();
    expect(cluster.node(removed).links.size).toBe(0);
    expect(cluster.committed(removed)).toEqual(['before']);
  });

  it.each([0, 1, 2])('two of three remove the dead node %i', async (dead) => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    cluster.crash(dead);
    const asks = (dead + 1) % 3;
    expect(change(cluster, asks, { type: 'remove', id: nodeId(dead) })).toBe('epoch 1');
    commitsEverywhere(
      cluster,
      'two',
      [0, 1, 2].filter((at) => at !== dead),
    );
    // Two tolerate nobody's death: the rule of the quorum, not a defect.
    expect(cluster.node(asks).running.status().members).toHaveLength(2);
  });

  it('a dead validator is replaced by an observer', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const spare = await cluster.join();
    change(cluster, 0, addition(spare));
    cluster.until(() => cluster.leader() !== null);
    const dead = leaderOf(cluster);
    cluster.crash(dead);
    const asks = (dead + 1) % 3;
    const wanted = { type: 'replace', id: nodeId(dead), by: nodeId(spare) } as const;
    expect(change(cluster, asks, wanted)).toBe('epoch 2');
    const present = [0, 1, 2].map((at) => (at === dead ? spare : at));
    commitsEverywhere(cluster, 'replaced', present);
    const status = cluster.node(asks).running.status();
    expect(validatorsOf(status.members)).toEqual(present.map(nodeId));
  });

  it('going from two validators to one needs both votes', async () => {
    const cluster = await VirtualCluster.started(2);
    cluster.until(() => cluster.leader() !== null);
    const leader = leaderOf(cluster);
    const other = 1 - leader;
    cluster.crash(other);
    expect(change(cluster, leader, { type: 'remove', id: nodeId(other) })).toBe('timed-out');
    expect(cluster.node(leader).running.status().epoch).toBe(0);
    await cluster.start(other);
    cluster.until(() => cluster.leader() !== null);
    if (cluster.node(leader).running.status().epoch === 0) {
      expect(change(cluster, leader, { type: 'remove', id: nodeId(other) })).toBe('epoch 1');
    }
    cluster.crash(other);
    commitsEverywhere(cluster, 'single', [leader]);
  });

  it('promotes under load without losing or stopping anything', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const added = await cluster.join();
    change(cluster, 0, addition(added));
    const start = cluster.now;
    const promote = { type: 'promote', id: nodeId(added) } as const;
    cluster.input(2, { type: 'propose-membership', request: 1, change: promote, timeout: TIMEOUT });
    let sent = 0;
    const everyone = [0, 1, 2, added];
    cluster.until(() => {
      // Two in every millisecond, so that something is always in flight.
      while (sent < Math.min(300, 2 * (cluster.now - start))) {
        cluster.submit(`load ${sent}`);
        sent += 1;
      }
      return everyone.every((at) => cluster.committed(at).length === 300);
    });
    expect(cluster.node(2).results.at(-1)).toMatchObject({ accepted: true, epoch: 2 });
    cluster.until(() => cluster.node(added).running.status().role !== 'observer');
    const orders = everyone.map((at) => cluster.committed(at).join());
    expect(new Set(orders).size).toBe(1);
  });
});

describe('Rule membership: requests', () => {
  it('refuses what does not fit the present members', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const wrong: MembershipChange[] = [
      { type: 'remove', id: nodeId(7) },
      { type: 'promote', id: nodeId(0) },
      { type: 'demote', id: nodeId(7) },
      { type: 'replace', id: nodeId(0), by: nodeId(1) },
      { type: 'add', member: { id: nodeId(0), host: 'x', port: 1 } },
      { type: 'add', member: { id: nodeId(7), host: 'validator-0', port: 1 } },
      { type: 'add', member: { id: nodeId(7), host: 'x', port: 0 } },
    ];
    for (const each of wrong) expect(change(cluster, 0, each)).toBe('invalid-change');
    const single = await VirtualCluster.started(1);
    expect(change(single, 0, { type: 'remove', id: nodeId(0) })).toBe('invalid-change');
    expect(change(single, 0, { type: 'demote', id: nodeId(0) })).toBe('invalid-change');
  });

  it('does not promote an observer that is away', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const added = await cluster.join();
    change(cluster, 0, addition(added));
    cluster.crash(added);
    expect(change(cluster, 1, { type: 'promote', id: nodeId(added) })).toBe('not-ready');
    commitsEverywhere(cluster, 'still', [0, 1, 2]);
  });

  it('answers two operators who ask for the same, and refuses another change meanwhile', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const added = await cluster.join();
    change(cluster, 0, addition(added));
    cluster.pass(200);
    // The readiness of the added one does not come through for a while.
    cluster.link = (_, __, message) => message.type !== 'readiness';
    const promote = { type: 'promote', id: nodeId(added) } as const;
    const ask = (at: number, wanted: MembershipChange) =>
      cluster.input(at, {
        type: 'propose-membership',
        request: 9,
        change: wanted,
        timeout: TIMEOUT,
      });
    const leader = leaderOf(cluster);
    const [one, two] = [0, 1, 2].filter((at) => at !== leader);
    if (one === undefined || two === undefined) throw new Error('three nodes');
    ask(leader, promote);
    cluster.pass(10);
    ask(one, promote);
    expect(change(cluster, two, { type: 'remove', id: nodeId(one) })).toBe('change-under-way');
    cluster.link = () => true;
    cluster.until(() => [one, leader].every((at) => cluster.node(at).results.at(-1)?.accepted));
    expect(cluster.node(leader).running.status().epoch).toBe(2);
  });
});

describe('Rule membership: nobody is left behind', () => {
  it('the only validator of the next epoch missed all of the change, and nobody leads', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.until(() => cluster.leader() !== null);
    const spare = await cluster.join();
    change(cluster, 0, addition(spare));
    for (const gone of [1, 2]) change(cluster, 0, { type: 'remove', id: nodeId(gone) });
    commitsEverywhere(cluster, 'one', [0, spare]);
    cluster.until(() => leaderOf(cluster) === 0);
    // The new validator has shown to be ready and hears of nothing after that.
    cluster.link = (_, to, message) =>
      to !== spare || message.type === 'heartbeat' || message.type === 'readiness-request';
    change(cluster, 0, { type: 'replace', id: nodeId(0), by: nodeId(spare) });
    expect(cluster.node(0).running.status().isMember).toBe(false);
    cluster.crash(spare);
    cluster.pass(1_000);
    cluster.link = () => true;
    await cluster.start(spare);
    commitsEverywhere(cluster, 'another', [spare]);
  });
});
