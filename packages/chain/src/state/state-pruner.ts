/**
 * Removes trie nodes that no state of the last blocks reaches, beside the blocks that are executed and committed meanwhile.
 *
 * A pass raises the floor (`state-floor.ts`) first, in a transaction of its own: what is asked for below gets an error from
 * then on, so nobody reads what goes. Then it marks every node that a kept state reaches, the oldest whole and of each later
 * one what is new, and whatever is committed while it runs; then it goes through the table and removes the rest, a few
 * hundred in a transaction. Nodes are named by their hash and shared between states and accounts, so only the marks of all
 * kept states tell what is unused; a node that a later block makes again is written again with it. A crash leaves some
 * unused nodes, which the next pass removes.
 *
 * Costs: a pass reads the whole state of one block, so passes are some hundred blocks apart; the marks take about 100 bytes
 * for each node of the state.
 */
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { corruptStore } from '../errors.ts';
import { type BlockNumber, blockNumberOf, bytesOf, type Hash, hashOf } from '../primitives.ts';
import { TimeSlices } from '../snapshot/time-slices.ts';
import { readCanonical, readHeader } from '../store/block-records.ts';
import { readStateRoot, rootsInUse } from '../store/development-records.ts';
import { HistoryGaps } from '../store/history-gaps.ts';
import { readStateFloor, writeStateFloor } from '../store/state-floor.ts';
import type { Tables } from '../store/tables.ts';
import { type Child, decodeNode, type TrieNode } from '../trie/node.ts';
import { decodeAccount } from './account-codec.ts';

/** Nodes looked at in one transaction, which other writes wait for. */
const NODES_PER_STEP = 500;
/** Blocks that have to be over the kept ones before a pass, so that what it costs is spread over them. */
const BLOCKS_BETWEEN_PASSES = 128;

export interface StateHistory {
  /** States of at least so many last blocks are kept, the head's included; 1 or more. */
  readonly blocks: number;
  /** Default 128. */
  readonly blocksBetweenPasses?: number;
}

/** Hashes of nodes that stay. */
interface Marks {
  /** Reached from a kept state: everything below is, too, or will be. */
  readonly visited: Set<Hash>;
  /** With a block that was committed meanwhile. */
  readonly written: Set<Hash>;
}

/** Runs an action when no block is being executed or written. */
export type Exclusively = <Value>(action: () => Promise<Value>) => Promise<Value>;

export class StatePruner {
  readonly #tables: Tables;
  readonly #history: StateHistory;
  readonly #exclusively: Exclusively;
  readonly #signal: AbortSignal;
  /** Of the pass that runs. */
  #marks: Marks | undefined;
  #isAborted = false;
  #head = blockNumberOf(0);
  #pass: Promise<void> = Promise.resolve();

  constructor(
    tables: Tables,
    history: StateHistory,
    exclusively: Exclusively,
    signal: AbortSignal,
  ) {
    if (!Number.isSafeInteger(history.blocks) || history.blocks < 1) {
      throw new RangeError('the state history is a whole number of blocks, 1 or more');
    }
    this.#tables = tables;
    this.#history = history;
    this.#exclusively = exclusively;
    this.#signal = signal;
  }

  /** Resolves when no pass runs. */
  async settled(): Promise<void> {
    while (this.#marks !== undefined) await this.#pass;
  }

  /** In the turn in which these nodes have been written, or before it. */
  written(nodes: Iterable<Hash>): void {
    for (const hash of nodes) this.#marks?.written.add(hash);
  }

  /** The state was replaced by one whose nodes the pass that runs does not know, or blocks are gone: it ends. */
  replaced(): void {
    this.#isAborted = true;
  }

  /** After a commit, or at start. Begins a pass where there is enough to remove and none runs. */
  headIs(head: BlockNumber): void {
    this.#head = head;
    if (this.#marks !== undefined || this.#signal.aborted) return;
    const { blocks, blocksBetweenPasses = BLOCKS_BETWEEN_PASSES } = this.#history;
    const floor = head + 1 - blocks;
    if (floor - readStateFloor(this.#tables) < blocksBetweenPasses) return;
    const marks = { visited: new Set<Hash>(), written: new Set<Hash>() };
    this.#marks = marks;
    this.#isAborted = false;
    this.#pass = this.#run(marks, blockNumberOf(floor), head).then(
      () => this.#endPass(true),
      // A failure of the store stops whoever uses it next; what was not removed stays for the next pass.
      () => this.#endPass(false),
    );
  }

  #endPass(isDone: boolean): void {
    this.#marks = undefined;
    if (isDone) this.headIs(this.#head);
  }

  async #run(marks: Marks, floor: BlockNumber, head: BlockNumber): Promise<void> {
    await this.#exclusively(async () => {
      if (!this.#isAborted) await this.#tables.commit((writer) => writeStateFloor(writer, floor));
    });
    const slices = new TimeSlices(this.#signal);
    const gaps = HistoryGaps.read(this.#tables);
    for (let number: number = floor; number <= head && !this.#isAborted; number += 1) {
      if (!gaps.has(number))
        await this.#mark(marks.visited, this.#rootOf(blockNumberOf(number)), slices);
    }
    // Whatever the chain can be taken back to stays, however old.
    for (const root of rootsInUse(this.#tables)) {
      if (!this.#isAborted) await this.#mark(marks.visited, root, slices);
    }
    let after: Uint8Array | undefined = new Uint8Array(0);
    while (after !== undefined && !this.#isAborted) {
      const from: Uint8Array = after;
      await slices.next();
      after = await this.#exclusively(() => this.#sweep(marks, from));
    }
  }

  #rootOf(number: BlockNumber): Hash {
    const hash = readCanonical(this.#tables, number);
    const header = hash === undefined ? undefined : readHeader(this.#tables, hash);
    if (header === undefined) throw corruptStore(`block ${number} is missing`);
    return readStateRoot(this.#tables, header);
  }

  /** A marked node has all below it marked, or to be visited: states share whole subtrees. */
  async #mark(visited: Set<Hash>, root: Hash, slices: TimeSlices): Promise<void> {
    const waiting: { readonly child: Child; readonly isAccounts: boolean }[] = [];
    const add = (child: Child | null, isAccounts: boolean): void => {
      if (child !== null) waiting.push({ child, isAccounts });
    };
    if (root !== EMPTY_TRIE_ROOT) add(bytesOf(root), true);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (slices.isOver) {
        await slices.next();
        if (this.#isAborted) return;
      }
      const { child, isAccounts } = next;
      const node = child instanceof Uint8Array ? this.#enter(visited, child) : child;
      if (node === undefined) continue;
      if (node.kind === 'branch') for (const below of node.children) add(below, isAccounts);
      else if (node.kind === 'extension') add(node.child, isAccounts);
      else if (isAccounts) {
        const { storageRoot } = decodeAccount(node.value);
        if (storageRoot !== EMPTY_TRIE_ROOT) add(bytesOf(storageRoot), false);
      }
    }
  }

  /** Marks a node; undefined when it was already visited. */
  #enter(visited: Set<Hash>, name: Uint8Array): TrieNode | undefined {
    const hash = hashOf(name);
    if (visited.has(hash)) return undefined;
    visited.add(hash);
    const bytes = this.#tables.get('nodes', name);
    if (bytes === undefined) throw corruptStore(`trie node ${hash} is missing`);
    return decodeNode(Uint8Array.from(bytes));
  }

  /** Removes what is not marked among the next nodes; answers where to go on, undefined at the end. */
  async #sweep({ visited, written }: Marks, from: Uint8Array): Promise<Uint8Array | undefined> {
    this.#tables.refresh();
    const keys = this.#tables.firstKeys('nodes', from, NODES_PER_STEP);
    const unused = keys.filter((key) => !visited.has(hashOf(key)) && !written.has(hashOf(key)));
    if (unused.length > 0 && !this.#isAborted) {
      await this.#tables.commit((writer) => {
        for (const key of unused) writer.remove('nodes', key);
      });
    }
    const last = keys.at(-1);
    return keys.length < NODES_PER_STEP || last === undefined
      ? undefined
      : Buffer.concat([last, Uint8Array.of(0)]);
  }
}
