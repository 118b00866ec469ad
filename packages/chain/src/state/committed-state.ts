/**
 * The committed head's state with its trie nodes: what the first block in flight stands on.
 */
import type { Address, Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import type { Tables } from '../store/tables.ts';
import type { NodeSource } from '../trie/node-source.ts';
import { FlatStateView } from './flat-state-view.ts';
import type { State } from './layered-state.ts';
import { storedNodes } from './trie-state-view.ts';

export class CommittedState implements State {
  readonly #tables: Tables;
  #view: FlatStateView;
  readonly #nodes: NodeSource;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#view = new FlatStateView(tables);
    this.#nodes = storedNodes(tables);
  }

  /** That of the flat state, under which the next block writes. */
  get generation(): number {
    return this.#view.generation;
  }

  /** After the head's state was replaced by another generation. */
  replaced(): void {
    this.#tables.refresh();
    this.#view = new FlatStateView(this.#tables);
  }

  getAccount(address: Address): AccountData | undefined {
    return this.#view.getAccount(address);
  }

  getCode(codeHash: Hash): Uint8Array {
    return this.#view.getCode(codeHash);
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    return this.#view.getStorage(address, slot);
  }

  getNode(hash: Hash): Uint8Array | undefined {
    return this.#nodes.getNode(hash);
  }
}
