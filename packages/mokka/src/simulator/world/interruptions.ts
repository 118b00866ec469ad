/**
 * Crashes in the middle of taking a snapshot: while its chunks arrive, when what completes it is recorded, and just before or
 * after the application made it its state.
 */
import { RECORDED_SNAPSHOT } from '../../codec/snapshot-codec.ts';
import type { Effect } from '../../core/effect.ts';
import type { Observer } from '../observer.ts';
import type { Scenario } from '../scenario.ts';
import type { FaultModules } from './absence.ts';
import type { Cluster } from './cluster.ts';
import { Random } from './random.ts';

/** Mean milliseconds from the step to the crash. */
const MEAN_DELAY = 2;
/** Chance that the step's own answer is the last that the node hears. */
const AT_ONCE = 0.5;
/** Chance of a crash when the application has taken it and the log has not followed. */
const BEFORE_LOG = 0.5;
/** Most crashes in a run: it has to recover in the end. */
const MOST = 4;
/** Mean milliseconds until the node starts again: its peers shall still have what it was taking. */
const DOWNTIME = 15;

export class SnapshotInterrupter implements Observer {
  readonly #cluster: Cluster;
  readonly #scenario: Scenario;
  readonly #modules: FaultModules;
  readonly #random: Random;

  constructor(cluster: Cluster, scenario: Scenario, modules: FaultModules) {
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#modules = modules;
    this.#random = new Random(scenario.seed, 'interruptions');
  }

  effect(node: number, effect: Effect): void {
    if (isStep(effect)) this.#strike(node, this.#scenario.snapshots.interruption);
  }

  restored(node: number): void {
    this.#strike(node, BEFORE_LOG);
  }

  #strike(number: number, chance: number): void {
    const { timeline, nodes } = this.#cluster;
    if (this.#modules.counts.interruptedSnapshots >= MOST || !this.#random.chance(chance)) return;
    const delay = this.#random.chance(AT_ONCE) ? 0 : this.#random.exponential(MEAN_DELAY);
    const boots = nodes[number]?.boots;
    timeline.after(delay, () => {
      const node = nodes[number];
      if (node?.state !== 'running' || node.boots !== boots) return;
      this.#modules.counts.interruptedSnapshots += 1;
      this.#modules.observer.fault(`crash node ${number} while it takes a snapshot`);
      this.#cluster.crash(number);
      this.#cluster.bootAfter(number, this.#random.exponential(DOWNTIME));
    });
  }
}

function isStep(effect: Effect): boolean {
  switch (effect.type) {
    case 'restore-chunk':
    case 'finish-restore':
      return true;
    case 'persist':
      return effect.operations.some(
        (operation) => operation.type === 'put-record' && operation.name === RECORDED_SNAPSHOT,
      );
    default:
      return false;
  }
}
