/**
 * Blocks and development operations that are executed but not committed: a tree on the committed position. Each is a
 * layer over its parent's state.
 */
import type { HeaderData } from './block/block-data.ts';
import type { OperationOutcome, OperationRequest } from './development/operation.ts';
import type { Position } from './development/position.ts';
import { ChainError } from './errors.ts';
import type { ExecutedBlock } from './execution/build-block.ts';
import type { BlockNumber, Hash } from './primitives.ts';
import type { LayeredState, State } from './state/layered-state.ts';
import type { RootState } from './state/root-state.ts';
import type { StateDiff } from './state/state-diff.ts';

interface TransitionBase {
  /** Id of the position it stands on. */
  readonly parent: Hash;
  /** After it. */
  readonly position: Position;
  readonly state: LayeredState | RootState;
}

export interface BlockTransition extends TransitionBase {
  readonly kind: 'block';
  readonly executed: ExecutedBlock;
}

export interface OperationTransition extends TransitionBase {
  readonly kind: 'operation';
  readonly request: OperationRequest;
  readonly outcome: OperationOutcome;
  readonly change:
    | { readonly kind: 'none' }
    | { readonly kind: 'edit'; readonly diff: StateDiff }
    /** With what may have been removed of the state since. */
    | ({ readonly kind: 'revert' } & Pick<StateDiff, 'nodes' | 'codes'>);
}

export type Transition = BlockTransition | OperationTransition;

/**
 * Several times what consensus proposes ahead or commits at once (256 entries) to a node that was away, which may hold
 * proposals of before too; a leak would show as this error.
 */
export const TRANSITIONS_IN_FLIGHT_MAX = 1_024;

export class TransitionsInFlight {
  /** By the id of the position after it. */
  readonly #transitions = new Map<Hash, Transition>();

  get size(): number {
    return this.#transitions.size;
  }

  get(position: Hash): Transition | undefined {
    return this.#transitions.get(position);
  }

  add(transition: Transition): void {
    if (this.#transitions.has(transition.position.id)) return;
    if (this.#transitions.size >= TRANSITIONS_IN_FLIGHT_MAX) {
      throw new ChainError(
        'invalid-request',
        `${TRANSITIONS_IN_FLIGHT_MAX} blocks are in flight: commit or drop some first`,
      );
    }
    this.#transitions.set(transition.position.id, transition);
  }

  /**
   * Hash of the block at this height that is the head of a position or below it; undefined when it is not in flight.
   * Blocks that a return to a snapshot has left are above its head, so walking through one finds none of them.
   */
  ancestor(from: Hash, number: BlockNumber): Hash | undefined {
    let at = from;
    for (;;) {
      const transition = this.#transitions.get(at);
      if (transition === undefined) return undefined;
      const { head } = transition.position;
      if (transition.kind === 'block' && head.number === number) return head.hash;
      at = transition.parent;
    }
  }

  /** Header of a block that is the head of a position or was one before it; undefined when it is not in flight. */
  header(from: Hash, hash: Hash): HeaderData | undefined {
    for (let at = from; ; ) {
      const transition = this.#transitions.get(at);
      if (transition === undefined) return undefined;
      if (transition.position.head.hash === hash) return transition.position.head;
      at = transition.parent;
    }
  }

  /** The last position with a head of this height, from `from` back; undefined when it is not in flight. */
  positionAt(from: Hash, number: BlockNumber): Position | undefined {
    for (let at = from; ; ) {
      const transition = this.#transitions.get(at);
      if (transition === undefined) return undefined;
      if (transition.position.head.number === number) return transition.position;
      at = transition.parent;
    }
  }

  /** Forgets all that neither is `keep` nor descends from it. */
  keepOnly(keep: Hash): void {
    for (const id of [...this.#transitions.keys()]) {
      if (!this.#descends(id, keep)) this.#transitions.delete(id);
    }
  }

  /** Forgets all but these. */
  retain(ids: ReadonlySet<Hash>): void {
    for (const id of [...this.#transitions.keys()]) {
      if (!ids.has(id)) this.#transitions.delete(id);
    }
  }

  /** After a commit up to `position`: it is no longer in flight, its children stand on the committed state. */
  settle(position: Hash, committed: State): void {
    this.keepOnly(position);
    this.#transitions.delete(position);
    for (const { parent, state } of this.#transitions.values()) {
      if (parent === position) state.setParent(committed);
    }
  }

  #descends(id: Hash, from: Hash): boolean {
    let at: Hash | undefined = id;
    while (at !== undefined) {
      if (at === from) return true;
      at = this.#transitions.get(at)?.parent;
    }
    return false;
  }
}
