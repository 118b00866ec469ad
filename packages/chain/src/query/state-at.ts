/** The state after a block, for any thread that reads. */
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { bytesOf } from '../primitives.ts';
import { TrieStateView } from '../state/trie-state-view.ts';
import { readStateRoot } from '../store/development-records.ts';
import { HistoryGaps } from '../store/history-gaps.ts';
import { requireState } from '../store/state-floor.ts';
import type { Tables } from '../store/tables.ts';
import type { NodeReader } from '../trie/node-source.ts';

/**
 * Throws `history-unavailable` or `state-pruned` when this node has the header and not the state; so do reads of a view that
 * is kept over turns while the state goes. Reads may throw `corrupt-store`.
 */
export function stateAt(tables: Tables, nodes: NodeReader, header: HeaderData): TrieStateView {
  const { number } = header;
  const stateRoot = readStateRoot(tables, header);
  requireState(tables, number, stateRoot);
  // The store never has a root from the floor on without what is below it.
  if (stateRoot !== EMPTY_TRIE_ROOT && tables.get('nodes', bytesOf(stateRoot)) === undefined) {
    HistoryGaps.read(tables).require(number, number);
  }
  return new TrieStateView(tables, nodes, stateRoot, () => requireState(tables, number, stateRoot));
}
