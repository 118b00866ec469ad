/**
 * A commit's blocks and development operations as writes: what has to be read for them is read first, then all is
 * written in order, in one transaction.
 */

import { keccak256 } from '../crypto/keccak.ts';
import { isUsed } from '../development/development-state.ts';
import type { Position } from '../development/position.ts';
import { corruptStore } from '../errors.ts';
import { bytesOf, type Hash, hashOf } from '../primitives.ts';
import type { StateDiff } from '../state/state-diff.ts';
import type { OperationTransition, Transition } from '../transitions-in-flight.ts';
import type { NodeReader } from '../trie/node-source.ts';
import { readBlock } from './block-records.ts';
import { writeDevelopmentState, writeStateRoot } from './development-records.ts';
import { metaKey } from './schema.ts';
import { readStateFloor } from './state-floor.ts';
import { writeNames } from './state-names.ts';
import type { Tables, TableWriter } from './tables.ts';
import { writeBlock, writeState } from './write-block.ts';
import { type AbandonedBlock, flatDifference, type Revert, writeRevert } from './write-revert.ts';

/** A transition with what its writing needs. */
export type PreparedTransition =
  | { readonly transition: Exclude<Transition, OperationTransition>; readonly revert: null }
  | { readonly transition: OperationTransition; readonly revert: Revert | null };

export interface PreparationModules {
  readonly tables: Tables;
  /** Reads the nodes of all states that the transitions pass through. */
  readonly nodes: NodeReader;
}

/** `before`: the committed position, on which the first of them stands. Throws `corrupt-store`. */
export function prepareTransitions(
  before: Position,
  transitions: readonly Transition[],
  { tables, nodes }: PreparationModules,
): PreparedTransition[] {
  /** Blocks of this commit by their hash. */
  const fresh = new Map<Hash, AbandonedBlock>();
  const blockOf = (hash: Hash): AbandonedBlock => fresh.get(hash) ?? storedBlock(tables, hash);
  let position = before;
  return transitions.map((transition) => {
    const from = position;
    position = transition.position;
    if (transition.kind === 'block') {
      const { block, transactions } = transition.executed;
      const hashes = transactions.map(({ signed }) => signed.data.hash);
      fresh.set(block.header.hash, { header: block.header, transactions: hashes });
      return { transition, revert: null };
    }
    if (transition.change.kind !== 'revert') return { transition, revert: null };
    const { head, stateRoot } = position;
    const abandoned: AbandonedBlock[] = [];
    for (let hash = from.head.hash; hash !== head.hash; ) {
      const block = blockOf(hash);
      abandoned.push(block);
      hash = block.header.parentHash;
    }
    const flat = flatDifference(nodes, from.stateRoot, stateRoot);
    const { nodes: stateNodes, codes } = transition.change;
    const stateFloor = readStateFloor(tables);
    const state = { nodes: stateNodes, codes, stateFloor };
    return { transition, revert: { head, stateRoot, abandoned, flat, ...state } };
  });
}

/** Hashes of the trie nodes that it writes. */
export function nodesWritten({ transition }: PreparedTransition): Iterable<Hash> {
  if (transition.kind === 'block') return transition.executed.state.nodes.keys();
  const { change } = transition;
  if (change.kind === 'none') return [];
  return change.kind === 'edit' ? change.diff.nodes.keys() : change.nodes.keys();
}

export interface StateStorage {
  /** That of the head's flat state. */
  readonly generation: number;
  /** Whether the names of accounts and slots are written, too. */
  readonly keepsNames: boolean;
}

export function writeTransitions(
  writer: TableWriter,
  before: Position,
  prepared: readonly PreparedTransition[],
  { generation, keepsNames }: StateStorage,
): void {
  for (const { transition, revert } of prepared) {
    const diff = keepsNames ? diffIn(transition) : undefined;
    if (diff !== undefined) writeNames(writer, diff);
    if (transition.kind === 'block') writeBlock(writer, transition.executed, generation);
    else if (revert !== null) writeRevert(writer, revert, generation);
    else if (transition.change.kind === 'edit') {
      writeState(writer, transition.change.diff, generation);
      writeStateRoot(writer, transition.position.head, transition.position.stateRoot);
    }
  }
  const after = prepared.at(-1)?.transition.position;
  if (after === undefined) return;
  writer.putSealed('meta', metaKey('head'), bytesOf(after.head.hash));
  if (isUsed(after.development) && after.development !== before.development) {
    writeDevelopmentState(writer, after.development);
  }
}

function diffIn(transition: Transition): StateDiff | undefined {
  if (transition.kind === 'block') return transition.executed.state;
  return transition.change.kind === 'edit' ? transition.change.diff : undefined;
}

function storedBlock(tables: Tables, hash: Hash): AbandonedBlock {
  const block = readBlock(tables, hash);
  if (block === undefined) throw corruptStore(`block ${hash} is missing`);
  const transactions = block.transactions.map((raw) => hashOf(keccak256(raw)));
  return { header: block.header, transactions };
}
