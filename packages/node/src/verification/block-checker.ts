/** Whether the entries of a log carry one Ethereum chain, from the genesis block on where they are all there, and agree with it. */
import type { Genesis, HeaderData } from '@praline/chain';
import { BlockSequence, InvalidBlockError } from '@praline/chain/reading';
import type { Entry } from 'mokka';
import { decodeBlockPayload } from '../chain-thread/block-payload.ts';
import { timestampOf } from '../chain-thread/block-time.ts';
import { stateDigestOf } from '../chain-thread/state-digest.ts';
import { LogInvalidError } from './log-invalid-error.ts';

export class BlockChecker {
  readonly #blocks: BlockSequence;
  /** Of a log that begins later: the state that its first entries were agreed on, until a block tells which one it is. */
  #unknownState: string | null = null;

  /** `isWhole`: whether the entries come from genesis on. Of others the first block's parent is what the entries before it say. */
  constructor(genesis: Genesis, isWhole: boolean) {
    this.#blocks = isWhole ? new BlockSequence(genesis) : new BlockSequence(genesis, null);
  }

  /** The block after the last entry; null before the first one of a log that begins later. */
  get head(): HeaderData | null {
    return this.#blocks.head;
  }

  /** The next entry. Throws `LogInvalidError`. */
  add(entry: Entry): void {
    const { index } = entry;
    const parent = this.#blocks.head;
    const isBlock = entry.kind === 'payload';
    const block = isBlock && parent !== null ? parent.number + 1 : null;
    this.#checkState(entry, block);
    if (!isBlock) {
      return;
    }
    const raw = decodeBlockPayload(entry.payload);
    if (raw === undefined) {
      throw new LogInvalidError('wrong-block', {
        index,
        block,
        message: 'its payload is of a kind that this release does not know',
        expected: '1',
        found: String(entry.payload[0] ?? 'nothing'),
      });
    }
    const header = this.#append(raw, index, block);
    if (parent === null) {
      checkDigest(entry, header.number, header.number - 1, header.parentHash);
      return;
    }
    const time = timestampOf(parent, entry.timestamp);
    if (header.timestamp !== time) {
      throw new LogInvalidError('wrong-block', {
        index,
        block,
        message: "its block's time is not the one that the entry's time gives",
        expected: String(time),
        found: String(header.timestamp),
      });
    }
  }

  #checkState(entry: Entry, block: number | null): void {
    const parent = this.#blocks.head;
    if (parent !== null) {
      checkDigest(entry, block, parent.number, parent.hash);
      return;
    }
    this.#unknownState ??= entry.stateDigest;
    if (entry.stateDigest !== this.#unknownState) {
      throw new LogInvalidError('wrong-state-digest', {
        index: entry.index,
        block,
        message: 'it was agreed on another state than the entry before it, and no block is between',
        expected: this.#unknownState,
        found: entry.stateDigest,
      });
    }
  }

  #append(raw: Uint8Array, index: number, block: number | null): HeaderData {
    try {
      return this.#blocks.append(raw);
    } catch (error) {
      if (!(error instanceof InvalidBlockError)) throw error;
      const { head } = this.#blocks;
      throw new LogInvalidError('wrong-block', {
        index,
        block,
        message: error.message,
        expected: head === null ? null : `a child of block ${head.number}, ${head.hash}`,
        found: null,
      });
    }
  }
}

function checkDigest(
  { index, stateDigest }: Entry,
  block: number | null,
  parent: number,
  parentHash: HeaderData['hash'],
): void {
  const digest = stateDigestOf(parentHash);
  if (stateDigest !== digest) {
    throw new LogInvalidError('wrong-state-digest', {
      index,
      block,
      message: `it was agreed on another state than that of block ${parent} before it`,
      expected: digest,
      found: stateDigest,
    });
  }
}
