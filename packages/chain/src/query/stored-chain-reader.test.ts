import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { blockNumberOf, bytesOf, type Hash, type Hex, hashOf, hexOf } from '../primitives.ts';
import { decodeAccount } from '../state/account-codec.ts';
import { assemble } from '../testing/assemble.ts';
import { contractAddress, QueryChain, word } from '../testing/query-chain.ts';
import type { CommittedBlock } from '../transition.ts';
import { NodeReader } from '../trie/node-source.ts';
import { readTrie } from '../trie/read-trie.ts';

/** Stores the first word of its input in slot 0 and logs it as the second topic, with the sender as data. */
const RECORDER = contractAddress(0xaa);
const EVENT = hashOf(new Uint8Array(32).fill(0xee));
const RECORDER_CODE = assemble(`
  PUSH0 CALLDATALOAD DUP1 PUSH0 SSTORE
  CALLER PUSH0 MSTORE
  ${EVENT} 0x20 PUSH0 LOG2 STOP
`);
const LATEST = { tag: 'latest' } as const;
const STRANGER = contractAddress(0x55);

describe('StoredChainReader', () => {
  let chain: QueryChain;
  const blocks: CommittedBlock[] = [];

  beforeAll(async () => {
    chain = await QueryChain.create({ contracts: { [RECORDER]: RECORDER_CODE } });
    blocks.push(await chain.mine({ to: STRANGER, value: 5n, gasLimit: 21_000n }));
    blocks.push(
      await chain.mine(
        { to: RECORDER, input: word(7n), tip: 3_000_000_000n },
        { account: 1, to: RECORDER, input: word(9n), tip: 1_000_000_000n },
      ),
    );
    blocks.push(await chain.mine());
    blocks.push(await chain.mine({ input: deployed('#0x00'), gasLimit: 100_000n }));
  });

  afterAll(() => chain.close());

  it('answers with the blocks and receipts that were committed', () => {
    const { reader } = chain;
    for (const { block, receipts } of blocks) {
      const { number, hash } = block.header;
      for (const selector of [{ number }, { hash }, { hash, requireCanonical: true }]) {
        expect(reader.header(selector)).toEqual(block.header);
        expect(reader.block(selector)).toEqual(block);
        expect(reader.receipts(selector)).toEqual(receipts);
      }
      for (const [index, transaction] of block.transactions.entries()) {
        const located = reader.transaction(transaction.hash);
        expect(located?.transaction).toEqual(transaction);
        expect(located?.transactionIndex).toBe(index);
        expect(located?.block).toEqual({ number, hash, timestamp: block.header.timestamp });
        expect(located?.effectiveGasPrice).toBe(receipts[index]?.effectiveGasPrice);
        expect(reader.receipt(transaction.hash)).toEqual(receipts[index]);
        const raw = reader.rawTransaction(transaction.hash);
        expect(raw && hexOf(keccak256(raw))).toBe(transaction.hash);
      }
    }
  });

  it('takes every tag but earliest for the head', () => {
    const { reader } = chain;
    const head = blocks.at(-1)?.block.header;
    expect(reader.head()).toEqual(head);
    for (const tag of ['latest', 'pending', 'safe', 'finalized'] as const) {
      expect(reader.header({ tag })).toEqual(head);
    }
    expect(reader.header({ tag: 'earliest' })?.hash).toBe(reader.genesis.hash);
  });

  it('has nothing where nothing is', () => {
    const { reader } = chain;
    const hash = hashOf(new Uint8Array(32).fill(1));
    expect(reader.header({ number: blockNumberOf(99) })).toBeUndefined();
    expect(reader.block({ hash })).toBeUndefined();
    expect(reader.receipts({ hash })).toBeUndefined();
    expect(reader.transaction(hash)).toBeUndefined();
    expect(reader.receipt(hash)).toBeUndefined();
    expect(reader.rawTransaction(hash)).toBeUndefined();
    expect(() => reader.account(STRANGER, { hash })).toThrow(
      expect.objectContaining({ code: 'unknown-block', message: 'header not found' }),
    );
  });

  it('shows the state after each block', () => {
    const { reader } = chain;
    const slotAt = (number: number) =>
      BigInt(reader.storage(RECORDER, 0n, { number: blockNumberOf(number) }));
    expect([0, 1, 2, 3, 4].map(slotAt)).toEqual([0n, 0n, 9n, 9n, 9n]);
    expect(BigInt(reader.storage(RECORDER, 0n, LATEST))).toBe(9n);
    const balanceAt = (number: number) =>
      reader.account(STRANGER, { number: blockNumberOf(number) }).balance;
    expect([0, 1, 4].map(balanceAt)).toEqual([0n, 5n, 5n]);
    expect(reader.account(chain.account(), { number: blockNumberOf(1) }).nonce).toBe(1n);
    expect(reader.account(chain.account(), LATEST).nonce).toBe(3n);
    expect(reader.code(RECORDER, { tag: 'earliest' })).toBe(RECORDER_CODE);
    expect(reader.code(STRANGER, LATEST)).toBe('0x');
    expect(reader.account(contractAddress(0x66), LATEST)).toEqual({
      nonce: 0n,
      balance: 0n,
      codeHash: EMPTY_CODE_HASH,
      storageRoot: EMPTY_TRIE_ROOT,
    });
    const created = blocks[3]?.receipts[0]?.contractAddress;
    expect(created && reader.code(created, LATEST)).toBe('0x00');
  });

  it('proves accounts and slots, present or not, against the header', () => {
    const { reader } = chain;
    for (const number of [1, 2, 4]) {
      const block = { number: blockNumberOf(number) };
      const root = reader.header(block)?.stateRoot;
      if (root === undefined) throw new Error('A block is missing.');
      const proof = reader.proof(RECORDER, [0n, 1n], block);
      const value = valueIn(proof.accountProof, root, bytesOf(RECORDER));
      expect(value && decodeAccount(value)).toEqual(proof.account);
      expect(proof.account).toEqual(reader.account(RECORDER, block));
      const [first, second] = proof.storageProof;
      expect(first?.value).toBe(number === 1 ? 0n : 9n);
      expect(second?.value).toBe(0n);
      for (const { slot, value: expected, proof: nodes } of proof.storageProof) {
        const found = valueIn(nodes, proof.account.storageRoot, bytesOf(word(slot)));
        expect(found === undefined ? 0n : BigInt(hexOf(found))).toBe(expected);
      }
      const absent = reader.proof(contractAddress(0x77), [], block);
      expect(valueIn(absent.accountProof, root, bytesOf(contractAddress(0x77)))).toBeUndefined();
    }
  });

  it('tells the fees of the block that will follow', async () => {
    const { reader } = chain;
    const next = reader.nextBlock();
    expect(next).toMatchObject({ number: 5, gasLimit: 30_000_000n, blobBaseFee: 1n });
    const built = await chain.chain.buildBlock(chain.chain.head.hash, {
      timestamp: chain.chain.head.timestamp + 1,
      coinbase: STRANGER,
      extraData: '0x',
      candidates: [],
      maxBytes: 10_000,
      allowEmpty: true,
    });
    expect(next.baseFeePerGas).toBe(built.block?.header.baseFeePerGas);
    await chain.chain.dropInFlight(chain.chain.head.hash);
  });

  it('decodes a block once for the receipts of all its transactions', () => {
    const { receipts = [] } = blocks[1] ?? {};
    const found = receipts.map(({ transactionHash }) => chain.reader.receipt(transactionHash));
    expect(found).toEqual(receipts);
    const number = blockNumberOf(2);
    for (const [index, receipt] of chain.reader.receipts({ number })?.entries() ?? []) {
      expect(receipt).toBe(found[index]);
    }
  });

  it('tells the fees of past blocks', () => {
    const { reader } = chain;
    const history = reader.feeHistory(4, LATEST, [0, 50, 100]);
    const headers = blocks.map(({ block }) => block.header);
    expect(history.oldestBlock).toBe(1);
    expect(history.baseFeePerGas).toEqual([
      ...headers.map(({ baseFeePerGas }) => baseFeePerGas),
      reader.nextBlock().baseFeePerGas,
    ]);
    expect(history.gasUsedRatio).toEqual(
      headers.map(({ gasUsed }) => Number(gasUsed) / 30_000_000),
    );
    expect(history.reward?.[2]).toEqual([0n, 0n, 0n]);
    // The first pays the higher tip and more gas, for it sets the slot from zero.
    expect(history.reward?.[1]).toEqual([1_000_000_000n, 3_000_000_000n, 3_000_000_000n]);
    expect(reader.feeHistory(10, { number: blockNumberOf(1) }, [])).toMatchObject({
      oldestBlock: 0,
      gasUsedRatio: [0, headers[0] && Number(headers[0].gasUsed) / 30_000_000],
    });
    expect(() => reader.feeHistory(1, LATEST, [50, 10])).toThrow('invalid reward percentile');
    expect(() => reader.feeHistory(1, LATEST, [101])).toThrow('invalid reward percentile: 101');
  });
});

it('sees a commit as soon as it is told of it, however much it reads', async () => {
  const chain = await QueryChain.create();
  let isReading = true;
  const read = (): void => {
    if (!isReading) return;
    chain.reader.head();
    setImmediate(read);
  };
  read();
  try {
    for (let number = 1; number <= 40; number++) {
      await chain.mine();
      expect(chain.reader.head().number).toBe(number);
    }
  } finally {
    isReading = false;
    await chain.close();
  }
});

/** Init code that deploys this code of at most 32 bytes. */
function deployed(code: string): Hex {
  const body = assemble(code);
  const size = ((body.length - 2) / 2).toString(16).padStart(2, '0');
  return assemble(`0x${size} 0x0a PUSH0 CODECOPY 0x${size} PUSH0 RETURN #${body}`);
}

function valueIn(proof: readonly Hex[], root: Hash, key: Uint8Array): Uint8Array | undefined {
  const nodes = new Map(proof.map((node) => [hashOf(keccak256(bytesOf(node))), bytesOf(node)]));
  const reader = new NodeReader({ getNode: (hash) => nodes.get(hash) });
  return readTrie(reader, root, keccak256(key));
}
