/** Whole nodes over mutual TLS and LMDB on this machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { sha256, toHex } from '../core/bytes.ts';
import type { MembershipChange } from '../core/members.ts';
import { TestApplication } from '../core/test-application.test.support.ts';
import type { ClusterId } from '../core/types.ts';
import { Ed25519Scheme } from '../identity/ed25519-scheme.ts';
import { NodeKey } from '../identity/node-key.ts';
import { LmdbStorage } from '../storage/lmdb.ts';
import { TlsTransport } from '../transport/tls/tls-transport.ts';
import { asApplication, until } from './mokka.test.support.ts';
import { Mokka, storeIdentityOf } from './mokka.ts';
import { createStore } from './restore.ts';

const CLUSTER = toHex(sha256(new TextEncoder().encode('network test'))) as ClusterId;
const HOST = '127.0.0.1';

class Node {
  readonly key = NodeKey.generate();
  readonly state = new TestApplication();
  port = 0;
  folder = '';
  storage: LmdbStorage | null = null;
  mokka: Mokka | null = null;

  async stop(): Promise<void> {
    await this.mokka?.stop();
    await this.storage?.close();
    this.mokka = null;
    this.storage = null;
    this.state.crash();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function start(node: Node, all: readonly Node[], isNew: boolean): Promise<void> {
  const storage = isNew
    ? await LmdbStorage.create(node.folder)
    : await LmdbStorage.open(node.folder);
  const identity = { id: node.key.id, signatures: new Ed25519Scheme(node.key) };
  const options = {
    identity,
    clusterId: CLUSTER,
    crashModel: 'CFT',
    validators: all.map(({ key, port }) => ({ id: key.id, host: HOST, port })),
    transport: new TlsTransport({ key: node.key, clusterId: CLUSTER, host: HOST, port: node.port }),
    storage,
    application: asApplication(node.state),
  } as const;
  if (isNew) await createStore(storage, storeIdentityOf(options));
  node.storage = storage;
  node.mokka = new Mokka(options);
  await node.mokka.start();
}

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes) await node.stop();
  for (const node of nodes.splice(0)) await rm(node.folder, { recursive: true, force: true });
});

function submit(payload: string): void {
  for (const node of nodes) {
    node.state.pending.push(new TextEncoder().encode(payload));
    node.mokka?.notifyPending();
  }
}

const payloads = (node: Node) =>
  node.state.committed.filter((entry) => entry.kind === 'payload').length;

it('three nodes agree, go on without their leader, and take it back from its disk', async () => {
  for (let at = 0; at < 3; at += 1) {
    const node = new Node();
    node.folder = await mkdtemp(join(tmpdir(), 'mokka-network-'));
    node.port = await freePort();
    nodes.push(node);
  }
  for (const node of nodes) await start(node, nodes, true);
  for (let at = 0; at < 10; at += 1) submit(`payload ${at}`);
  await until(() => nodes.every((node) => payloads(node) === 10));
  const leader = nodes.find((node) => node.mokka?.status().role === 'leader');
  if (leader === undefined) throw new Error('no leader');
  await leader.stop();
  submit('without the leader');
  await until(() => nodes.every((node) => node === leader || payloads(node) === 11));
  await start(leader, nodes, false);
  submit('with all again');
  await until(() => nodes.every((node) => payloads(node) === 12));
  const hashes = nodes.map(({ state }) => state.committed.map(({ hash }) => hash).join());
  expect(new Set(hashes).size).toBe(1);
});

it('a node joins as an observer, becomes a validator, replaces a dead one, and is found again', async () => {
  for (let at = 0; at < 4; at += 1) {
    const node = new Node();
    node.folder = await mkdtemp(join(tmpdir(), 'mokka-network-'));
    node.port = await freePort();
    nodes.push(node);
  }
  const [first, second, third, added] = nodes;
  if (first === undefined || second === undefined || third === undefined || added === undefined) {
    throw new Error('four nodes');
  }
  const genesis = [first, second, third];
  for (const node of nodes) await start(node, genesis, true);
  for (let at = 0; at < 10; at += 1) submit(`payload ${at}`);
  await until(() => genesis.every((node) => payloads(node) === 10));
  const member = { id: added.key.id, host: HOST, port: added.port };
  const propose = (node: Node, change: MembershipChange) => {
    if (node.mokka === null) throw new Error('not running');
    return node.mokka.proposeMembership(change);
  };
  expect(payloads(added)).toBe(0);
  expect(await propose(first, { type: 'add', member })).toMatchObject({ epoch: 1 });
  await until(() => payloads(added) === 10);
  await expect(propose(second, { type: 'add', member })).rejects.toMatchObject({
    name: 'MembershipError',
    code: 'invalid-change',
  });
  await third.stop();
  const replacement = { type: 'replace', id: third.key.id, by: added.key.id } as const;
  expect(await propose(second, replacement)).toMatchObject({ epoch: 2 });
  submit('replaced');
  const present = [first, second, added];
  await until(() => present.every((node) => payloads(node) === 11));
  expect(added.mokka?.status()).toMatchObject({ epoch: 2, isMember: true });
  // From its disk it knows the epoch and whom to connect to, whatever genesis says.
  await added.stop();
  await start(added, genesis, false);
  submit('back');
  await until(() => present.every((node) => payloads(node) === 12));
  expect(added.mokka?.status()).toMatchObject({ epoch: 2, isMember: true });
});
