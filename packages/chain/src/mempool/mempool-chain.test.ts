/** The pool in front of a real chain: what it proposes is what the chain takes, also while blocks are in flight. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BuiltBlock } from '../execution/build-block.ts';
import type { Address, Hash } from '../primitives.ts';
import { ForkRules } from '../query/fork-rules.ts';
import { contractAddress, QueryChain } from '../testing/query-chain.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { Mempool } from './mempool.ts';

let chain: QueryChain;
let pool: Mempool;

beforeAll(async () => {
  chain = await QueryChain.create();
  const rules = new ForkRules(chain.genesis.common);
  pool = new Mempool({
    account: (address) => {
      const account = chain.chain.stateAfter(chain.chain.head.hash)?.getAccount(address);
      return { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n };
    },
    gasLimit: () => chain.chain.head.gasLimit,
    baseFee: () => chain.reader.nextBlock().baseFeePerGas ?? 0n,
    common: () => rules.at(chain.chain.head.number + 1, chain.chain.head.timestamp + 1),
  });
});

afterAll(() => chain.close());

async function propose(parent: Hash, maxBytes = 1_000_000): Promise<BuiltBlock> {
  const state = chain.chain.stateAfter(parent);
  const built = await chain.chain.buildBlock(parent, {
    timestamp: chain.chain.head.timestamp + 1,
    coinbase: contractAddress(1),
    extraData: '0x',
    candidates: pool.candidates({
      baseFee: chain.reader.nextBlock().baseFeePerGas ?? 0n,
      nonceOf: (address) => state?.getAccount(address)?.nonce ?? 0n,
    }),
    maxBytes,
    allowEmpty: true,
  });
  if (built.block === null) throw new Error('No block was built.');
  expect(built.refused).toEqual([]);
  return built;
}

async function commit({ block, state, transactions }: BuiltBlock): Promise<void> {
  await chain.chain.commit([{ hash: block.header.hash }], new Uint8Array());
  const touched: Iterable<Address> = state.accounts.keys();
  pool.onBlockCommitted(touched, new Set(transactions.map(({ signed }) => signed.data.hash)));
}

const noncesOf = ({ transactions }: BuiltBlock) =>
  transactions.map(({ signed }) => `${signed.data.from}:${signed.data.nonce}`);

function add(count: number, account: number): SignedTransaction[] {
  return Array.from({ length: count }, () => {
    const signed = chain.sign({ account, to: contractAddress(2), value: 1n, gasLimit: 21_000n });
    pool.add(signed);
    return signed;
  });
}

it('fills blocks in flight one after the other, and again after they were dropped', async () => {
  const one = chain.account(0);
  const two = chain.account(1);
  add(6, 0);
  add(2, 1);
  const { head } = chain.chain;
  // Room for two transactions beside the block's own bytes.
  const first = await propose(head.hash, 1_024 + 300);
  expect(noncesOf(first)).toEqual([`${one}:0`, `${one}:1`]);
  const second = await propose(first.block.header.hash);
  expect(noncesOf(second)).toEqual([
    ...[2, 3, 4, 5].map((nonce) => `${one}:${nonce}`),
    `${two}:0`,
    `${two}:1`,
  ]);
  expect(pool.status()).toEqual({ pending: 8, queued: 0 });

  await commit(first);
  expect(pool.status()).toEqual({ pending: 6, queued: 0 });
  await chain.chain.dropInFlight(first.block.header.hash);
  const again = await propose(first.block.header.hash);
  expect(noncesOf(again)).toEqual(noncesOf(second));
  await commit(again);
  expect(pool.status()).toEqual({ pending: 0, queued: 0 });
  expect(pool.pendingNonce(one)).toBe(6n);
});

it('takes a mined transaction for used', async () => {
  const [signed] = add(1, 2);
  if (signed === undefined) throw new Error('Nothing was added.');
  expect(() => pool.add(signed)).toThrow('already known');
  await commit(await propose(chain.chain.head.hash));
  expect(() => pool.add(signed)).toThrow('nonce too low: next nonce 1, tx nonce 0');
});
