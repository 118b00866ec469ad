/** Counts what a run shows of Rule *snapshot*: giving, taking, refusing and installing snapshots, and pruning. */
import { RECORDED_SNAPSHOT } from '../../codec/snapshot-codec.ts';
import type { Effect } from '../../core/effect.ts';
import type { CoreEvent } from '../../core/event.ts';
import type { Input } from '../../core/input.ts';
import type { Message } from '../../core/message.ts';
import type { NodeId } from '../../core/types.ts';
import type { StorageOperation } from '../../storage/storage.ts';
import type { Observer } from '../observer.ts';
import type { Rule } from './rules.ts';

/** What is remembered of one node. */
class Watched {
  input: Input = { type: 'tick' };
  /** Who made the offer that it takes. */
  offerer: NodeId | null = null;
  /** What completes an installation is on its disk. */
  isRecorded = false;
  /** The application is at that snapshot; the log on the disk is not. */
  isRestored = false;
}

export class SnapshotCoverage implements Observer {
  readonly #count: (rule: Rule) => void;
  readonly #nodes: readonly Watched[];

  constructor(nodes: number, count: (rule: Rule) => void) {
    this.#count = count;
    this.#nodes = Array.from({ length: nodes }, () => new Watched());
  }

  booted(node: number): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    if (watched.isRecorded) {
      this.#count(
        watched.isRestored ? 'snapshot: completed at a start' : 'snapshot: given up at a start',
      );
    }
    watched.isRecorded = false;
    watched.isRestored = false;
  }

  synced(node: number, operations: readonly StorageOperation[]): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    for (const operation of operations) {
      if (!('name' in operation) || operation.name !== RECORDED_SNAPSHOT) continue;
      watched.isRecorded = operation.type === 'put-record';
      watched.isRestored = false;
    }
  }

  restored(node: number): void {
    const watched = this.#nodes[node];
    if (watched !== undefined) watched.isRestored = true;
  }

  input(node: number, input: Input): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    watched.input = input;
    if (input.type === 'restore-begun' && input.result.ok && input.result.value.length > 0) {
      this.#count('snapshot: fetch resumed');
    }
    if (input.type === 'message' && input.message.type === 'snapshot-offer') {
      watched.offerer = input.from;
    }
  }

  effect(node: number, effect: Effect): void {
    const watched = this.#nodes[node];
    if (watched === undefined) return;
    if (effect.type === 'send') this.#sent(watched, effect.to, effect.message);
    if (effect.type === 'event') this.#event(watched, effect.event);
    if (effect.type === 'persist') {
      for (const operation of effect.operations) this.#written(operation);
    }
    if (effect.type === 'abandon-restore') this.#count('snapshot: given up');
  }

  #sent(watched: Watched, to: NodeId, message: Message): void {
    switch (message.type) {
      case 'snapshot-request':
        this.#count('snapshot: asked for');
        return;
      case 'snapshot-offer': {
        const { offer } = message;
        this.#count(offer === null ? 'snapshot: none to give' : 'snapshot: offered');
        if (offer !== null && offer.memberships.length > 0) {
          this.#count('snapshot: offered across epochs');
        }
        return;
      }
      case 'chunk-request':
        if (to !== watched.offerer) this.#count('snapshot: chunk asked of another');
        return;
      case 'chunk':
        this.#count(message.bytes === null ? 'snapshot: chunk not kept' : 'snapshot: chunk given');
        return;
      case 'entries':
        if (message.lowest !== undefined) this.#count('snapshot: pruned entries asked for');
        return;
      default:
        return;
    }
  }

  #event(watched: Watched, event: CoreEvent): void {
    if (event.type === 'snapshot') this.#count('snapshot: installed');
    if (event.type !== 'error') return;
    if (event.code === 'snapshot-late') this.#count('snapshot: did not come in time');
    if (event.code !== 'snapshot-refused') return;
    const { input } = watched;
    const cause = input.type === 'message' ? input.message.type : input.type;
    if (cause === 'snapshot-offer') this.#count('snapshot: false offer refused');
    else if (cause === 'chunk') this.#count('snapshot: false chunk refused');
  }

  #written(operation: StorageOperation): void {
    if (operation.type === 'delete-below' && operation.table === 'entries') {
      this.#count('snapshot: entries pruned');
    }
    if (operation.type === 'put-record' && operation.name === RECORDED_SNAPSHOT) {
      this.#count('snapshot: recorded before it is the state');
    }
  }
}
