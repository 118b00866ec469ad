/** Whether the entries of a log carry one Ethereum chain, from the genesis block on where they are all there, and agree with it. */
import type { Genesis, Hash, HeaderData } from '@praline/chain';
import { BlockSequence, ChainError, InvalidBlockError } from '@praline/chain/reading';
import type { Entry } from 'mokka';
import { secondsOf } from '../chain-thread/block-time.ts';
import { decodePayload, type Payload } from '../chain-thread/payload.ts';
import { stateDigestOf } from '../chain-thread/state-digest.ts';
import { LogInvalidError } from './log-invalid-error.ts';

export class BlockChecker {
  readonly #blocks: BlockSequence;
  #operations = 0;
  /** Of a log that begins later: the state that its first entries were agreed on, until a block tells which one it is. */
  #unknownState: string | null = null;

  /** `isWhole`: whether the entries come from genesis on. Of others the first block's parent is what the entries before it say. */
  constructor(genesis: Genesis, isWhole: boolean) {
    this.#blocks = isWhole ? new BlockSequence(genesis) : new BlockSequence(genesis, null);
  }

  /** The block that was the head after the last entry; null before the first one of a log that begins later. */
  get head(): HeaderData | null {
    return this.#blocks.head;
  }

  /** Development operations so far. */
  get operations(): number {
    return this.#operations;
  }

  /** The next entry; answers whether it carried a block. Throws `LogInvalidError`. */
  add(entry: Entry): boolean {
    const payload = entry.kind === 'payload' ? this.#decode(entry) : null;
    const isBlock = payload?.kind === 'block';
    this.#checkState(entry, isBlock && this.head !== null ? this.head.number + 1 : null);
    if (payload?.kind === 'operation') {
      this.#apply(payload, entry);
    } else if (payload !== null) {
      this.#append(payload.raw, entry);
    }
    return isBlock;
  }

  #checkState(entry: Entry, block: number | null): void {
    const { position } = this.#blocks;
    if (position !== null) {
      checkDigest(entry, block, position.head.number, position.id);
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

  #decode(entry: Entry): Payload {
    const block = this.head === null ? null : this.head.number + 1;
    const fail = (message: string): never => {
      throw new LogInvalidError('wrong-block', {
        index: entry.index,
        block,
        message,
        expected: '1 or 2',
        found: String(entry.payload[0] ?? 'nothing'),
      });
    };
    try {
      const payload = decodePayload(entry.payload);
      return payload ?? fail('its payload is of a kind that this release does not know');
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      return fail(error.message);
    }
  }

  #apply({ operation }: Extract<Payload, { kind: 'operation' }>, entry: Entry): void {
    try {
      this.#blocks.apply(operation, secondsOf(entry.timestamp));
      this.#operations += 1;
    } catch (error) {
      if (!(error instanceof ChainError || error instanceof InvalidBlockError)) throw error;
      throw new LogInvalidError('wrong-operation', {
        index: entry.index,
        block: null,
        message: error.message,
        expected: null,
        found: operation.operation.kind,
      });
    }
  }

  #append(raw: Uint8Array, entry: Entry): void {
    const seconds = secondsOf(entry.timestamp);
    const parent = this.head;
    const time = this.#blocks.nextTimestamp(seconds);
    const header = this.#appended(raw, seconds, entry.index);
    if (parent === null) {
      checkDigest(entry, header.number, header.number - 1, header.parentHash);
      return;
    }
    if (header.timestamp !== time) {
      throw new LogInvalidError('wrong-block', {
        index: entry.index,
        block: parent.number + 1,
        message: "its block's time is not the one that the entry's time gives",
        expected: String(time),
        found: String(header.timestamp),
      });
    }
  }

  #appended(raw: Uint8Array, seconds: number, index: number): HeaderData {
    try {
      return this.#blocks.append(raw, seconds);
    } catch (error) {
      if (!(error instanceof InvalidBlockError)) throw error;
      const { head } = this.#blocks;
      throw new LogInvalidError('wrong-block', {
        index,
        block: head === null ? null : head.number + 1,
        message: error.message,
        expected: head === null ? null : `a child of block ${head.number}, ${head.hash}`,
        found: null,
      });
    }
  }
}

/** `state`: id of the position that the entry stands on. */
function checkDigest(
  { index, stateDigest }: Entry,
  block: number | null,
  parent: number,
  state: Hash,
): void {
  const digest = stateDigestOf(state);
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
