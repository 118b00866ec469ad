import { afterEach, describe, expect, it, vi } from 'vitest';
import { sha256, toHex } from '../core/bytes.ts';
import { Core } from '../core/core.ts';
import { StatementSigner } from '../core/signing.ts';
import { TestApplication } from '../core/test-application.test.support.ts';
import type { ClusterId, CrashModel, Epoch, LogIndex } from '../core/types.ts';
import { verifyCertificate, verifyLeaderProof } from '../core/verification.ts';
import { Ed25519Scheme } from '../identity/ed25519-scheme.ts';
import { NodeKey } from '../identity/node-key.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import { MemoryNetwork } from '../transport/memory.ts';
import type { Clock } from './clock.ts';
import { asApplication, until } from './mokka.test.support.ts';
import { Mokka, type MokkaOptions, storeIdentityOf } from './mokka.ts';
import { createStore } from './restore.ts';

const CLUSTER = toHex(sha256(new TextEncoder().encode('driver test'))) as ClusterId;

class Node {
  readonly key = NodeKey.generate();
  readonly tables = new MemoryTables();
  readonly state = new TestApplication();
  mokka: Mokka | null = null;

  get running(): Mokka {
    if (this.mokka === null) throw new Error('not running');
    return this.mokka;
  }
}

class FullDisk extends MemoryStorage {
  override async write(): Promise<void> {
    throw new Error('disk is full');
  }
}

class Cluster {
  readonly network = new MemoryNetwork();
  readonly nodes: Node[];

  readonly crashModel: CrashModel;

  constructor(count: number, crashModel: CrashModel = 'CFT') {
    this.crashModel = crashModel;
    this.nodes = Array.from({ length: count }, () => new Node());
  }

  options(node: Node): MokkaOptions {
    return {
      identity: { id: node.key.id, signatures: new Ed25519Scheme(node.key) },
      clusterId: CLUSTER,
      crashModel: this.crashModel,
      validators: this.nodes.map(({ key }, at) => ({
        id: key.id,
        host: '127.0.0.1',
        port: at + 1,
      })),
      transport: this.network.createTransport(node.key.id),
      storage: new MemoryStorage(node.tables),
      application: asApplication(node.state),
    };
  }

  async start(node: Node): Promise<void> {
    const options = this.options(node);
    if (node.tables.records.size === 0)
      await createStore(options.storage, storeIdentityOf(options));
    node.mokka = new Mokka(options);
    await node.mokka.start();
  }

  async startAll(): Promise<void> {
    for (const node of this.nodes) await this.start(node);
  }

  submit(payload: string): void {
    for (const node of this.nodes) {
      node.state.pending.push(new TextEncoder().encode(payload));
      node.mokka?.notifyPending();
    }
  }

  leader(): Node | undefined {
    return this.nodes.find((node) => node.mokka?.status().role === 'leader');
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.mokka?.stop()));
  }
}

const payloads = (node: Node) =>
  node.state.committed.filter((entry) => entry.kind === 'payload').length;

describe('Mokka', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stopAll());

  it.each([
    [3, 'CFT'],
    [4, 'BFT'],
  ] as const)(
    'commits the same entries on %d nodes (%s), with certificates and proofs anyone can verify',
    async (count, crashModel) => {
      cluster = new Cluster(count, crashModel);
      await cluster.startAll();
      for (let at = 0; at < 20; at += 1) cluster.submit(`payload ${at}`);
      await until(() => cluster.nodes.every((node) => payloads(node) === 20));
      const [first] = cluster.nodes;
      if (first === undefined) throw new Error('no node');
      const hashes = cluster.nodes.map(({ state }) =>
        state.committed.map(({ hash }) => hash).join(),
      );
      expect(new Set(hashes).size).toBe(1);
      const found = await first.running.getCertificate(3 as LogIndex);
      const set = {
        epoch: 0 as Epoch,
        validators: cluster.nodes.map(({ key }) => key.id),
        crashModel,
      };
      const signer = new StatementSigner(CLUSTER, new Ed25519Scheme(first.key));
      if (found === null) throw new Error('no certificate');
      expect(verifyCertificate(found.certificate, set, signer)).toBe(true);
      expect(found.entries[0]?.index).toBe(3);
      const proof = await first.running.getLeaderProof(found.certificate.term);
      expect(proof !== null && verifyLeaderProof(proof, set, signer)).toBe(true);
      expect(await first.running.getEntriesAfter(2 as LogIndex, 5)).toHaveLength(5);
      // A slow machine may take more than one election.
      expect(first.running.getInfo().committed.index).toBeGreaterThanOrEqual(21);
    },
  );

  it('BFT: restarted nodes go on, a quorum that complains changes the leader, and nobody is accused', async () => {
    cluster = new Cluster(4, 'BFT');
    await cluster.startAll();
    cluster.submit('before');
    await until(() => cluster.nodes.every((node) => payloads(node) === 1));
    for (const node of cluster.nodes) await node.running.stop();
    await cluster.startAll();
    cluster.submit('after');
    await until(() => cluster.nodes.every((node) => payloads(node) === 2));
    const leader = cluster.leader();
    if (leader === undefined) throw new Error('no leader');
    const { term } = leader.running.status();
    for (const node of cluster.nodes) node.running.complain(true);
    await until(() => cluster.nodes.every((node) => node.running.status().term > term));
    cluster.submit('in the end');
    await until(() => cluster.nodes.every((node) => payloads(node) === 3));
    expect(cluster.nodes.map((node) => node.running.getEvidence())).toEqual([[], [], [], []]);
  });

  it('hands leadership over when the leader is stopped, and continues from its store when it returns', async () => {
    cluster = new Cluster(3);
    await cluster.startAll();
    cluster.submit('before');
    await until(() => cluster.nodes.every((node) => payloads(node) === 1));
    const leader = cluster.leader();
    if (leader === undefined) throw new Error('no leader');
    const term = leader.running.status().term;
    const timeouts: number[] = [];
    for (const node of cluster.nodes) {
      node.running.on('heartbeat_timeout', (event) => timeouts.push(event.term));
    }
    await leader.running.stop();
    leader.mokka = null;
    leader.state.crash();
    cluster.submit('after');
    await until(() => cluster.nodes.every((node) => node === leader || payloads(node) === 2));
    expect(timeouts.filter((at) => at === term)).toEqual([]);
    await cluster.start(leader);
    cluster.submit('later');
    await until(() => cluster.nodes.every((node) => payloads(node) === 3));
  });

  it('stops with a reason when a write fails', async () => {
    cluster = new Cluster(1);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('no node');
    const options = cluster.options(node);
    await createStore(options.storage, storeIdentityOf(options));
    const failing: MokkaOptions = { ...options, storage: new FullDisk(node.tables) };
    const mokka = new Mokka(failing);
    const errors: string[] = [];
    mokka.on('error', (event) => errors.push(event.code));
    await mokka.start();
    const reason = await mokka.stopped;
    expect(reason).toMatchObject({ kind: 'halted', code: 'storage-failed' });
    expect(reason.kind === 'halted' && reason.reason).toContain('disk is full');
    expect(errors).toEqual(['storage-failed']);
  });

  it('stops with a reason when the core fails', async () => {
    cluster = new Cluster(1);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('no node');
    const step = vi.spyOn(Core.prototype, 'step').mockImplementation(() => {
      throw new RangeError('a defect');
    });
    await cluster.start(node);
    step.mockRestore();
    const reason = await node.running.stopped;
    expect(reason).toMatchObject({ kind: 'halted', code: 'invariant' });
    expect(reason.kind === 'halted' && reason.reason).toContain('a defect');
  });

  it('stops with a reason when the application can not commit', async () => {
    cluster = new Cluster(1);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('no node');
    node.state.commit = () => {
      throw new Error('state is broken');
    };
    await cluster.start(node);
    expect(await node.running.stopped).toMatchObject({ code: 'application-failed' });
  });

  it('refuses an empty store, and one of another key', async () => {
    cluster = new Cluster(1);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('no node');
    const options = cluster.options(node);
    await expect(new Mokka(options).start()).rejects.toMatchObject({ code: 'store-not-created' });
    const other = NodeKey.generate();
    const identity = { id: other.id, signatures: new Ed25519Scheme(other) };
    await createStore(options.storage, storeIdentityOf({ ...options, identity }));
    await expect(new Mokka(options).start()).rejects.toMatchObject({ code: 'store-of-another' });
    await expect(createStore(options.storage, storeIdentityOf(options))).rejects.toMatchObject({
      code: 'store-not-empty',
    });
  });

  it('carries application messages beside consensus', async () => {
    cluster = new Cluster(2);
    await cluster.startAll();
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('no node');
    const received: string[] = [];
    second.running.on('application-message', ({ from, bytes }) => {
      expect(from).toBe(first.key.id);
      received.push(new TextDecoder().decode(bytes));
    });
    await until(() => first.running.send(second.key.id, new TextEncoder().encode('hello')));
    await until(() => received.length > 0);
    expect(received[0]).toBe('hello');
  });

  it('goes on when a member sends what is no message', async () => {
    cluster = new Cluster(3);
    const [first, second, liar] = cluster.nodes;
    if (first === undefined || second === undefined || liar === undefined)
      throw new Error('no node');
    await cluster.start(first);
    await cluster.start(second);
    const transport = cluster.network.createTransport(liar.key.id);
    const linked = new Set<string>();
    await transport.listen({
      onFrame: () => undefined,
      onConnected: (peer) => linked.add(peer),
      onDisconnected: () => undefined,
    });
    const addresses = cluster
      .options(first)
      .validators.map(({ id, host, port }) => ({ id, host, port }));
    transport.setPeers(addresses.filter(({ id }) => id !== liar.key.id));
    await until(() => linked.has(first.key.id) && linked.has(second.key.id));
    for (const peer of [first, second]) {
      for (const bytes of [
        [],
        [0],
        [0xff, 0xff],
        [0xc0],
        [0xc1, 0x80],
        [...Buffer.from('{"type":1}')],
      ]) {
        transport.write(peer.key.id, 'consensus', Uint8Array.from(bytes));
        transport.write(peer.key.id, 'application', Uint8Array.from(bytes));
      }
    }
    cluster.submit('payload');
    await until(() => payloads(first) === 1 && payloads(second) === 1);
    await transport.close();
  });

  it('follows its leader after it was busy: what waits in its links is read before a timeout is believed', async () => {
    cluster = new Cluster(3);
    const [first] = cluster.nodes;
    if (first === undefined) throw new Error('no node');
    const calls: (() => void)[] = [];
    let time = 0;
    const clock: Clock = {
      now: () => time,
      unixTime: () => 1_700_000_000_000 + time,
      schedule: (_delay, call) => {
        calls.push(call);
        return () => calls.splice(calls.indexOf(call), 1);
      },
    };
    const options = { ...cluster.options(first), clock };
    await createStore(options.storage, storeIdentityOf(options));
    const step = vi.spyOn(Core.prototype, 'step');
    first.mokka = new Mokka(options);
    await first.mokka.start();
    await until(() => calls.length > 0);
    const seen: string[] = [];
    const instants = new Set<number>();
    step.mockClear();
    step.mockImplementation((input, { now }) => {
      seen.push(input.type);
      instants.add(now);
      return [];
    });
    // As after a long task: the timer is due, and an answer of a link is in the queue of this turn.
    time += 60_000;
    const arrived = new Promise<void>((resolve) => {
      setImmediate(() => {
        first.running.notifyPending();
        resolve();
      });
    });
    for (const call of [...calls]) call();
    await arrived;
    await until(() => seen.includes('tick'));
    step.mockRestore();
    expect(seen[0]).not.toBe('tick');
    expect([...instants]).toEqual([time]);
  });
});
