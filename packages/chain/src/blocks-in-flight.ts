/**
 * Blocks that are executed but not committed: a tree on the committed head. Each is a layer over its parent's state.
 */
import { ChainError } from './errors.ts';
import type { ExecutedBlock } from './execution/build-block.ts';
import type { BlockNumber, Hash } from './primitives.ts';
import { LayeredState, type State } from './state/layered-state.ts';

export interface BlockInFlight {
  readonly executed: ExecutedBlock;
  readonly state: LayeredState;
}

/**
 * Several times what consensus proposes ahead or commits at once (256 entries) to a node that was away, which may hold
 * proposals of before too; a leak would show as this error.
 */
export const BLOCKS_IN_FLIGHT_MAX = 1_024;

export class BlocksInFlight {
  readonly #blocks = new Map<Hash, BlockInFlight>();

  get size(): number {
    return this.#blocks.size;
  }

  get(hash: Hash): BlockInFlight | undefined {
    return this.#blocks.get(hash);
  }

  add(executed: ExecutedBlock, parent: State): BlockInFlight {
    if (this.#blocks.size >= BLOCKS_IN_FLIGHT_MAX) {
      throw new ChainError(
        'invalid-request',
        `${BLOCKS_IN_FLIGHT_MAX} blocks are in flight: commit or drop some first`,
      );
    }
    const block = { executed, state: new LayeredState(executed.state, parent) };
    this.#blocks.set(executed.block.header.hash, block);
    return block;
  }

  /** Hash of the ancestor of `from` at this height; undefined when it is not in flight. */
  ancestor(from: Hash, number: BlockNumber): Hash | undefined {
    let hash = from;
    for (;;) {
      const header = this.#blocks.get(hash)?.executed.block.header;
      if (header === undefined || header.number < number) return undefined;
      if (header.number === number) return hash;
      hash = header.parentHash;
    }
  }

  /** Forgets all that neither is `keep` nor descends from it. */
  keepOnly(keep: Hash): void {
    for (const hash of [...this.#blocks.keys()]) {
      if (!this.#descends(hash, keep)) this.#blocks.delete(hash);
    }
  }

  /** Forgets all but these. */
  retain(hashes: ReadonlySet<Hash>): void {
    for (const hash of [...this.#blocks.keys()]) {
      if (!hashes.has(hash)) this.#blocks.delete(hash);
    }
  }

  /** After a commit of `head`: it is no longer in flight, its children stand on the committed state. */
  settle(head: Hash, committed: State): void {
    this.keepOnly(head);
    this.#blocks.delete(head);
    for (const { executed, state } of this.#blocks.values()) {
      if (executed.block.header.parentHash === head) state.setParent(committed);
    }
  }

  #descends(hash: Hash, from: Hash): boolean {
    let at: Hash | undefined = hash;
    while (at !== undefined) {
      if (at === from) return true;
      at = this.#blocks.get(at)?.executed.block.header.parentHash;
    }
    return false;
  }
}
