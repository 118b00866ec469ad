/**
 * Rule *durability*: what a node says was on its synced disk before it left.
 *
 * Looks at disks as bytes: a statement is durable once its signature lies in a synced value. For votes and proposals the
 * entry and all its ancestors must lie there too.
 */
import { decodePruning } from '../../codec/snapshot-codec.ts';
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { Input } from '../../core/input.ts';
import type { Message } from '../../core/message.ts';
import { PRUNING_RECORD } from '../../core/pruning.ts';
import type { EntryHash, NodeId, Signature, Ticket } from '../../core/types.ts';
import type { StorageOperation } from '../../storage/storage.ts';
import type { Observer } from '../observer.ts';
import type { SignatureRecord, SignatureRegister } from '../world/signatures.ts';
import { ViolationError } from '../world/violation.ts';

/** Signatures of a node that are looked for in its writes while none is under way; older ones were never to be stored. */
const MAX_UNSTORED = 64;

export interface DurabilityModules {
  readonly ids: readonly NodeId[];
  readonly register: SignatureRegister;
  readonly decodeEntry: (bytes: Uint8Array) => Entry;
  /** Told of every entry found on a disk. */
  readonly onEntry: (entry: Entry) => void;
}

export class DurabilityChecker implements Observer {
  readonly #modules: DurabilityModules;
  /** Hash of the entry at each index of each synced disk. */
  readonly #stored: readonly Map<number, EntryHash>[];
  /** Below this index entries were pruned. */
  readonly #floors: number[];
  /** Up to this index each disk's entries are known to follow each other; a write below takes that back. */
  readonly #linked: number[];
  readonly #unstored: SignatureRecord[][];
  /** Writes of each node that its disk has not answered. */
  readonly #writes: Set<Ticket>[];
  readonly #parents = new Map<EntryHash, EntryHash>();
  #order = 0;

  constructor(modules: DurabilityModules) {
    this.#modules = modules;
    this.#stored = modules.ids.map(() => new Map());
    this.#floors = modules.ids.map(() => 1);
    this.#linked = modules.ids.map(() => 0);
    this.#unstored = modules.ids.map(() => []);
    this.#writes = modules.ids.map(() => new Set());
  }

  /** How many disks hold this entry for sure, or a committed one above it whose state stands for it. */
  copies(index: number, hash: EntryHash): number {
    return this.#stored.filter((_, node) => this.holds(node, index, hash)).length;
  }

  holds(node: number, index: number, hash: EntryHash): boolean {
    const floor = this.#floors[node] ?? 1;
    return index < floor || this.#stored[node]?.get(index) === hash;
  }

  signed(record: SignatureRecord): void {
    const unstored = this.#unstored[record.signer] ?? [];
    unstored.push(record);
    // A slow disk may have a long way to go.
    if (this.#writes[record.signer]?.size !== 0) return;
    if (unstored.length > MAX_UNSTORED) unstored.splice(0, unstored.length - MAX_UNSTORED);
  }

  input(node: number, input: Input): void {
    if (input.type === 'persisted') this.#writes[node]?.delete(input.ticket);
  }

  crashed(node: number): void {
    this.#writes[node]?.clear();
  }

  synced(node: number, operations: readonly StorageOperation[]): void {
    this.#order += 1;
    const stored = this.#stored[node];
    if (stored === undefined) return;
    for (const operation of operations) {
      if (operation.type === 'put' || operation.type === 'put-record') {
        this.#findSignatures(node, operation.value);
      }
      if (operation.type === 'put-record' && operation.name === PRUNING_RECORD) {
        this.#floors[node] = decodePruning(operation.value).lowest;
      }
      if (!('table' in operation) || operation.table !== 'entries') continue;
      switch (operation.type) {
        case 'put': {
          this.#unlinkFrom(node, operation.key);
          const entry = this.#modules.decodeEntry(operation.value);
          stored.set(operation.key, entry.hash);
          this.#parents.set(entry.hash, entry.parentHash);
          this.#modules.onEntry(entry);
          break;
        }
        case 'delete':
          this.#unlinkFrom(node, operation.key);
          stored.delete(operation.key);
          break;
        case 'delete-from':
          this.#unlinkFrom(node, operation.from);
          for (const key of stored.keys()) if (key >= operation.from) stored.delete(key);
          break;
        case 'delete-below':
          for (const key of stored.keys()) if (key < operation.below) stored.delete(key);
          break;
      }
    }
  }

  #findSignatures(node: number, value: Uint8Array): void {
    const unstored = this.#unstored[node];
    if (unstored === undefined || unstored.length === 0) return;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#unstored[node] = unstored.filter((record) => {
      if (bytes.indexOf(record.signature) < 0) return true;
      record.durableAt = this.#order;
      return false;
    });
  }

  effect(node: number, effect: Effect): void {
    if (effect.type === 'persist') this.#writes[node]?.add(effect.ticket);
    if (effect.type === 'send') this.#checkSent(node, effect.message);
  }

  #checkSent(node: number, message: Message): void {
    const self = this.#modules.ids[node];
    switch (message.type) {
      case 'vote':
        if (message.vote.voter !== self) return;
        this.#requireDurable(message.vote.signature, `node ${node} sends a vote`);
        this.#requireChain(node, message.vote.index, message.vote.hash, 'a vote');
        return;
      case 'term-vote':
        if (message.termVote.voter !== self) return;
        this.#requireDurable(message.termVote.signature, `node ${node} sends a term vote`);
        return;
      case 'propose':
        if (message.entry.proposer !== self) return;
        this.#requireChain(node, message.entry.index, message.entry.hash, 'a proposal');
        return;
      default:
        return;
    }
  }

  #requireDurable(signature: Signature, what: string): void {
    const record = this.#modules.register.lookUp(signature);
    if (record === undefined || record.durableAt === 0) {
      throw new ViolationError('durability', `${what} that is not on its disk`);
    }
  }

  #requireChain(node: number, index: number, hash: EntryHash, what: string): void {
    if (!this.holds(node, index, hash)) {
      throw new ViolationError(
        'durability',
        `node ${node} sends ${what} for entry ${index}, which is not on its disk`,
      );
    }
    const floor = this.#floors[node] ?? 1;
    let parent = this.#parents.get(hash);
    for (let below = index - 1; below >= floor; below -= 1) {
      if (parent !== undefined && this.holds(node, below, parent)) {
        if (below <= (this.#linked[node] ?? 0)) break;
        parent = this.#parents.get(parent);
        continue;
      }
      throw new ViolationError(
        'durability',
        `node ${node} sends ${what} for entry ${index} without its ancestor ${below} on disk`,
      );
    }
    this.#linked[node] = Math.max(this.#linked[node] ?? 0, index);
  }

  #unlinkFrom(node: number, index: number): void {
    this.#linked[node] = Math.min(this.#linked[node] ?? 0, index - 1);
  }
}
