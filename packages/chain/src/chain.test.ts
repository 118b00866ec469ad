import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeBlock, withdrawalsRootOf } from './block/block-codec.ts';
import type { HeaderData } from './block/block-data.ts';
import { headerItems, sealHeader } from './block/header-codec.ts';
import type { BlockFault } from './block/invalid-block-error.ts';
import { Chain } from './chain.ts';
import { devGenesisFile } from './genesis/dev-genesis.ts';
import { createGenesis } from './genesis/genesis.ts';
import { blockNumberOf, type Hash, parseAddress, parseHash, weiOf } from './primitives.ts';
import { blocksAmong } from './testing/committed-blocks.ts';
import { temporaryFolder } from './testing/temporary-folder.ts';
import { build, COINBASE, NO_MARKER, testChain, testGenesis } from './testing/test-chain.ts';
import { type Step, Workload } from './testing/workload.ts';

const RECIPIENT = parseAddress(`0x${'5e'.repeat(20)}`);
const OTHER_HASH = parseHash(`0x${'11'.repeat(32)}`);

function transfer(sender = 0, value = 1n): Step {
  return { sender, action: { kind: 'transfer', to: RECIPIENT, value } };
}

function newWorkload(): Workload {
  return new Workload(() => RECIPIENT);
}

function balanceAfter(chain: Chain, hash: Hash): bigint | undefined {
  return chain.stateAfter(hash)?.getAccount(RECIPIENT)?.balance;
}

describe('Chain', () => {
  it('builds blocks on blocks in flight and commits them together', async () => {
    const chain = await testChain();
    const workload = newWorkload();
    const first = await build(chain, [workload.sign(transfer())]);
    const second = await build(chain, [workload.sign(transfer())], first.block.header.hash);
    const third = await build(chain, [workload.sign(transfer())], second.block.header.hash);
    expect(balanceAfter(chain, third.block.header.hash)).toBe(3n);
    const committed = await chain.commit(
      [{ hash: first.block.header.hash }, { hash: second.block.header.hash }],
      Uint8Array.of(1),
    );
    const blocks = blocksAmong(committed);
    expect(blocks.map(({ block }) => block.header.number)).toEqual([1, 2]);
    expect(blocks[0]?.receipts[0]).toMatchObject({ status: 1, to: RECIPIENT, gasUsed: 21_000n });
    expect(balanceAfter(chain, chain.head.hash)).toBe(2n);
    expect(balanceAfter(chain, third.block.header.hash)).toBe(3n);
    await chain.commit([{ hash: third.block.header.hash }], Uint8Array.of(2));
    expect(balanceAfter(chain, chain.head.hash)).toBe(3n);
    expect(chain.marker).toEqual(Uint8Array.of(2));
  });

  it('keeps forks in flight apart and drops the one that loses', async () => {
    const chain = await testChain();
    const one = await build(chain, [newWorkload().sign(transfer(0, 1n))]);
    const other = await build(chain, [newWorkload().sign(transfer(0, 2n))]);
    const child = await build(chain, [], one.block.header.hash);
    expect(balanceAfter(chain, child.block.header.hash)).toBe(1n);
    expect(balanceAfter(chain, other.block.header.hash)).toBe(2n);
    await chain.dropInFlight(other.block.header.hash);
    expect(chain.stateAfter(child.block.header.hash)).toBeUndefined();
    expect(balanceAfter(chain, other.block.header.hash)).toBe(2n);
    await expect(chain.commit([{ hash: one.block.header.hash }], NO_MARKER)).rejects.toMatchObject({
      code: 'unknown-block',
    });
  });

  it('refuses a block on top of itself, though it is in flight', async () => {
    const chain = await testChain();
    const { block, raw } = await build(chain, [newWorkload().sign(transfer())]);
    await expect(chain.executeBlock(raw, block.header.hash)).rejects.toMatchObject({
      fault: 'unknown-parent',
    });
    const { block: again } = await chain.executeBlock(raw, block.header.parentHash);
    expect(again.header.hash).toBe(block.header.hash);
  });

  it('continues after reopening, with head, marker and state', async () => {
    const folder = temporaryFolder();
    const genesis = testGenesis();
    const chain = await Chain.create(folder, genesis);
    const built = await build(chain, [newWorkload().sign(transfer())]);
    await chain.commit([{ raw: built.raw }], Uint8Array.of(7, 8));
    await chain.commit([], Uint8Array.of(9));
    await chain.close();
    const reopened = await Chain.open(folder, genesis);
    onTestFinished(() => reopened.close());
    expect(reopened.head).toEqual(built.block.header);
    expect(Buffer.from(reopened.marker ?? [])).toEqual(Buffer.of(9));
    expect(balanceAfter(reopened, reopened.head.hash)).toBe(1n);
    expect((await build(reopened, [])).block.header.number).toBe(2);
  });

  it('commits as many blocks at once as a node that was away is given, with others in flight', async () => {
    const genesis = testGenesis();
    const source = await testChain(genesis);
    const raws: Uint8Array[] = [];
    let last = source.head;
    for (let number = 1; number <= 256; number += 1) {
      const { block, raw } = await build(source, [], last.hash);
      raws.push(raw);
      last = block.header;
    }
    const chain = await testChain(genesis);
    await build(chain, [newWorkload().sign(transfer())]);
    await chain.commit(
      raws.map((raw) => ({ raw })),
      NO_MARKER,
    );
    expect(chain.head).toEqual(last);
  }, 30_000);

  it('refuses a folder of another genesis, a folder without a chain, and to overwrite one', async () => {
    const folder = temporaryFolder();
    const genesis = testGenesis();
    await expect(Chain.open(folder, genesis)).rejects.toMatchObject({ code: 'no-chain' });
    await (await Chain.create(folder, genesis)).close();
    await expect(Chain.create(folder, genesis)).rejects.toMatchObject({ code: 'chain-exists' });
    for (const other of [
      { chainId: 5 },
      { gasLimit: 1_000_000 },
      { validators: ['a'.repeat(64)] },
    ]) {
      const rejected = Chain.open(folder, createGenesis(devGenesisFile(other)));
      await expect(rejected).rejects.toMatchObject({ code: 'genesis-mismatch' });
    }
  });

  it('makes no block of nothing unless it may be empty', async () => {
    const chain = await testChain();
    const request = {
      timestamp: 1,
      coinbase: COINBASE,
      extraData: '0x' as const,
      candidates: [],
      maxBytes: 1_000_000,
    };
    const nothing = await chain.buildBlock(chain.head.hash, { ...request, allowEmpty: false });
    expect(nothing.block).toBeNull();
    const empty = await chain.buildBlock(chain.head.hash, { ...request, allowEmpty: true });
    expect(empty.block?.transactions).toEqual([]);
  });

  it('skips what does not fit and reports what is not valid', async () => {
    const chain = await testChain(testGenesis({ gasLimit: 1_000_000 }));
    const workload = newWorkload();
    const gap = newWorkload();
    gap.sign(transfer(1));
    const late = gap.sign(transfer(1));
    const valid = [workload.sign(transfer()), workload.sign(transfer())];
    const stale = newWorkload().sign(transfer(0, 9n));
    const built = await build(chain, [...valid, stale, late]);
    expect(built.block.transactions).toHaveLength(2);
    expect(built.refused.map(({ hash, error }) => [hash, error.code])).toEqual([
      [stale.data.hash, 'nonce-too-low'],
      [late.data.hash, 'nonce-too-high'],
    ]);
  });

  it('leaves to a later block, unrefused, what exceeds the gas that is left', async () => {
    // Each transfer may use 400,000 gas and uses 21,000: the last of ten finds less than it may use.
    const chain = await testChain(testGenesis({ gasLimit: 500_000 }));
    const workload = newWorkload();
    const candidates = Array.from({ length: 10 }, () => workload.sign(transfer()));
    const built = await build(chain, candidates);
    expect(built.block.transactions).toHaveLength(5);
    expect(built.refused).toEqual([]);
  });

  it('bounds a block by bytes', async () => {
    const chain = await testChain();
    const workload = newWorkload();
    const candidates = Array.from({ length: 20 }, () => workload.sign(transfer()));
    const built = await chain.buildBlock(chain.head.hash, {
      timestamp: 1,
      coinbase: COINBASE,
      extraData: '0x',
      candidates,
      maxBytes: 2_000,
      allowEmpty: false,
    });
    if (built.block === null) throw new Error('some fit');
    expect(built.raw.length).toBeLessThanOrEqual(2_000);
    expect(built.block.transactions.length).toBeGreaterThan(3);
    expect(built.refused).toEqual([]);
  });

  it('allows a block in the second of its parent, and none before it', async () => {
    const chain = await testChain();
    const first = await build(chain, [], chain.head.hash, 50);
    await build(chain, [], first.block.header.hash, 50);
    await expect(build(chain, [], first.block.header.hash, 49)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('takes decoded transactions from the pool instead of recovering them', async () => {
    const genesis = testGenesis();
    const signed = newWorkload().sign(transfer());
    const asked: Hash[] = [];
    const chain = await Chain.create(temporaryFolder(), genesis, {
      knownTransaction: (hash) => {
        asked.push(hash);
        return signed;
      },
    });
    onTestFinished(() => chain.close());
    const { raw } = await build(await testChain(genesis), [signed]);
    await chain.executeBlock(raw, chain.head.hash);
    expect(asked).toEqual([signed.data.hash]);
  });
});

type Forgery = (header: HeaderData) => Partial<HeaderData>;

const FORGERIES: readonly [BlockFault, Forgery][] = [
  ['number', () => ({ number: blockNumberOf(2) })],
  ['gas-limit', (header) => ({ gasLimit: header.gasLimit + 1n })],
  ['gas-used', (header) => ({ gasUsed: header.gasUsed + 1n })],
  ['gas-used', (header) => ({ gasUsed: header.gasLimit + 1n })],
  ['base-fee', () => ({ baseFeePerGas: weiOf(1n) })],
  ['blob-gas', () => ({ excessBlobGas: 131_072n })],
  ['blob-gas', () => ({ blobGasUsed: 131_072n })],
  ['extra-data', () => ({ extraData: `0x${'00'.repeat(33)}` })],
  ['prev-randao', () => ({ mixHash: OTHER_HASH })],
  ['difficulty', () => ({ difficulty: 1n })],
  ['header-fields', () => ({ nonce: '0x0000000000000001' })],
  ['header-fields', () => ({ parentBeaconBlockRoot: OTHER_HASH })],
  ['ommers', () => ({ ommersHash: OTHER_HASH })],
  ['transactions-root', () => ({ transactionsRoot: OTHER_HASH })],
  ['withdrawals', () => ({ withdrawalsRoot: OTHER_HASH })],
  ['receipts-root', () => ({ receiptsRoot: OTHER_HASH })],
  ['requests-hash', () => ({ requestsHash: OTHER_HASH })],
  ['state-root', () => ({ stateRoot: OTHER_HASH })],
  ['state-root', () => ({ beneficiary: RECIPIENT })],
];

/** Positions of the numbers in a header's list. */
const HEADER_NUMBERS = [7, 8, 9, 10, 11, 15, 17, 18];

describe('a foreign block', () => {
  it.each(FORGERIES)('is refused for %s when its header lies', async (fault, forge) => {
    const genesis = testGenesis();
    const { block } = await build(await testChain(genesis), [newWorkload().sign(transfer())]);
    const header = sealHeader({ ...block.header, ...forge(block.header) });
    const chain = await testChain(genesis);
    const refused = chain.executeBlock(encodeBlock({ ...block, header }), chain.head.hash);
    await expect(refused).rejects.toMatchObject({ code: 'invalid-block', fault });
  });

  it('is refused when it mints ether by withdrawals', async () => {
    const genesis = testGenesis();
    const { block } = await build(await testChain(genesis), []);
    const withdrawals = [{ index: 0n, validatorIndex: 0n, address: RECIPIENT, amount: 1_000n }];
    const withdrawalsRoot = withdrawalsRootOf(withdrawals);
    const header = sealHeader({ ...block.header, withdrawalsRoot });
    const chain = await testChain(genesis);
    const raw = encodeBlock({ ...block, header, withdrawals });
    await expect(chain.executeBlock(raw, chain.head.hash)).rejects.toMatchObject({
      fault: 'withdrawals',
    });
  });

  it('is refused on any parent but its own, also when it is in flight already', async () => {
    const chain = await testChain();
    const { block, raw } = await build(chain, [newWorkload().sign(transfer())]);
    const sibling = await build(chain, []);
    for (const parent of [block.header.hash, sibling.block.header.hash]) {
      await expect(chain.executeBlock(raw, parent)).rejects.toMatchObject({
        code: 'invalid-block',
        fault: 'unknown-parent',
      });
    }
    expect((await chain.executeBlock(raw, chain.head.hash)).block).toEqual(block);
  });

  it('is refused when a number of its header has a second encoding', async () => {
    // Such a header would be stored with another hash than the block has, and never be found again.
    const genesis = testGenesis({ timestamp: 100 });
    const { block, raw } = await build(await testChain(genesis), []);
    const chain = await testChain(genesis);
    const [header, ...body] = RLP.decode(raw) as [Uint8Array[], ...Uint8Array[]];
    const fields = headerItems(block.header);
    for (const position of HEADER_NUMBERS) {
      const field = fields[position] ?? new Uint8Array();
      const forged = header.with(position, Buffer.concat([Uint8Array.of(0), field]));
      const refused = chain.executeBlock(RLP.encode([forged, ...body]), chain.head.hash);
      await expect(refused).rejects.toMatchObject({ code: 'invalid-block' });
    }
  });

  it('is refused at once when it is lists within lists', async () => {
    const chain = await testChain();
    // Each level has a list's prefix with a length of three bytes.
    const nest = new Uint8Array(600_000);
    for (let at = 0; at < nest.length; at += 4) {
      const left = nest.length - at - 4;
      nest.set([0xfa, left >> 16, (left >> 8) & 0xff, left & 0xff], at);
    }
    await expect(chain.executeBlock(nest, chain.head.hash)).rejects.toMatchObject({
      fault: 'malformed',
      message: expect.stringContaining('nested too deep'),
    });
  });

  it('is refused for its timestamp, its parent, its transactions or its bytes', async () => {
    const genesis = testGenesis({ timestamp: 100 });
    const source = await testChain(genesis);
    const { block, raw } = await build(source, [newWorkload().sign(transfer())]);
    const chain = await testChain(genesis);
    const parent = chain.head.hash;
    const early = sealHeader({ ...block.header, timestamp: 99 });
    await expect(
      chain.executeBlock(encodeBlock({ ...block, header: early }), parent),
    ).rejects.toMatchObject({ fault: 'timestamp' });
    await expect(chain.executeBlock(raw, OTHER_HASH)).rejects.toMatchObject({
      code: 'unknown-block',
    });
    await expect(chain.executeBlock(raw.subarray(1), parent)).rejects.toMatchObject({
      fault: 'malformed',
    });
    const { hash } = (await chain.executeBlock(raw, parent)).block.header;
    const repeated = sealHeader({
      ...block.header,
      parentHash: hash,
      number: blockNumberOf(2),
    });
    const again = chain.executeBlock(encodeBlock({ ...block, header: repeated }), hash);
    await expect(again).rejects.toMatchObject({ code: 'invalid-block' });
    // Nothing of what was refused stays: the good block is still good.
    await chain.commit([{ hash }], NO_MARKER);
    expect(balanceAfter(chain, chain.head.hash)).toBe(1n);
  });
});
