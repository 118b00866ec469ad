import { decodeMessage, encodeMessage } from '../codec/message-codec.ts';
import { createStore, restoreCore } from '../driver/restore.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import { sha256, toHex } from './bytes.ts';
import { Core } from './core.ts';
import type { Effect } from './effect.ts';
import type { CoreEvent } from './event.ts';
import type { Input } from './input.ts';
import type { MembershipResult } from './membership.ts';
import type { Message } from './message.ts';
import { type CoreOptions, DEFAULT_LIMITS, DEFAULT_TIMING, type Timing } from './options.ts';
import type { SignatureScheme } from './statements.ts';
import { ROOT_HASH, TestApplication } from './test-application.test.support.ts';
import type { ClusterId, CrashModel, LogIndex, NodeId, Signature } from './types.ts';
import { entriesRead, persisted } from './virtual-disk.test.support.ts';
import { snapshotAnswer, TestSnapshots } from './virtual-snapshots.test.support.ts';

const text = new TextEncoder();
export const CLUSTER_ID = toHex(sha256(text.encode('cluster'))) as ClusterId;

export function nodeId(number: number): NodeId {
  return toHex(sha256(text.encode(`node ${number}`))) as NodeId;
}

/** Not secure, deterministic and fast: the signature is a hash of signer and bytes. */
export function testSignatures(self: NodeId): SignatureScheme {
  const signatureOf = (signer: NodeId, bytes: Uint8Array): Signature => {
    const digest = sha256(Buffer.concat([Buffer.from(signer, 'hex'), bytes]));
    return new Uint8Array(Buffer.concat([digest, digest])) as Signature;
  };
  return {
    sign: (bytes) => signatureOf(self, bytes),
    verify: (signer, bytes, signature) =>
      Buffer.compare(signatureOf(signer, bytes), signature) === 0,
  };
}

export function testOptions(
  self: number,
  count: number,
  timing: Partial<Timing> = {},
  crashModel: CrashModel = 'CFT',
): CoreOptions {
  const validators = Array.from({ length: count }, (_, number) => nodeId(number));
  return {
    self: nodeId(self),
    clusterId: CLUSTER_ID,
    crashModel,
    validators,
    rootHash: ROOT_HASH,
    signatures: testSignatures(nodeId(self)),
    timing: { ...DEFAULT_TIMING, ...timing },
    limits: DEFAULT_LIMITS,
    seed: 1000 + self,
  };
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly node: number;
  readonly run: number;
  readonly make: () => Input | null;
}

export class VirtualNode {
  options: CoreOptions;
  readonly tables = new MemoryTables();
  readonly application = new TestApplication();
  readonly snapshots = new TestSnapshots(this.application);
  core: Core | null = null;
  /** Counts starts and crashes; what belongs to an earlier run never arrives. */
  run = 0;
  /** Writes that reached the disk, in all runs. */
  synced = 0;
  halt: Extract<Effect, { type: 'halt' }> | null = null;
  readonly sent: { readonly to: NodeId; readonly message: Message }[] = [];
  readonly events: CoreEvent[] = [];
  readonly results: MembershipResult[] = [];
  /** Whom it keeps links to, and with whom it has one. */
  readonly peers = new Set<NodeId>();
  readonly links = new Set<NodeId>();
  /** Reads that were confirmed. */
  readonly reads: { readonly through: number; readonly index: LogIndex }[] = [];

  constructor(options: CoreOptions) {
    this.options = options;
  }

  get running(): Core {
    if (this.core === null) throw new Error('the node is down');
    return this.core;
  }

  sentOf<T extends Message['type']>(type: T): Extract<Message, { type: T }>[] {
    return this.sent
      .map(({ message }) => message)
      .filter((message) => message.type === type) as never;
  }
}

/** True lets a message pass. */
export type Link = (from: number, to: number, message: Message) => boolean;

export class VirtualCluster {
  readonly nodes: VirtualNode[];
  link: Link = () => true;
  /** What a liar sends in place of a message of its core; null: nothing. */
  tamper: (from: number, to: number, message: Message) => Message | null = (_from, _to, message) =>
    message;
  /** Milliseconds of a sync. */
  syncTime = 1;
  now = 0;
  #queue: Event[] = [];
  #order = 0;

  constructor(count: number, timing: Partial<Timing> = {}, crashModel: CrashModel = 'CFT') {
    this.nodes = Array.from(
      { length: count },
      (_, number) => new VirtualNode(testOptions(number, count, timing, crashModel)),
    );
  }

  static async started(
    count: number,
    timing: Partial<Timing> = {},
    crashModel: CrashModel = 'CFT',
  ): Promise<VirtualCluster> {
    const cluster = new VirtualCluster(count, timing, crashModel);
    for (const number of cluster.nodes.keys()) await cluster.start(number);
    return cluster;
  }

  /** A node outside of genesis, running; it takes part once it is added. */
  async join(): Promise<number> {
    const number = this.nodes.length;
    const { timing } = this.node(0).options;
    const self = nodeId(number);
    const options = { ...this.node(0).options, self, signatures: testSignatures(self), timing };
    this.nodes.push(new VirtualNode({ ...options, seed: 1000 + number }));
    await this.start(number);
    return number;
  }

  node(number: number): VirtualNode {
    const node = this.nodes[number];
    if (node === undefined) throw new Error(`no node ${number}`);
    return node;
  }

  async start(number: number): Promise<void> {
    const node = this.node(number);
    const storage = new MemoryStorage(node.tables);
    if (node.run === 0) await createStore(storage, node.options);
    const restored = await restoreCore(storage, node.application.info(), node.options);
    node.run += 1;
    node.core = new Core({ ...node.options, seed: node.options.seed + 7 * node.run }, restored);
    node.halt = null;
    node.peers.clear();
    for (const { id } of node.core.peerAddresses()) node.peers.add(id);
    this.#refreshLinks();
    this.input(number, { type: 'tick' });
  }

  /** Loses what is not synced, as a power cut does. */
  crash(number: number): void {
    const node = this.node(number);
    node.core = null;
    node.run += 1;
    node.application.crash();
    node.peers.clear();
    this.#refreshLinks();
    node.links.clear();
  }

  /** Links are where both sides run and want one, as with the transports. */
  #refreshLinks(): undefined {
    const wants = (one: VirtualNode, other: VirtualNode) =>
      one.core !== null && one.peers.has(other.options.self);
    for (const [number, node] of this.nodes.entries()) {
      for (const other of this.nodes) {
        const id = other.options.self;
        const isUp = node !== other && wants(node, other) && wants(other, node);
        if (isUp === node.links.has(id)) continue;
        if (isUp) node.links.add(id);
        else node.links.delete(id);
        this.input(number, { type: isUp ? 'peer-connected' : 'peer-disconnected', peer: id });
      }
    }
  }

  /** A payload that the application of every node has pending, as gossip would do. */
  submit(payload: string): void {
    for (const [number, node] of this.nodes.entries()) {
      node.application.pending.push(text.encode(payload));
      this.input(number, { type: 'pending' });
    }
  }

  input(number: number, input: Input, delay = 0): void {
    this.#schedule(number, delay, () => input);
  }

  deliver(from: number, to: number, message: Message): void {
    this.input(to, { type: 'message', from: this.node(from).options.self, message });
  }

  /** Runs until the condition holds; throws after `limit` ms of virtual time. */
  until(condition: () => boolean, limit = 20_000): void {
    const end = this.now + limit;
    while (!condition()) {
      if (this.now >= end) throw new Error(`condition not reached: ${this.describe()}`);
      this.#advance(end);
    }
  }

  /** Runs for a time. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.now < end) this.#advance(end);
  }

  leader(): number | null {
    const leaders = [...this.nodes.entries()]
      .filter(([, node]) => node.core?.status().role === 'leader')
      .sort(([, a], [, b]) => b.running.status().term - a.running.status().term);
    return leaders[0]?.[0] ?? null;
  }

  /** Payloads every listed node has committed, as text. */
  committed(number: number): string[] {
    return this.node(number)
      .application.committed.filter((entry) => entry.kind === 'payload')
      .map((entry) => new TextDecoder().decode(entry.payload));
  }

  describe(): string {
    return JSON.stringify(
      this.nodes.map((node) => {
        if (node.core === null) return node.halt ?? 'down';
        const { role, term, commitIndex, lastIndex, waitingFor, halted, ignored } =
          node.core.status();
        return {
          role,
          term,
          commitIndex,
          lastIndex,
          what: waitingFor.what,
          halted,
          ignored: [...ignored],
        };
      }),
    );
  }

  #schedule(node: number, delay: number, make: () => Input | null): undefined {
    this.#order += 1;
    const run = this.node(node).run;
    this.#queue.push({ at: this.now + delay, order: this.#order, node, run, make });
  }

  #advance(end: number): void {
    this.#queue.sort((left, right) => left.at - right.at || left.order - right.order);
    const next = this.#queue[0];
    let due = end;
    let ticking: number | null = null;
    for (const [number, node] of this.nodes.entries()) {
      const deadline = node.core?.nextDeadline() ?? null;
      if (deadline !== null && deadline < due) [due, ticking] = [deadline, number];
    }
    if (next !== undefined && next.at <= due) {
      this.#queue.shift();
      this.now = Math.max(this.now, next.at);
      if (this.node(next.node).run !== next.run) return;
      const input = next.make();
      if (input !== null) this.#step(next.node, input);
      return;
    }
    this.now = Math.max(this.now, due);
    if (ticking !== null) this.#step(ticking, { type: 'tick' });
  }

  #step(number: number, input: Input): void {
    const node = this.node(number);
    if (node.core === null) return;
    const effects = node.core.step(input, {
      now: this.now,
      unixTime: 1_700_000_000_000 + this.now,
    });
    for (const effect of effects) this.#run(number, node, effect);
  }

  #run(number: number, node: VirtualNode, effect: Effect): undefined {
    const { application } = node;
    switch (effect.type) {
      case 'send': {
        node.sent.push(effect);
        const to = this.nodes.findIndex((peer) => peer.options.self === effect.to);
        if (!node.links.has(effect.to) || !this.link(number, to, effect.message)) return;
        const said = this.tamper(number, to, effect.message);
        if (said === null) return;
        const message = decodeMessage(encodeMessage(said));
        return this.#schedule(to, 1, () => ({ type: 'message', from: node.options.self, message }));
      }
      case 'persist':
        return this.#schedule(number, this.syncTime, () => persisted(node, effect));
      case 'read-entries':
        return this.#schedule(number, 1, () => entriesRead(node, effect));
      case 'prepare-proposal':
        return this.#schedule(number, 0, () => ({
          type: 'proposal-prepared',
          ticket: effect.ticket,
          proposal: application.prepare(effect.parent),
        }));
      case 'process-proposal':
        return this.#schedule(number, 0, () => ({
          type: 'proposal-processed',
          ticket: effect.ticket,
          hash: effect.entry.hash,
          verdict: application.process(effect.entry),
        }));
      case 'commit':
        return this.#schedule(number, 0, () => {
          const stateDigest = application.commit(effect.entries, effect.certificate);
          return {
            type: 'applied',
            index: effect.entries.at(-1)?.index ?? (0 as LogIndex),
            stateDigest,
          };
        });
      case 'rollback':
        return this.#schedule(number, 0, () => {
          application.rollback(effect.to.index);
          return null;
        });
      case 'offer-snapshot':
      case 'read-chunk':
      case 'begin-restore':
      case 'restore-chunk':
      case 'abandon-restore':
      case 'finish-restore':
        return this.#schedule(number, 0, () => snapshotAnswer(node, effect));
      case 'peers':
        node.peers.clear();
        for (const { id } of effect.peers) node.peers.add(id);
        return this.#refreshLinks();
      case 'membership-result':
        node.results.push(effect.result);
        return;
      case 'read-current':
        node.reads.push({ through: effect.through, index: effect.index });
        return;
      case 'event':
        node.events.push(effect.event);
        return;
      case 'halt':
        node.halt = effect;
        return;
    }
  }
}
