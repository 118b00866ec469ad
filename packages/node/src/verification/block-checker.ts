/** Whether the entries of a log carry one Ethereum chain from the genesis block on, and agree with it. */
import type { Genesis, HeaderData } from '@praline/chain';
import { BlockSequence, ChainError, InvalidBlockError } from '@praline/chain/reading';
import type { Entry } from 'mokka';
import { secondsOf } from '../chain-thread/block-time.ts';
import { decodePayload, type Payload } from '../chain-thread/payload.ts';
import { stateDigestOf } from '../chain-thread/state-digest.ts';
import { LogInvalidError } from './log-invalid-error.ts';

export class BlockChecker {
  readonly #blocks: BlockSequence;
  #operations = 0;

  constructor(genesis: Genesis) {
    this.#blocks = new BlockSequence(genesis);
  }

  /** The block that was the head after the last entry. */
  get head(): HeaderData {
    return this.#blocks.head;
  }

  /** Development operations so far. */
  get operations(): number {
    return this.#operations;
  }

  /** The next entry; answers whether it carried a block. Throws `LogInvalidError`. */
  add(entry: Entry): boolean {
    const { index } = entry;
    const { id, head: parent } = this.#blocks.position;
    const digest = stateDigestOf(id);
    const payload = entry.kind === 'payload' ? this.#decode(entry) : null;
    const block = payload?.kind === 'block' ? parent.number + 1 : null;
    if (entry.stateDigest !== digest) {
      throw new LogInvalidError('wrong-state-digest', {
        index,
        block,
        message: `it was agreed on another state than that of block ${parent.number} before it`,
        expected: digest,
        found: entry.stateDigest,
      });
    }
    if (payload?.kind === 'operation') {
      this.#apply(payload, entry);
    } else if (payload !== null) {
      this.#append(payload.raw, entry);
    }
    return block !== null;
  }

  #decode(entry: Entry): Payload {
    const fail = (message: string): never => {
      throw new LogInvalidError('wrong-block', {
        index: entry.index,
        block: null,
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
    const { index } = entry;
    const seconds = secondsOf(entry.timestamp);
    const block = this.head.number + 1;
    const time = this.#blocks.nextTimestamp(seconds);
    const header = this.#appended(raw, seconds, { index, block });
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

  #appended(
    raw: Uint8Array,
    seconds: number,
    { index, block }: { readonly index: number; readonly block: number },
  ): HeaderData {
    try {
      return this.#blocks.append(raw, seconds);
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
