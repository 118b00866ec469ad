/** Nodes with `push` over a network in memory, for the tests of it. */
import { sha256, toHex } from '../core/bytes.ts';
import type { ClusterId, CrashModel } from '../core/types.ts';
import { Mokka, type MokkaOptions, storeIdentityOf } from '../driver/mokka.ts';
import { createStore } from '../driver/restore.ts';
import { Ed25519Scheme } from '../identity/ed25519-scheme.ts';
import { NodeKey } from '../identity/node-key.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from '../transport/memory.ts';
import type { OrderedLogOptions, PushContext } from './push.ts';

export const PUSH_CLUSTER = toHex(sha256(new TextEncoder().encode('push test'))) as ClusterId;

/** One push as `apply` got it. */
export interface AppliedPush extends PushContext {
  readonly key: string;
  readonly value: unknown;
}

export class PushNode {
  readonly key = NodeKey.generate();
  readonly tables = new MemoryTables();
  /** In the memory of the node's present run. */
  applied: AppliedPush[] = [];
  mokka: Mokka | null = null;

  get running(): Mokka {
    if (this.mokka === null) throw new Error('not running');
    return this.mokka;
  }
}

export class PushCluster {
  readonly network: MemoryNetwork;
  readonly nodes: readonly PushNode[];
  readonly crashModel: CrashModel;

  constructor(count: number, network: MemoryNetworkOptions = {}, crashModel: CrashModel = 'CFT') {
    this.crashModel = crashModel;
    this.network = new MemoryNetwork(network);
    this.nodes = Array.from({ length: count }, () => new PushNode());
  }

  at(number: number): PushNode {
    const node = this.nodes[number];
    if (node === undefined) throw new Error(`no node ${number}`);
    return node;
  }

  options(node: PushNode, log: OrderedLogOptions = {}): MokkaOptions {
    return {
      identity: { id: node.key.id, signatures: new Ed25519Scheme(node.key) },
      clusterId: PUSH_CLUSTER,
      crashModel: this.crashModel,
      validators: this.nodes.map(({ key }, at) => ({ id: key.id, host: 'memory', port: at + 1 })),
      transport: this.network.createTransport(node.key.id),
      storage: new MemoryStorage(node.tables),
      apply: (key, value, context) => {
        node.applied.push({ key, value, ...context });
      },
      ...log,
    };
  }

  async start(node: PushNode, log: OrderedLogOptions = {}): Promise<void> {
    const options = this.options(node, log);
    if (node.tables.records.size === 0) {
      await createStore(options.storage, storeIdentityOf(options));
    }
    node.applied = [];
    node.mokka = new Mokka(options);
    await node.mokka.start();
  }

  async startAll(log: OrderedLogOptions = {}): Promise<void> {
    for (const node of this.nodes) await this.start(node, log);
  }

  async stop(node: PushNode): Promise<void> {
    const { mokka } = node;
    node.mokka = null;
    await mokka?.stop();
  }

  leader(): PushNode | undefined {
    return this.nodes.find((node) => node.mokka?.status().role === 'leader');
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.stop(node)));
  }
}
