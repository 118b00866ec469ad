/**
 * Follows a chain from its genesis block by headers and bodies alone: each block must be the child of the one before by
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
  #head: HeaderData;

  constructor(genesis: Genesis) {
    this.#rules = new ForkRules(genesis.common);
    this.#head = genesis.header;
  }

  /** The last block; the genesis block at first. */
  get head(): HeaderData {
    return this.#head;
  }

  /** Takes the RLP of the next block and answers its header. Throws `InvalidBlockError`; the head stays then. */
  append(raw: Uint8Array): HeaderData {
    const block = parseBlock(raw);
    const { header } = block;
    checkHeader(header, this.#head, this.#rules.at(header.number, header.timestamp), 'network');
    checkBody(block, 'network');
    this.#head = header;
    return header;
  }
}
