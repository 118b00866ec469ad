/**
 * Follows a chain from its genesis block, or from any block on, by headers and bodies alone: each block must be the child of the one before by
 * number, hash and every rule that needs no execution. What only execution can tell (state and receipts) is taken as the
 * header says. For checks of a whole chain without its state.
 */
import type { HeaderData } from '../block/block-data.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { ForkRules } from '../query/fork-rules.ts';
import { checkBody, parseBlock } from './block-body.ts';
import { checkHeader } from './header-rules.ts';

export class BlockSequence {
  readonly #rules: ForkRules;
  #head: HeaderData | null;

  /** `after`: the block before the first that is given; null when that is not known, and the first is taken by its body alone. */
  constructor(genesis: Genesis, after: HeaderData | null = genesis.header) {
    this.#rules = new ForkRules(genesis.common);
    this.#head = after;
  }

  /** The last block; the genesis block at first. Null before the first of a chain that begins later. */
  get head(): HeaderData | null {
    return this.#head;
  }

  /** Takes the RLP of the next block and answers its header. Throws `InvalidBlockError`; the head stays then. */
  append(raw: Uint8Array): HeaderData {
    const block = parseBlock(raw);
    const { header } = block;
    if (this.#head !== null) {
      checkHeader(header, this.#head, this.#rules.at(header.number, header.timestamp), 'network');
    }
    checkBody(block, 'network');
    this.#head = header;
    return header;
  }
}
