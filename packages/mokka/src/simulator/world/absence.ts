/**
 * A node that is away for long, so that its peers prune what it lacks and it has to take a snapshot when it comes back: switched off, or
 * running and cut off from everyone.
 */
import type { Observer } from '../observer.ts';
import type { Absence } from '../scenario.ts';
import type { FaultCounts } from '../statistics.ts';
import type { Cluster } from './cluster.ts';

/** Where faults are counted and told of. */
export interface FaultModules {
  readonly counts: FaultCounts;
  readonly observer: Required<Observer>;
}

export class AbsenceInjector {
  readonly #cluster: Cluster;
  readonly #absence: Absence | null;
  readonly #modules: FaultModules;
  #isAway = false;

  constructor(cluster: Cluster, absence: Absence | null, modules: FaultModules) {
    this.#cluster = cluster;
    this.#absence = absence;
    this.#modules = modules;
  }

  start(): void {
    if (this.#absence === null) return;
    const { from, to } = this.#absence;
    this.#cluster.timeline.at(from, () => this.#leave());
    this.#cluster.timeline.at(to, () => this.end());
  }

  #leave(): void {
    if (this.#absence === null) return;
    const { node, how } = this.#absence;
    this.#isAway = true;
    this.#modules.counts.absences += 1;
    this.#modules.observer.fault(`node ${node} is away: ${how}`);
    if (how === 'down') {
      this.#cluster.crash(node);
      this.#cluster.abandon(node);
      return;
    }
    for (const peer of this.#others(node)) {
      this.#cluster.network.cut(node, peer);
      this.#cluster.network.cut(peer, node);
      this.#cluster.connections.breakLink(node, peer);
    }
  }

  /** It is back, if it was away. */
  end(): void {
    if (this.#absence === null || !this.#isAway) return;
    const { node, how } = this.#absence;
    this.#isAway = false;
    this.#modules.observer.fault(`node ${node} is back`);
    if (how === 'down') {
      this.#cluster.recall(node);
      this.#cluster.boot(node);
      return;
    }
    for (const peer of this.#others(node)) {
      this.#cluster.network.mend(node, peer);
      this.#cluster.network.mend(peer, node);
    }
    this.#cluster.connections.reconnect();
  }

  #others(node: number): number[] {
    return this.#cluster.nodes.map(({ number }) => number).filter((number) => number !== node);
  }
}
