/** A real chain in a temporary folder with a reader and an executor on it, and contracts from genesis on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevelopmentAccountSet } from '../accounts/development-accounts.ts';
import { Chain } from '../chain.ts';
import { DEV_MNEMONIC } from '../genesis/dev-accounts.ts';
import { type DevGenesisOptions, devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis, type Genesis } from '../genesis/genesis.ts';
import { type Address, addressOf, type Hex, weiOf } from '../primitives.ts';
import { type CallLimits, EvmCallExecutor } from '../query/evm-call-executor.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import type { CommittedBlock } from '../transition.ts';
import { blocksAmong } from './committed-blocks.ts';

export interface QueryChainOptions extends DevGenesisOptions {
  /** Code by account. */
  readonly contracts?: Readonly<Record<string, Hex>>;
  readonly limits?: CallLimits;
}

export interface TestSend {
  /** Number of the development account. */
  readonly account?: number;
  readonly to?: Address | null;
  readonly value?: bigint;
  readonly input?: Hex;
  readonly gasLimit?: bigint;
  readonly tip?: bigint;
}

const COINBASE = addressOf(new Uint8Array(20).fill(0xcb));
const START = 1_700_000_000;
const BLOCK_SECONDS = 12;
const MAX_FEE = 100_000_000_000n;

export class QueryChain {
  readonly genesis: Genesis;
  readonly chain: Chain;
  readonly reader: StoredChainReader;
  readonly executor: EvmCallExecutor;
  readonly accounts = new DevelopmentAccountSet(DEV_MNEMONIC, 3);
  readonly #directory: string;
  readonly #nonces = new Map<number, bigint>();

  private constructor(
    directory: string,
    genesis: Genesis,
    chain: Chain,
    reader: StoredChainReader,
    executor: EvmCallExecutor,
  ) {
    this.#directory = directory;
    this.genesis = genesis;
    this.chain = chain;
    this.reader = reader;
    this.executor = executor;
  }

  static async create(options: QueryChainOptions = {}): Promise<QueryChain> {
    const file = devGenesisFile({ timestamp: START, ...options });
    const contracts = Object.entries(options.contracts ?? {}).map(([address, code]) => [
      address,
      { balance: '0x0', nonce: '0x1', code },
    ]);
    const { alloc } = file;
    const accounts = { ...(alloc as object), ...Object.fromEntries(contracts) };
    const directory = mkdtempSync(join(tmpdir(), 'praline-query-'));
    const genesis = createGenesis({ ...file, alloc: accounts });
    const chain = await Chain.create(directory, genesis);
    const reader = new StoredChainReader(directory, genesis);
    const executor = new EvmCallExecutor(reader.tables, genesis, options.limits);
    return new QueryChain(directory, genesis, chain, reader, executor);
  }

  account(number = 0): Address {
    const address = this.accounts.addresses[number];
    if (address === undefined) throw new Error(`There is no account ${number}.`);
    return address;
  }

  sign({ account = 0, to = null, value = 0n, input = '0x', ...rest }: TestSend): SignedTransaction {
    const nonce = this.#nonces.get(account) ?? 0n;
    this.#nonces.set(account, nonce + 1n);
    return this.accounts.signTransaction(this.account(account), {
      type: 2,
      chainId: this.reader.chainId,
      nonce,
      maxFeePerGas: weiOf(MAX_FEE),
      maxPriorityFeePerGas: weiOf(rest.tip ?? 1_000_000_000n),
      gasLimit: rest.gasLimit ?? 200_000n,
      to,
      value: weiOf(value),
      input,
      accessList: [],
    });
  }

  /** A block of these transactions, in this order. */
  async mine(...sends: TestSend[]): Promise<CommittedBlock> {
    const candidates = sends.map((send) => this.sign(send));
    const { head } = this.chain;
    const built = await this.chain.buildBlock(head.hash, {
      timestamp: head.timestamp + BLOCK_SECONDS,
      coinbase: COINBASE,
      extraData: '0x',
      candidates,
      maxBytes: 1_000_000,
      allowEmpty: true,
    });
    const [refused] = built.refused;
    if (refused !== undefined) throw refused.error;
    if (built.block === null) throw new Error('No block was built.');
    const [committed] = blocksAmong(
      await this.chain.commit([{ hash: built.block.header.hash }], new Uint8Array([1])),
    );
    if (committed === undefined) throw new Error('No block was committed.');
    return committed;
  }

  async close(): Promise<void> {
    await this.reader.close();
    await this.chain.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A contract's address of one repeated byte. */
export function contractAddress(byte: number): Address {
  return addressOf(new Uint8Array(20).fill(byte));
}

/** 32 bytes of calldata. */
export function word(value: bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
