/**
 * Follows a chain from its genesis block, or from any block on, by headers, bodies and development operations alone: each
 * block must be the child of the head by number, hash and every rule that needs no execution, and each operation must be
 * possible where it stands. What only execution can tell (state and receipts) is taken as header or operation say. For
 * checks of a whole chain without its state.
 */
import type { HeaderData } from '../block/block-data.ts';
import { InvalidBlockError } from '../block/invalid-block-error.ts';
import { applyOperation, lowestTarget, type PlacedHeader } from '../development/apply-operation.ts';
import { UNUSED } from '../development/development-state.ts';
import type { AgreedOperation } from '../development/operation.ts';
import {
  headerOverrides,
  nextTimestamp,
  type Position,
  positionAfterBlock,
  positionOf,
} from '../development/position.ts';
import { ChainError, corruptStore } from '../errors.ts';
import type { Genesis } from '../genesis/genesis.ts';
import type { BlockNumber, Hash } from '../primitives.ts';
import { ForkRules } from '../query/fork-rules.ts';
import { checkBody, parseBlock } from './block-body.ts';
import { checkHeader } from './header-rules.ts';

export class BlockSequence {
  readonly #genesis: Genesis;
  readonly #rules: ForkRules;
  #position: Position | null;
  /** Heads of the snapshots that there are. */
  #heads = new Map<Hash, HeaderData>();
  /** In development mode: blocks that a rollback can lead to, by number. */
  readonly #recent = new Map<BlockNumber, PlacedHeader>();

  /** `after`: the block before the first that is given; null when that is not known, and the first is taken by its body alone. */
  constructor(genesis: Genesis, after: HeaderData | null = genesis.header) {
    this.#genesis = genesis;
    this.#rules = new ForkRules(genesis.common);
    this.#position = after === null ? null : positionOf(after, after.stateRoot, UNUSED);
    this.#remember();
  }

  /** The last block; the genesis block at first. Null before the first of a chain that begins later. */
  get head(): HeaderData | null {
    return this.#position?.head ?? null;
  }

  /** Null as the head is. */
  get position(): Position | null {
    return this.#position;
  }

  /** Unix time in seconds that the next block must have, by that of its log entry; null when any may be right. */
  nextTimestamp(agreedSeconds: number): number | null {
    return this.#position === null ? null : nextTimestamp(this.#position, agreedSeconds);
  }

  /** Takes the RLP of the next block and answers its header. Throws `InvalidBlockError`; nothing changes then. */
  append(raw: Uint8Array, agreedSeconds: number): HeaderData {
    const block = parseBlock(raw);
    const { header } = block;
    const position = this.#position;
    if (position !== null) {
      const rules = this.#rules.at(header.number, header.timestamp);
      checkHeader(header, position.head, rules, 'network', headerOverrides(position));
    }
    checkBody(block, 'network');
    this.#position =
      position === null
        ? positionOf(header, header.stateRoot, UNUSED)
        : positionAfterBlock(position, header, agreedSeconds);
    this.#remember();
    return header;
  }

  /** Takes the next operation. Throws `ChainError` `invalid-request` or `InvalidBlockError`; nothing changes then. */
  apply(agreed: AgreedOperation, agreedSeconds: number): void {
    const { kind } = agreed.operation;
    if (!this.#genesis.praline.devMode) {
      throw new ChainError('invalid-request', `this chain is not in development mode: no ${kind}`);
    }
    const before = this.#position;
    if (before === null) {
      throw new ChainError('invalid-request', 'what the chain was before it is not known');
    }
    const { development, move } = applyOperation(before, agreed, {
      agreedSeconds,
      genesis: this.#genesis.header,
      header: (hash) => this.#headerOf(hash),
      block: (number) => this.#blockAt(number),
    });
    const head = move.kind === 'revert' ? move.head : before.head;
    const known = move.kind === 'revert' ? move.stateRoot : before.stateRoot;
    if (move.kind !== 'edit' && agreed.stateRoot !== known) {
      throw new InvalidBlockError('state-root', `claims ${agreed.stateRoot}, it gives ${known}`);
    }
    this.#position = positionOf(head, agreed.stateRoot, development);
    this.#remember();
    this.#heads = new Map(
      development.snapshots.map((one) => [one.head, this.#headerOf(one.head)] as const),
    );
  }

  #remember(): void {
    if (this.#position === null || !this.#genesis.praline.devMode) return;
    const { head, stateRoot, development } = this.#position;
    this.#recent.set(head.number, { header: head, stateRoot });
    // What is above the head is overwritten before it is asked for; of what is below, the lowest are the oldest.
    const lowest = lowestTarget(development, head);
    for (const number of this.#recent.keys()) {
      if (number >= lowest) break;
      this.#recent.delete(number);
    }
  }

  #blockAt(number: BlockNumber): PlacedHeader {
    const found = this.#recent.get(number);
    if (found !== undefined) return found;
    throw new ChainError('invalid-request', `block ${number} is below what is known of the chain`);
  }

  #headerOf(hash: Hash): HeaderData {
    const header = hash === this.head?.hash ? this.head : this.#heads.get(hash);
    if (header === undefined) throw corruptStore(`header ${hash} of a snapshot is missing`);
    return header;
  }
}
