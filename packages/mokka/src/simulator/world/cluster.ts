/** The virtual cluster: nodes, the network between them, and the operations on whole nodes that faults are made of. */
import type { Member } from '../../core/members.ts';
import type { ClusterId, CrashModel, EntryHash, NodeId } from '../../core/types.ts';
import type { CoreBinding } from '../binding.ts';
import type { Observer } from '../observer.ts';
import type { Scenario } from '../scenario.ts';
import type { Statistics } from '../statistics.ts';
import { VirtualApplication } from './application.ts';
import { VirtualClock } from './clock.ts';
import { Connections } from './connections.ts';
import { digestHex, digestOf } from './digest.ts';
import { VirtualDisk } from './disk.ts';
import { VirtualNetwork } from './network.ts';
import { VirtualNode } from './node.ts';
import { Random } from './random.ts';
import { SignatureRegister } from './signatures.ts';
import { Timeline } from './timeline.ts';

export interface ClusterModules {
  readonly binding: CoreBinding;
  readonly observer: Required<Observer>;
  readonly statistics: Statistics;
}

/** Names of the virtual cluster; deterministic, so that traces of a seed are the same everywhere. */
export interface ClusterNames {
  /** Every key, in the order of the nodes. */
  readonly keys: readonly NodeId[];
  /** The key of each machine: `keys`, and after them the keys that a second machine holds. */
  readonly ids: readonly NodeId[];
  readonly clusterId: ClusterId;
  readonly rootHash: EntryHash;
}

/** As the core makes them up where there are no addresses. */
export function genesisMembers(validators: readonly NodeId[]): readonly Member[] {
  return validators.map((id, at) => ({
    id,
    host: `validator-${at}`,
    port: at + 1,
    role: 'validator',
  }));
}

/** The machines of `nodes` keys; those in `twins` have two. */
export function clusterNames(nodes: number, twins: readonly number[] = []): ClusterNames {
  const name = (text: string): string => digestHex(digestOf(new TextEncoder().encode(text), 0));
  const keyOf = (number: number): NodeId => name(`node ${number}`) as NodeId;
  const keys = Array.from({ length: nodes }, (_, number) => keyOf(number));
  return {
    keys,
    ids: [...keys, ...twins.map(keyOf)],
    clusterId: name('cluster') as ClusterId,
    rootHash: name('root') as EntryHash,
  };
}

/** Nodes are machines: number `n` is the first with key `n`, and second machines of a key come after all keys. */
export class Cluster {
  readonly timeline = new Timeline();
  readonly names: ClusterNames;
  readonly crashModel: CrashModel;
  readonly network: VirtualNetwork;
  readonly nodes: readonly VirtualNode[];
  /** Of genesis. */
  readonly validators: readonly NodeId[];
  readonly connections: Connections;
  readonly signatures: SignatureRegister;
  readonly #scenario: Scenario;
  readonly #modules: ClusterModules;
  readonly #random: Random;
  /** Boots under way; the simulation waits for them before time goes on. */
  #boots: Promise<void>[] = [];
  readonly #abandoned = new Set<number>();

  constructor(scenario: Scenario, modules: ClusterModules) {
    this.#scenario = scenario;
    this.#modules = modules;
    this.#random = new Random(scenario.seed, 'cluster');
    this.crashModel = scenario.crashModel;
    this.names = clusterNames(scenario.nodes, scenario.twins);
    this.validators = this.names.keys.slice(0, scenario.nodes - scenario.membership.strangers);
    this.signatures = new SignatureRegister(this.names.keys);
    this.signatures.onSigned = (record) => modules.observer.signed(record);
    this.network = new VirtualNetwork(
      {
        nodes: this.names.ids.length,
        timeline: this.timeline,
        random: new Random(scenario.seed, 'network'),
        codec: modules.binding,
        isLiar: (node) => scenario.liars.some((liar) => liar.node === node),
        counts: modules.statistics.faults,
        deliver: (from, to, message) => {
          const id = this.names.ids[from];
          if (id !== undefined) this.nodes[to]?.receive({ type: 'message', from: id, message });
        },
      },
      scenario.network,
    );
    this.nodes = this.names.ids.map((_, number) => this.#createNode(number));
    this.connections = new Connections(this.nodes, this.names.ids, {
      network: this.network,
      timeline: this.timeline,
      random: new Random(scenario.seed, 'connections'),
    });
  }

  #createNode(number: number): VirtualNode {
    const { seed, disk, application, clocks, faults, timing, limits } = this.#scenario;
    const { binding, observer, statistics } = this.#modules;
    const random = new Random(seed, `node ${number}`);
    const self = this.names.ids[number] as NodeId;
    const key = this.names.keys.indexOf(self);
    const slowDisk = key < disk.slowDisks;
    const slowApplication = key >= this.#scenario.nodes - application.slowApplications;
    const virtualApplication = new VirtualApplication({
      name: `node ${number}`,
      rootHash: this.names.rootHash,
      timeline: this.timeline,
      random: new Random(seed, `application ${number}`),
      snapshotRandom: new Random(seed, `snapshots ${number}`),
      encodeCertificate: binding.encodeCertificate,
      onRefused: () => {
        statistics.faults.refusals += 1;
      },
    });
    virtualApplication.meanAnswer =
      application.meanAnswer * (slowApplication ? application.slowFactor : 1);
    virtualApplication.refusal = application.refusal;
    const node = new VirtualNode({
      number,
      ids: this.names.ids,
      binding,
      bootRequest: {
        node: number,
        validators: this.validators,
        crashModel: this.crashModel,
        self,
        contacts: this.names.keys,
        clusterId: this.names.clusterId,
        rootHash: this.names.rootHash,
        signatures: this.signatures.scheme(key),
        timing,
        limits,
        snapshots: this.#scenario.snapshots.enabled,
        retention: this.#scenario.snapshots.retention,
      },
      timeline: this.timeline,
      random,
      disk: new VirtualDisk(
        this.timeline,
        new Random(seed, `disk ${number}`),
        disk.meanSync * (slowDisk ? disk.slowFactor : 1),
      ),
      clock: new VirtualClock(
        1 + random.between(-clocks.drift, clocks.drift),
        random.between(-clocks.skew, clocks.skew),
      ),
      application: virtualApplication,
      network: this.network,
      observer,
      statistics,
    });
    node.disk.onFailed = () => {
      statistics.faults.failedWrites += 1;
      this.crash(number);
    };
    node.members = genesisMembers(this.validators);
    node.onPeers = () => this.connections.peersChanged(number);
    node.crashInStep = faults.crashInStep;
    node.onCrashInStep = () => {
      statistics.faults.crashesInStep += 1;
      this.crash(number);
      this.bootAfter(number, this.#random.exponential(faults.downtime));
    };
    return node;
  }

  /** Prepares every disk and boots every node. */
  async start(): Promise<void> {
    for (const node of this.nodes) {
      await node.initialise();
      this.bootAfter(node.number, this.#random.between(0, 20));
    }
  }

  crash(number: number): void {
    const node = this.nodes[number];
    if (node === undefined || node.state === 'down' || node.state === 'refused') return;
    const { faults } = this.#modules.statistics;
    const { lost, kept } = node.crash();
    faults.crashes += 1;
    faults.lostWrites += lost;
    faults.keptWrites += kept;
    this.connections.nodeWentDown(number, this.#random.between(0, 100));
  }

  bootAfter(number: number, delay: number): void {
    this.timeline.after(delay, () => this.boot(number));
  }

  /** A node that is down stays down from now on. */
  abandon(number: number): void {
    this.#abandoned.add(number);
  }

  /** It may start again. */
  recall(number: number): void {
    this.#abandoned.delete(number);
  }

  boot(number: number): void {
    const node = this.nodes[number];
    if (node === undefined || node.state !== 'down' || this.#abandoned.has(number)) return;
    // Whoever runs the node waits until there is space again.
    if (node.disk.isFull) return;
    this.#modules.statistics.faults.restarts += 1;
    this.#boots.push(
      node.boot().then(() => {
        if (node.state === 'running') this.connections.nodeBooted(number);
      }),
    );
  }

  /** Runs until `limit` (virtual milliseconds) or until `isDone` says so; true when it did. */
  async run(limit: number, isDone: () => boolean = () => false): Promise<boolean> {
    while (!isDone()) {
      if (!this.timeline.advance(limit)) return isDone();
      while (this.#boots.length > 0) {
        const boots = this.#boots;
        this.#boots = [];
        await Promise.all(boots);
      }
    }
    return true;
  }
}
