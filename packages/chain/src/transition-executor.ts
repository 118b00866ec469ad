/**
 * Executes blocks and applies development operations on top of each other, and keeps them in flight until they are
 * committed or dropped.
 */

import type { HeaderData } from './block/block-data.ts';
import { InvalidBlockError } from './block/invalid-block-error.ts';
import { applyOperation, type PlacedHeader } from './development/apply-operation.ts';
import { editState } from './development/edit-state.ts';
import type { AgreedOperation, OperationRequest } from './development/operation.ts';
import {
  headerOverrides,
  type Position,
  positionAfterBlock,
  positionOf,
} from './development/position.ts';
import { ChainError, corruptStore } from './errors.ts';
import { parseBlock } from './execution/block-body.ts';
import type { ParentContext } from './execution/block-run.ts';
import {
  type BuildRequest,
  type BuildResult,
  type BuiltBlock,
  buildBlock,
  type ExecutedBlock,
} from './execution/build-block.ts';
import { checkBlock, type KnownTransaction } from './execution/check-block.ts';
import type { ForkEvms } from './execution/fork-evm.ts';
import type { BlockOrigin } from './execution/header-rules.ts';
import type { Genesis } from './genesis/genesis.ts';
import { type BlockNumber, blockNumberOf, type Hash } from './primitives.ts';
import { JournaledState } from './state/journaled-state.ts';
import { LayeredState, type State } from './state/layered-state.ts';
import { RootState } from './state/root-state.ts';
import { diffOf, type StateDiff } from './state/state-diff.ts';
import { readCanonical, readHeader } from './store/block-records.ts';
import { readStateRoot } from './store/development-records.ts';
import { readStateFloor } from './store/state-floor.ts';
import type { Tables } from './store/tables.ts';
import type { PlacedBlock, TransitionToCommit } from './transition.ts';
import {
  type OperationTransition,
  type Transition,
  TransitionsInFlight,
} from './transitions-in-flight.ts';
import { NodeReader } from './trie/node-source.ts';

const NO_STATE: Pick<StateDiff, 'nodes' | 'codes'> = { nodes: new Map(), codes: new Map() };

export interface TransitionExecutorModules {
  readonly tables: Tables;
  readonly genesis: Genesis;
  readonly evms: ForkEvms;
  readonly origin: BlockOrigin;
  readonly known: KnownTransaction;
  /** What is committed now. */
  readonly committed: { readonly position: Position; readonly state: State };
}

export class TransitionExecutor {
  readonly inFlight = new TransitionsInFlight();
  readonly #tables: Tables;
  readonly #genesis: Genesis;
  readonly #evms: ForkEvms;
  readonly #origin: BlockOrigin;
  readonly #known: KnownTransaction;
  readonly #committed: TransitionExecutorModules['committed'];
  /** The state whose nodes the reader reads now; what it caches is right for any. */
  #nodesOf: State;
  readonly #nodes: NodeReader;

  constructor({ tables, genesis, evms, origin, known, committed }: TransitionExecutorModules) {
    this.#tables = tables;
    this.#genesis = genesis;
    this.#evms = evms;
    this.#origin = origin;
    this.#known = known;
    this.#committed = committed;
    this.#nodesOf = committed.state;
    this.#nodes = new NodeReader({ getNode: (hash) => this.#nodesOf.getNode(hash) });
  }

  /** Reads the nodes of all states that lead to a position, until the next call here. */
  nodesAt(position: Hash): NodeReader {
    this.#nodesOf = this.inFlight.get(position)?.state ?? this.#committed.state;
    return this.#nodes;
  }

  async build(
    parent: Hash,
    request: BuildRequest,
  ): Promise<PlacedBlock<BuiltBlock> | Extract<BuildResult, { readonly block: null }>> {
    const { position, context } = this.#placeOf(parent);
    const built = await this.#buildOn(context, request);
    if (built.block === null) return built;
    return this.#keepBlock(built, position, context.state, request.agreedSeconds);
  }

  /** As `build`, but nothing is kept. */
  tryBlock(parent: Hash, request: BuildRequest): Promise<BuildResult> {
    return this.#buildOn(this.#placeOf(parent).context, request);
  }

  async execute(raw: Uint8Array, parent: Hash, agreedSeconds?: number): Promise<PlacedBlock> {
    const block = parseBlock(raw);
    const { position, context } = this.#placeOf(parent);
    // Known or not: a block may not stand where it does not belong.
    if (block.header.parentHash !== position.head.hash) {
      throw new InvalidBlockError('unknown-parent', `parent is ${block.header.parentHash}`);
    }
    const seconds = agreedSeconds ?? block.header.timestamp;
    const after = positionAfterBlock(position, block.header, seconds);
    const known = this.inFlight.get(after.id);
    if (known?.kind === 'block' && Buffer.compare(known.executed.raw, raw) === 0) {
      return { ...known.executed, position: known.position };
    }
    const evm = await this.#evms.at(block.header.number, block.header.timestamp);
    const executed = await checkBlock(evm, context, block, raw, {
      origin: this.#origin,
      known: this.#known,
    });
    return this.#keepBlock(executed, position, context.state, seconds);
  }

  check(agreed: AgreedOperation, parent: Hash, agreedSeconds: number): OperationTransition {
    const applied = this.#applied(agreed, parent, agreedSeconds);
    const { stateRoot } = applied.position;
    if (stateRoot === agreed.stateRoot) return this.#keep(applied);
    throw new InvalidBlockError('state-root', `claims ${agreed.stateRoot}, it gives ${stateRoot}`);
  }

  apply(request: OperationRequest, parent: Hash, agreedSeconds: number): OperationTransition {
    return this.#keep(this.#applied(request, parent, agreedSeconds));
  }

  #applied(
    { id, operation }: OperationRequest,
    parent: Hash,
    agreedSeconds: number,
  ): OperationTransition {
    this.#requireDevelopment(operation);
    const request = { id, operation };
    const { position, context } = this.#placeOf(parent);
    const { development, outcome, move } = applyOperation(position, request, {
      agreedSeconds,
      genesis: this.#genesis.header,
      header: (hash) => this.#headerOf(hash, parent),
      block: (number) => this.#blockAt(number, parent),
    });
    const base = { kind: 'operation', request, outcome, parent } as const;
    if (move.kind === 'revert') {
      const after = positionOf(move.head, move.stateRoot, development);
      // States of old blocks may be gone; that of the genesis block is in its file.
      const { nodes, codes } = operation.kind === 'reset' ? this.#genesis.state : NO_STATE;
      const state = new RootState(move.stateRoot, context.state, { nodes, codes });
      return { ...base, position: after, state, change: { kind: 'revert', nodes, codes } };
    }
    const journal = new JournaledState(context.state);
    if (move.kind === 'edit') editState(journal, move);
    const diff = diffOf(journal, position.stateRoot, this.#nodes);
    const after = positionOf(position.head, diff.root, development);
    const state = new LayeredState(diff, context.state);
    const change = move.kind === 'edit' ? ({ kind: 'edit', diff } as const) : move;
    return { ...base, position: after, state, change };
  }

  #requireDevelopment({ kind }: OperationRequest['operation']): void {
    if (this.#genesis.praline.devMode) return;
    throw new ChainError('invalid-request', `this chain is not in development mode: no ${kind}`);
  }

  async resolve(toCommit: readonly TransitionToCommit[]): Promise<Transition[]> {
    const resolved: Transition[] = [];
    let parent = this.#committed.position.id;
    for (const one of toCommit) {
      const id = await this.#idOf(one, parent);
      const transition = this.inFlight.get(id);
      if (transition === undefined) {
        throw new ChainError('unknown-block', `block ${id} is not in flight`, { hash: id });
      }
      if (transition.parent !== parent) {
        throw new ChainError('unknown-block', 'blocks to commit must follow the head in order', {
          parent,
          block: transition.position.head.hash,
        });
      }
      resolved.push(transition);
      parent = id;
    }
    return resolved;
  }

  async #idOf(one: TransitionToCommit, parent: Hash): Promise<Hash> {
    if ('hash' in one) return one.hash;
    if ('raw' in one) return (await this.execute(one.raw, parent, one.agreedSeconds)).position.id;
    return this.check(one.operation, parent, one.agreedSeconds).position.id;
  }

  #placeOf(id: Hash): { readonly position: Position; readonly context: ParentContext } {
    const inFlight = this.inFlight.get(id);
    const position = inFlight?.position ?? this.#committed.position;
    if (position.id !== id) {
      throw new ChainError('unknown-block', `block ${id} is neither the head nor in flight`, {
        parent: id,
      });
    }
    const state = inFlight?.state ?? this.#committed.state;
    this.#nodesOf = state;
    const { head, stateRoot } = position;
    const context = {
      header: head,
      state,
      stateRoot,
      development: position.development,
      overrides: headerOverrides(position),
      nodes: this.#nodes,
      ancestorHash: (number: BlockNumber) =>
        this.inFlight.ancestor(id, number) ?? readCanonical(this.#tables, number),
    };
    return { position, context };
  }

  /** Of a block that a snapshot names: in flight below `from`, or stored. */
  #headerOf(hash: Hash, from: Hash): HeaderData {
    const header = this.inFlight.header(from, hash) ?? readHeader(this.#tables, hash);
    if (header === undefined) throw corruptStore(`header ${hash} of a snapshot is missing`);
    return header;
  }

  /** A block at or below the head of `from`, with the root of its last state. Throws `ChainError`. */
  #blockAt(number: BlockNumber, from: Hash): PlacedHeader {
    const { position: committed } = this.#committed;
    const near =
      this.inFlight.positionAt(from, number) ??
      (committed.head.number === number ? committed : undefined);
    if (near !== undefined) return { header: near.head, stateRoot: near.stateRoot };
    const hash = readCanonical(this.#tables, number);
    const header = hash === undefined ? undefined : readHeader(this.#tables, hash);
    if (header === undefined || number < readStateFloor(this.#tables)) {
      throw new ChainError('invalid-request', `the state of block ${number} is not here any more`);
    }
    return { header, stateRoot: readStateRoot(this.#tables, header) };
  }

  #keepBlock<Block extends ExecutedBlock>(
    executed: Block,
    parent: Position,
    parentState: State,
    agreedSeconds?: number,
  ): PlacedBlock<Block> {
    const { header } = executed.block;
    const position = positionAfterBlock(parent, header, agreedSeconds ?? header.timestamp);
    const state = new LayeredState(executed.state, parentState);
    this.#keep({ kind: 'block', executed, parent: parent.id, position, state });
    return { ...executed, position };
  }

  #keep<Kept extends Transition>(transition: Kept): Kept {
    this.inFlight.add(transition);
    return transition;
  }

  async #buildOn(context: ParentContext, request: BuildRequest): Promise<BuildResult> {
    const number = blockNumberOf(context.header.number + 1);
    const evm = await this.#evms.at(number, request.timestamp);
    return buildBlock(evm, context, request);
  }
}
