/**
 * The state after a block in flight: its difference on top of its parent's state. Layers stack as blocks do; when the
 * parent is committed, the layer is set on the flat tables, which then show the same.
 */
import type { Address, Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import type { NodeSource } from '../trie/node-source.ts';
import type { StateDiff } from './state-diff.ts';
import type { StateView } from './state-view.ts';

const NO_BYTES = new Uint8Array(0);

/** A state whose trie nodes can be read too. */
export interface State extends StateView, NodeSource {}

export class LayeredState implements State {
  readonly diff: StateDiff;
  #parent: State;

  constructor(diff: StateDiff, parent: State) {
    this.diff = diff;
    this.#parent = parent;
  }

  /** `parent` must show the state that the parent so far shows. */
  setParent(parent: State): void {
    this.#parent = parent;
  }

  getAccount(address: Address): AccountData | undefined {
    const changed = this.diff.accounts.get(address);
    return changed === undefined ? this.#parent.getAccount(address) : (changed ?? undefined);
  }

  getCode(codeHash: Hash): Uint8Array {
    return this.diff.codes.get(codeHash) ?? this.#parent.getCode(codeHash);
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    const changes = this.diff.storage.get(address);
    const value = changes?.slots.get(slot);
    if (value !== undefined) return value;
    return changes?.cleared ? NO_BYTES : this.#parent.getStorage(address, slot);
  }

  getNode(hash: Hash): Uint8Array | undefined {
    return this.diff.nodes.get(hash) ?? this.#parent.getNode(hash);
  }
}
