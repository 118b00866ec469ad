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

/**
 * Sends 1 wei to each of `count` addresses in a row, from the first on; both are its call data, 32 bytes each. In a loop: CALL,
 * add 1 to the address, take 1 from the count.
 */
const FUNDING_CONTRACT: Hex = `0x${'20'.repeat(20)}`;
const FUNDING_CODE = '0x6020355f355b5f5f5f5f6001855ff1506001019060019003908160055700';
/** Of one transaction, within EIP-7825's 16,777,216 gas. One account costs about 36,700. */
const ACCOUNTS_PER_CALL = 440;
const FUNDING_GAS = 16_500_000n;
const CALLS_PER_BLOCK = 17;
/** Twice what a full block of such calls takes, so that the base fee does not rise. */
export const GROWN_GAS_LIMIT = 600_000_000;

/** Accounts of the genesis block beside those that send: the two contracts. */
export const GROWN_ALLOC = {
  [LOGGING_CONTRACT]: { balance: '0x0', code: LOGGING_CODE },
  [FUNDING_CONTRACT]: { balance: '0xffffffffffff', code: FUNDING_CODE },
};

/** Address of account `index` of those that are added. */
export function accountAt(index: number): Hex {
  return `0x${'11'.repeat(16)}${index.toString(16).padStart(8, '0')}`;
}

export class LongChain {
  readonly #folder: string;
  readonly #chain: Chain;
  /** Calls the contracts. */
  readonly #caller: DerivedAccount;
  #nonce = 0;

  private constructor(folder: string, chain: Chain, caller: DerivedAccount) {
    this.#folder = folder;
    this.#chain = chain;
    this.#caller = caller;
  }

  /** Opens the chain of a node that has not started yet. `caller` has sent nothing. */
  static async open(
    folder: string,
    genesisJson: unknown,
    caller: DerivedAccount,
  ): Promise<LongChain> {
    return new LongChain(folder, await Chain.open(folder, createGenesis(genesisJson)), caller);
  }

  get height(): number {
    return this.#chain.head.number;
  }

  /** Adds accounts with 1 wei each, in as few blocks as take them. */
  async addAccounts(accounts: number): Promise<void> {
    for (let first = 0; first < accounts; ) {
      const calls: SignedTransaction[] = [];
      while (calls.length < CALLS_PER_BLOCK && first < accounts) {
        const count = Math.min(ACCOUNTS_PER_CALL, accounts - first);
        const words = [BigInt(accountAt(first)), BigInt(count)];
        const input = words.map((word) => word.toString(16).padStart(64, '0')).join('');
        calls.push(this.#call(FUNDING_CONTRACT, `0x${input}`, FUNDING_GAS));
        first += count;
      }
      await this.commitBlock(calls);
      progress(`making accounts: ${first} of ${accounts}`);
    }
    const state = this.#chain.stateAfter(this.#chain.head.hash);
    const last = state?.getAccount(parseAddress(accountAt(accounts - 1)));
    if (last?.balance !== 1n) throw new Error('the last account was not made');
  }

  /** Adds `blocks`; `hits` of them, evenly spread, have one log of `LOGGING_CONTRACT`, and the others are empty. */
  async addBlocks(blocks: number, hits: number): Promise<void> {
    const started = performance.now();
    const chain = this.#chain;
    let parent = chain.head.hash;
    let done = 0;
    let waiting: { hash: Hash }[] = [];
    for (let block = 0; block < blocks; block += 1) {
      const called = Math.floor((block * hits) / blocks);
      const isHit = Math.floor(((block + 1) * hits) / blocks) > called;
      parent = await this.#build(
        parent,
        isHit ? [this.#call(LOGGING_CONTRACT, '0x', LOGGING_GAS)] : [],
      );
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

  #call(to: Hex, input: Hex, gasLimit: bigint): SignedTransaction {
    const raw = signCall(this.#caller, this.#nonce, { to, value: 0n, input, gasLimit });
    this.#nonce += 1;
    return decodeTransaction(bytesOf(raw));
  }
}
