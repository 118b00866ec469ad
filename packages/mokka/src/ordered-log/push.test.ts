import { afterEach, describe, expect, it } from 'vitest';
import { TestApplication } from '../core/test-application.test.support.ts';
import type { LogIndex } from '../core/types.ts';
import { asApplication, until } from '../driver/mokka.test.support.ts';
import { Mokka } from '../driver/mokka.ts';
import { Random } from '../simulator/world/random.ts';
import type { JsonValue, PushPlace } from './push.ts';
import { PushCluster, type PushNode } from './push-cluster.test.support.ts';
import { PushError } from './push-error.ts';

const keysOf = (node: PushNode) => node.applied.map(({ key }) => key);
const codeOf = (error: unknown) => (error instanceof PushError ? error.code : error);

describe('push', () => {
  let cluster: PushCluster;
  afterEach(() => cluster.stopAll());

  it('orders what every node pushes, in the same order everywhere, and says where it stands', async () => {
    cluster = new PushCluster(3);
    await cluster.startAll();
    const pushes = cluster.nodes.flatMap((node, number) =>
      Array.from({ length: 50 }, (_, at) => node.running.push(`${number}/${at}`, { at, number })),
    );
    const places = await Promise.all(pushes);
    await until(() => cluster.nodes.every(({ applied }) => applied.length === 150));
    const [first] = cluster.nodes;
    for (const node of cluster.nodes) expect(node.applied).toEqual(first?.applied);
    for (const [at, place] of places.entries()) {
      const found = first?.applied.find(
        ({ index, position }) => index === place.index && position === place.position,
      );
      const number = Math.floor(at / 50);
      expect(found).toMatchObject({ key: `${number}/${at % 50}`, value: { at: at % 50, number } });
      expect(found?.origin).toBe(cluster.at(number).key.id);
    }
    for (const number of [0, 1, 2]) {
      const own = first?.applied.filter(({ key }) => key.startsWith(`${number}/`));
      expect(own?.map(({ key }) => key)).toEqual(
        places.slice(0, 50).map((_, at) => `${number}/${at}`),
      );
    }
  });

  it('orders pushes in BFT mode too, where each is signed by its origin', async () => {
    cluster = new PushCluster(4, {}, 'BFT');
    await cluster.startAll();
    await Promise.all(
      cluster.nodes.flatMap((node, number) =>
        Array.from({ length: 20 }, (_, at) => node.running.push(`${number}/${at}`, at)),
      ),
    );
    await until(() => cluster.nodes.every(({ applied }) => applied.length === 80));
    for (const node of cluster.nodes) expect(node.applied).toEqual(cluster.at(0).applied);
  });

  it('has applied a push on its own node when it resolves', async () => {
    cluster = new PushCluster(3);
    await cluster.startAll();
    for (const [at, node] of cluster.nodes.entries()) {
      await node.running.push(`own ${at}`, at);
      expect(keysOf(node)).toContain(`own ${at}`);
    }
  });

  it('keeps the bytes of what was pushed, whatever becomes of the object', async () => {
    cluster = new PushCluster(1);
    await cluster.startAll();
    const value: Record<string, JsonValue> = { deep: ['ä', 1.5, null, true], __proto__: 1 };
    const pushed = cluster.at(0).running.push('schlüssel', value);
    value['deep'] = 'changed';
    await pushed;
    expect(cluster.at(0).applied[0]).toMatchObject({
      key: 'schlüssel',
      value: { deep: ['ä', 1.5, null, true] },
    });
  });

  it('counts every push once while frames are lost, leaders stop and nodes restart', async () => {
    const random = new Random(7);
    cluster = new PushCluster(3, {
      drop: ({ channel }) => channel === 'application' && random.chance(0.2),
    });
    const fast = { pushLimits: { resendInterval: 20 } };
    await cluster.startAll(fast);
    const resolved: string[] = [];
    const unknown: string[] = [];
    let number = 0;
    const pushAll = () => {
      for (const node of cluster.nodes) {
        for (let at = 0; at < 10 && node.mokka !== null; at += 1) {
          const key = `push ${number}`;
          number += 1;
          node.mokka.push(key, number).then(
            () => resolved.push(key),
            () => unknown.push(key),
          );
        }
      }
    };
    for (let round = 0; round < 6; round += 1) {
      pushAll();
      await until(() => cluster.leader() !== undefined);
      const victim = round % 2 === 0 ? cluster.leader() : cluster.at(round % 3);
      if (victim === undefined) continue;
      await cluster.stop(victim);
      pushAll();
      await cluster.start(victim, fast);
    }
    await until(() => resolved.length + unknown.length === number);
    await cluster.at(0).running.push('last', 0);
    await until(() => cluster.nodes.every((node) => keysOf(node).includes('last')));
    for (const node of cluster.nodes) expect(node.applied).toEqual(cluster.at(0).applied);
    const counts = new Map<string, number>();
    for (const key of keysOf(cluster.at(0))) counts.set(key, (counts.get(key) ?? 0) + 1);
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
    for (const key of resolved) expect(counts.get(key)).toBe(1);
    expect(resolved.length).toBeGreaterThan(100);
  });

  it('is applied when the leader that got it is cut off before it could propose it', async () => {
    cluster = new PushCluster(3);
    await cluster.startAll();
    await cluster.at(0).running.push('first', 0);
    const leader = cluster.leader();
    const [near, far] = cluster.nodes.filter((node) => node !== leader);
    if (leader === undefined || near === undefined || far === undefined)
      throw new Error('no leader');
    cluster.network.disconnect(leader.key.id, near.key.id);
    cluster.network.disconnect(leader.key.id, far.key.id);
    const pushes = [leader, near, far].map((node) => node.running.push(`of ${node.key.id}`, 1));
    await Promise.all(pushes.slice(1));
    cluster.network.connect(leader.key.id, near.key.id);
    cluster.network.connect(leader.key.id, far.key.id);
    await Promise.all(pushes);
    await until(() => cluster.nodes.every(({ applied }) => applied.length === 4));
  });

  it('builds a state in memory again at start, from the log', async () => {
    cluster = new PushCluster(3);
    await cluster.startAll();
    for (let at = 0; at < 20; at += 1) await cluster.at(at % 3).running.push(`key ${at % 5}`, at);
    await until(() => cluster.nodes.every(({ applied }) => applied.length === 20));
    const before = cluster.at(0).applied;
    await cluster.stopAll();
    await cluster.start(cluster.at(0));
    expect(cluster.at(0).applied).toEqual(before);
    await cluster.start(cluster.at(1));
    await cluster.at(0).running.push('after', 1);
    expect(cluster.at(0).applied).toHaveLength(21);
  });

  it('hands a durable state only what lies behind its own place', async () => {
    cluster = new PushCluster(1);
    const node = cluster.at(0);
    await cluster.startAll();
    for (let at = 0; at < 10; at += 1) await node.running.push(`key ${at}`, at);
    const all = node.applied;
    for (const known of [0, 4, 9]) {
      await cluster.stop(node);
      const place: PushPlace | undefined = all[known];
      await cluster.start(node, { appliedUpTo: async () => place ?? null });
      expect(node.applied).toEqual(all.slice(known + 1));
    }
    await node.running.push('next', 0);
    expect(keysOf(node)).toEqual(['next']);
  });

  it('does not start on a log that does not lead to the state that was stored', async () => {
    cluster = new PushCluster(1);
    const node = cluster.at(0);
    await cluster.startAll();
    await node.running.push('one', 1);
    await cluster.stop(node);
    const entries = node.tables.numbered.get('entries');
    const [key = 0] = [...(entries?.keys() ?? [])].slice(-1);
    entries?.delete(key);
    await expect(cluster.start(node)).rejects.toMatchObject({ code: 'store-damaged' });
    node.mokka = null;
  });

  it('stops the node when apply throws, as halted for the application', async () => {
    cluster = new PushCluster(1);
    const node = cluster.at(0);
    await cluster.startAll({
      apply: () => {
        throw new Error('can not apply');
      },
    });
    const pushed = node.running.push('key', 1).catch(codeOf);
    const reason = await node.running.stopped;
    expect(reason).toMatchObject({ kind: 'halted', code: 'application-failed' });
    expect(await pushed).toBe('stopped');
  });

  it('waits for an apply that takes its time, one push after the other', async () => {
    cluster = new PushCluster(1);
    const node = cluster.at(0);
    let running = 0;
    let most = 0;
    await cluster.startAll({
      apply: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    await Promise.all([1, 2, 3, 4].map((at) => node.running.push('key', at)));
    expect(most).toBe(1);
  });

  it('rejects with a code and sends nothing', async () => {
    cluster = new PushCluster(2);
    const limits = { maxWaiting: 2, maxKeyBytes: 8, maxValueBytes: 20 };
    const node = cluster.at(0);
    const early = new Mokka(cluster.options(cluster.at(1)));
    expect(await early.push('key', 1).catch(codeOf)).toBe('not-started');
    // The other node is away: nothing commits.
    await cluster.start(node, { pushLimits: limits });
    const { running } = node;
    expect(await running.push('', 1).catch(codeOf)).toBe('invalid-key');
    expect(await running.push('\ud800', 1).catch(codeOf)).toBe('invalid-key');
    expect(await running.push('far too long', 1).catch(codeOf)).toBe('too-large');
    expect(await running.push('key', 'x'.repeat(19)).catch(codeOf)).toBe('too-large');
    expect(await running.push('key', Number.NaN).catch(codeOf)).toBe('invalid-value');
    const waiting = [running.push('a', 1).catch(codeOf), running.push('b', 1).catch(codeOf)];
    expect(await running.push('c', 1).catch(codeOf)).toBe('queue-full');
    await running.stop();
    expect(await Promise.all(waiting)).toEqual(['stopped', 'stopped']);
    expect(await running.push('d', 1).catch(codeOf)).toBe('stopped');
  });

  it('is not for a node with an application of its own, nor for limits that could not be met', async () => {
    cluster = new PushCluster(1);
    const { apply, ...common } = cluster.options(cluster.at(0));
    expect(apply).toBeDefined();
    const own = new Mokka({
      ...common,
      application: asApplication(new TestApplication()),
    } as never);
    expect(await own.push('key', 1).catch(codeOf)).toBe('own-application');
    const pushLimits = { maxValueBytes: 1024 * 1024 };
    expect(() => new Mokka(cluster.options(cluster.at(0), { pushLimits }))).toThrow(PushError);
  });

  it('carries pushes of the largest size from a follower', async () => {
    cluster = new PushCluster(3);
    await cluster.startAll();
    await cluster.at(0).running.push('first', 0);
    const follower = cluster.nodes.find((node) => node !== cluster.leader());
    const value = 'x'.repeat(512 * 1024 - 2);
    await Promise.all(
      Array.from({ length: 12 }, (_, at) => follower?.running.push(`large ${at}`, value)),
    );
    expect(follower?.applied.filter((push) => push.value === value)).toHaveLength(12);
  });

  it('leaves messages of the user beside pushes', async () => {
    cluster = new PushCluster(2);
    await cluster.startAll();
    const received: number[][] = [];
    cluster.at(1).running.on('application-message', ({ bytes }) => received.push([...bytes]));
    await cluster.at(0).running.push('key', 1);
    for (const bytes of [[], [0], [1, 2]]) {
      expect(cluster.at(0).running.send(cluster.at(1).key.id, Uint8Array.from(bytes))).toBe(true);
    }
    await until(() => received.length === 3);
    expect(received).toEqual([[], [0], [1, 2]]);
  });

  it('keeps entries, certificates and pushes of one log together', async () => {
    cluster = new PushCluster(3);
    await cluster.startAll();
    const place = await cluster.at(1).running.push('key', 1);
    const entry = await cluster.at(1).running.getEntry(place.index);
    expect(entry).toMatchObject({ kind: 'payload', index: place.index });
    const after =
      (await cluster.at(1).running.getEntriesAfter((place.index - 1) as LogIndex, 1)) ?? [];
    expect(after.map(({ hash }) => hash)).toEqual([entry?.hash]);
    expect((await cluster.at(1).running.getCertificate(place.index))?.entries[0]).toEqual(entry);
  });
});
