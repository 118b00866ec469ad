/** Makes a node's chain long before the node starts: empty blocks by the chain package itself, and here and there one with a log. */
import {
  bytesOf,
  Chain,
  createGenesis,
  type DerivedAccount,
  decodeTransaction,
  type Hash,
  parseAddress,
  type SignedTransaction,
} from '@praline/chain';

import type { Hex } from 'viem';
import { metaKey } from '../packages/chain/src/store/schema.ts';
import { Tables } from '../packages/chain/src/store/tables.ts';
import { progress } from './report.ts';
import { signCall } from './signed-transactions.ts';

/** Has code that logs nothing but its address, and stops: PUSH1 0, PUSH1 0, LOG0, STOP. */
export const LOGGING_CONTRACT: Hex = `0x${'10'.repeat(20)}`;
const LOGGING_CODE = '0x60006000a000';
const LOGGING_GAS = 30_000n;

const COINBASE = parseAddress(`0x${'c0'.repeat(20)}`);
/** Blocks of one commit: more would only lengthen the list of states that each next one looks through. */
const BLOCKS_PER_COMMIT = 100;
const NO_MARKER = new Uint8Array(0);
const BLOCK_BYTES_MAX = 10_000_000;

/** Genesis accounts: the contract that logs, and as many others as are asked for, 1 wei each. */
export function grownAlloc(accounts: number): Record<string, { balance: string; code?: string }> {
  const alloc: Record<string, { balance: string; code?: string }> = {
    [LOGGING_CONTRACT]: { balance: '0x0', code: LOGGING_CODE },
  };
  for (let index = 0; index < accounts; index += 1) alloc[accountAt(index)] = { balance: '0x1' };
  return alloc;
}

export function accountAt(index: number): Hex {
  return `0x${(index + 65_536).toString(16).padStart(40, '1')}`;
}

export class LongChain {
  readonly #folder: string;
  readonly #chain: Chain;

  private constructor(folder: string, chain: Chain) {
    this.#folder = folder;
    this.#chain = chain;
  }

  /** Opens the chain of a node that has not started yet. */
  static async open(folder: string, genesisJson: unknown): Promise<LongChain> {
    return new LongChain(folder, await Chain.open(folder, createGenesis(genesisJson)));
  }

  get height(): number {
    return this.#chain.head.number;
  }

  /** Adds `blocks`; `logger` calls the contract that logs in `hits` of them, evenly spread. All hits count its nonces from 0. */
  async extend(blocks: number, hits: number, logger: DerivedAccount): Promise<void> {
    const started = performance.now();
    const chain = this.#chain;
    let parent = chain.head.hash;
    let done = 0;
    let waiting: { hash: Hash }[] = [];
    for (let block = 0; block < blocks; block += 1) {
      const called = Math.floor((block * hits) / blocks);
      const isHit = Math.floor(((block + 1) * hits) / blocks) > called;
      parent = await this.#build(parent, isHit ? [loggingCall(logger, called)] : []);
      waiting.push({ hash: parent });
      if (waiting.length === BLOCKS_PER_COMMIT || block === blocks - 1) {
        await chain.commit(waiting, NO_MARKER);
        done += waiting.length;
        waiting = [];
        const perSecond = (done * 1000) / (performance.now() - started);
        if (done % 1_000 === 0)
          progress(`making blocks: ${done} of ${blocks}, ${Math.round(perSecond)} a second`);
      }
    }
  }

  /** One block of exactly these, committed by itself. Throws when one does not fit. */
  async commitBlock(candidates: readonly SignedTransaction[]): Promise<void> {
    const hash = await this.#build(this.#chain.head.hash, candidates);
    await this.#chain.commit([{ hash }], NO_MARKER);
  }

  /** Ends the work, and leaves no record of an applied entry: for the node, all this was there before its log. */
  async close(): Promise<void> {
    await this.#chain.close();
    const tables = new Tables(this.#folder, { readOnly: false });
    await tables.commit((writer) => writer.remove('meta', metaKey('marker')));
    await tables.close();
  }

  async #build(parent: Hash, candidates: readonly SignedTransaction[]): Promise<Hash> {
    const built = await this.#chain.buildBlock(parent, {
      // All of one second, so that the head is not in the future.
      timestamp: this.#chain.head.timestamp,
      coinbase: COINBASE,
      extraData: '0x',
      candidates,
      maxBytes: BLOCK_BYTES_MAX,
      allowEmpty: true,
    });
    if (built.block === null || built.transactions.length !== candidates.length) {
      throw new Error(`a block lacks transactions: ${built.refused[0]?.error.message}`);
    }
    return built.block.header.hash;
  }
}

function loggingCall(from: DerivedAccount, nonce: number): SignedTransaction {
  const call = { to: LOGGING_CONTRACT, value: 0n, input: '0x', gasLimit: LOGGING_GAS } as const;
  return decodeTransaction(bytesOf(signCall(from, nonce, call)));
}
