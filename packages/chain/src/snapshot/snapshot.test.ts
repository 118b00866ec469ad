import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Chain } from '../chain.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { type Address, addressOf, blockNumberOf, bytesOf, hashOf } from '../primitives.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import { decodeAccount } from '../state/account-codec.ts';
import { storedNodes } from '../state/trie-state-view.ts';
import {
  flatStateOf,
  giveSnapshot,
  markerAt,
  positionOf,
  takeSnapshot,
} from '../testing/snapshot-transfer.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, testGenesis } from '../testing/test-chain.ts';
import { type Step, steps, Workload } from '../testing/workload.ts';
import { NodeReader } from '../trie/node-source.ts';
import { iterateTrie } from '../trie/read-trie.ts';

const GENESIS = testGenesis();
const LATEST = { tag: 'latest' } as const;

function createdAddress(from: Address, nonce: bigint): Address {
  return addressOf(keccak256(RLP.encode([bytesOf(from), bigintToBytes(nonce)])).subarray(12));
}

interface Node {
  readonly folder: string;
  readonly chain: Chain;
}

async function node(): Promise<Node> {
  const folder = temporaryFolder();
  const chain = await Chain.create(folder, GENESIS);
  onTestFinished(() => chain.close());
  return { folder, chain };
}

/** Blocks of a workload, built on the first and committed on all. */
async function grow(nodes: readonly Node[], workload: Workload, blocks: readonly Step[][]) {
  const [first] = nodes;
  if (first === undefined) throw new Error('no node');
  for (const list of blocks) {
    const { raw } = await build(
      first.chain,
      list.map((step) => workload.sign(step)),
    );
    for (const { chain } of nodes) {
      await chain.commit([{ raw }], markerAt(chain.head.number + 1));
      expect(chain.head).toEqual(first.chain.head);
    }
  }
}

/** Everything the trie of the head reaches, read node by node. */
function stateOf(reader: StoredChainReader): object {
  const nodes = new NodeReader(storedNodes(reader.tables));
  return [...iterateTrie(nodes, reader.head().stateRoot)].map(({ key, value }) => {
    const account = decodeAccount(value);
    const slots = [...iterateTrie(nodes, account.storageRoot)];
    return { key, account, slots };
  });
}

function readerOf({ folder }: Node): StoredChainReader {
  const reader = new StoredChainReader(folder, GENESIS);
  onTestFinished(() => reader.close());
  return reader;
}

describe('a snapshot of generated blocks', () => {
  it('gives an empty chain and one that was away the same state, which goes on alike (Rule snapshot)', async () => {
    const blocks = fc.array(steps, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(blocks, blocks, blocks, async (early, late, after) => {
        const [source, twin, behind, empty] = [
          await node(),
          await node(),
          await node(),
          await node(),
        ];
        const workload = new Workload(createdAddress);
        await grow([source, twin, behind], workload, early);
        await grow([source, twin], workload, late);
        const oldHead = behind.chain.head;

        const taken = await takeSnapshot(source.chain.offerSnapshots(positionOf));
        expect(taken.list.position.index).toBe(source.chain.head.number);
        expect(await twin.chain.offerSnapshots(positionOf).offer(0)).toEqual(taken.list);
        for (const { chain } of [behind, empty]) {
          const told = await giveSnapshot(chain, taken);
          expect(chain.head).toEqual(source.chain.head);
          expect(told.block.header).toEqual(source.chain.head);
          expect(chain.marker).toEqual(markerAt(taken.list.position.index));
        }
        // Whoever took it offers the same.
        expect(await takeSnapshot(empty.chain.offerSnapshots(positionOf))).toEqual(taken);

        const [own, restored, returned] = [readerOf(source), readerOf(empty), readerOf(behind)];
        for (const reader of [restored, returned]) {
          expect(stateOf(reader)).toEqual(stateOf(own));
          expect(reader.block(LATEST)).toEqual(own.block(LATEST));
          expect(reader.receipts(LATEST)).toEqual(own.receipts(LATEST));
          for (const { hash } of own.block(LATEST)?.transactions ?? []) {
            expect(reader.transaction(hash)).toEqual(own.transaction(hash));
            expect(reader.receipt(hash)).toEqual(own.receipt(hash));
          }
        }
        expect(returned.block({ number: oldHead.number })).toEqual(
          own.block({ number: oldHead.number }),
        );

        await grow([source, empty, behind], workload, after);
        // And each can lead: it builds the block that another accepts.
        await grow([empty, source, behind], workload, [
          [{ sender: 0, action: { kind: 'deploy' } }],
        ]);
        expect(stateOf(restored)).toEqual(stateOf(own));
        const flat = await flatStateOf(source.folder);
        for (const { folder } of [empty, behind]) {
          // What was replaced is removed bit by bit.
          await vi.waitFor(async () => expect(await flatStateOf(folder)).toEqual(flat));
        }
      }),
      { numRuns: 6 },
    );
  }, 120_000);

  it('is of one block, whatever is committed while it is made, and shared by all who ask', async () => {
    const [source, twin] = [await node(), await node()];
    const workload = new Workload(createdAddress);
    const deploy: Step = { sender: 0, action: { kind: 'deploy' } };
    await grow([source, twin], workload, [[deploy], [deploy]]);
    const expected = await twin.chain.offerSnapshots(positionOf).offer(0);
    const maker = source.chain.offerSnapshots(positionOf);
    const making = [maker.offer(1), maker.offer(2), maker.offer(0)];
    await grow([source], workload, [[deploy], [deploy]]);
    expect(await Promise.all(making)).toEqual([expected, expected, expected]);
    expect(await maker.offer(5)).toBeNull();
    const newer = await maker.offer(4);
    expect(newer?.position.index).toBe(4);
    expect(await maker.offer(1)).toEqual(newer);
  });

  it('may be of the genesis block, when the log has moved on without a block', async () => {
    const [source, empty] = [await node(), await node()];
    expect(await source.chain.offerSnapshots(positionOf).offer(0)).toBeNull();
    await source.chain.commit([], markerAt(7));
    await giveSnapshot(empty.chain, await takeSnapshot(source.chain.offerSnapshots(positionOf), 7));
    expect(empty.chain.marker).toEqual(markerAt(7));
    expect(empty.chain.head).toEqual(GENESIS.header);
    await grow([empty, source], new Workload(createdAddress), [
      [{ sender: 0, action: { kind: 'deploy' } }],
    ]);
  });

  it('stays offered after a restart, the newest two of them, and leftovers are removed', async () => {
    const source = await node();
    const workload = new Workload(createdAddress);
    const maker = source.chain.offerSnapshots(positionOf);
    const made: Awaited<ReturnType<typeof maker.offer>>[] = [];
    for (let index = 1; index <= 3; index += 1) {
      await grow([source], workload, [[{ sender: 0, action: { kind: 'deploy' } }]]);
      made.push(await maker.offer(index));
    }
    await source.chain.close();
    const chain = await Chain.open(source.folder, GENESIS);
    onTestFinished(() => chain.close());
    const again = chain.offerSnapshots(positionOf);
    expect(await again.offer(0)).toEqual(made[2]);
    expect(await again.offer(0, 3)).toEqual(made[1]);
    expect(await again.offer(3, 3)).toEqual(made[2]);
    expect(await again.offer(0, 2)).toEqual(made[2]);
    const chunkOf = (index: number) => {
      const position = made[index]?.position;
      if (position === undefined) throw new Error('not made');
      return again.chunk(position, 0);
    };
    expect(await chunkOf(0)).toBeNull();
    expect(await chunkOf(1)).not.toBeNull();
    expect(await chunkOf(2)).not.toBeNull();
  });
});

describe('a chain that took a snapshot', () => {
  it('says which history is not here instead of calling its data damaged', async () => {
    const [source, empty, behind] = [await node(), await node(), await node()];
    const workload = new Workload(createdAddress);
    const deploy: Step = { sender: 0, action: { kind: 'deploy' } };
    const call: Step = { sender: 1, action: { kind: 'call', contract: 0, slot: 1, value: 5n } };
    await grow([source, behind], workload, [[deploy], [call]]);
    await grow([source], workload, [[call], [call], [call]]);
    const taken = await takeSnapshot(source.chain.offerSnapshots(positionOf));
    await giveSnapshot(empty.chain, taken);
    await giveSnapshot(behind.chain, taken);
    await grow([source, empty, behind], workload, [[call]]);
    const own = readerOf(source);
    const old = own.block({ number: blockNumberOf(3) });
    const unavailable = expect.objectContaining({
      code: 'history-unavailable',
      message: 'history before block 5 is not here: this node started from a snapshot',
    });
    const address = addressOf(new Uint8Array(20));
    const logs = (from: number, to: number) => ({
      from: blockNumberOf(from),
      to: blockNumberOf(to),
      addresses: [],
      topics: [],
      maxResults: 100,
    });
    for (const one of [empty, behind]) {
      const reader = readerOf(one);
      const three = { number: blockNumberOf(3) };
      expect(reader.header(three)).toEqual(own.header(three));
      expect(reader.block(three)).toBeUndefined();
      expect(reader.receipts(three)).toBeUndefined();
      expect(
        reader.transaction(old?.transactions[0]?.hash ?? hashOf(new Uint8Array(32))),
      ).toBeUndefined();
      for (const ask of [
        () => reader.account(address, three),
        () => reader.storage(address, 0n, three),
        () => reader.code(address, three),
        () => reader.proof(address, [], three),
        () => reader.logs(logs(3, 6)),
        () => reader.feeHistory(2, three, []),
        () => reader.requireHistory(blockNumberOf(4), blockNumberOf(6)),
      ]) {
        expect(ask).toThrow(unavailable);
      }
      expect(reader.logs(logs(5, 6))).toEqual(own.logs(logs(5, 6)));
      expect(reader.feeHistory(10, LATEST, [50]).oldestBlock).toBe(5);
      expect(reader.account(address, { tag: 'earliest' })).toEqual(
        own.account(address, { tag: 'earliest' }),
      );
    }
    const returned = readerOf(behind);
    expect(returned.logs(logs(0, 2))).toEqual(own.logs(logs(0, 2)));
    expect(returned.block({ number: blockNumberOf(2) })).toEqual(
      own.block({ number: blockNumberOf(2) }),
    );
  });
});
