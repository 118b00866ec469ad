/** Whether the entries of a log carry one Ethereum chain from the genesis block on, and agree with it. */
import type { Genesis, HeaderData } from '@praline/chain';
import { BlockSequence, InvalidBlockError } from '@praline/chain/reading';
import type { Entry } from 'mokka';
import { decodeBlockPayload } from '../chain-thread/block-payload.ts';
import { timestampOf } from '../chain-thread/block-time.ts';
import { stateDigestOf } from '../chain-thread/state-digest.ts';
import { LogInvalidError } from './log-invalid-error.ts';

export class BlockChecker {
  readonly #blocks: BlockSequence;

  constructor(genesis: Genesis) {
    this.#blocks = new BlockSequence(genesis);
  }

  /** The block after the last entry. */
  get head(): HeaderData {
    return this.#blocks.head;
  }

  /** The next entry. Throws `LogInvalidError`. */
  add(entry: Entry): void {
    const { index } = entry;
    const parent = this.#blocks.head;
    const isBlock = entry.kind === 'payload';
    const block = isBlock ? parent.number + 1 : null;
    const digest = stateDigestOf(parent.hash);
    if (entry.stateDigest !== digest) {
      throw new LogInvalidError('wrong-state-digest', {
        index,
        block,
        message: `it was agreed on another state than that of block ${parent.number} before it`,
        expected: digest,
        found: entry.stateDigest,
      });
    }
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
    const header = this.#append(raw, index, parent.number + 1);
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

  #append(raw: Uint8Array, index: number, block: number): HeaderData {
    try {
      return this.#blocks.append(raw);
    } catch (error) {
      if (!(error instanceof InvalidBlockError)) throw error;
      throw new LogInvalidError('wrong-block', {
        index,
        block,
        message: error.message,
        expected: `a child of block ${block - 1}, ${this.#blocks.head.hash}`,
        found: null,
      });
    }
  }
}
