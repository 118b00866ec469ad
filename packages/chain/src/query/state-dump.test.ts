import { expect, it, onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import type { AccountEdit, DevelopmentOperation } from '../development/operation.ts';
import { archiveOf } from '../development/state-archive.ts';
import { addressOf, bytesOf, slotOf, weiOf } from '../primitives.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, NO_MARKER, testGenesis } from '../testing/test-chain.ts';
import { StoredChainReader } from './stored-chain-reader.ts';

const ACCOUNT = addressOf(Buffer.alloc(20, 0xab));
const OTHER = addressOf(Buffer.alloc(20, 0xcd));

async function open() {
  const folder = temporaryFolder();
  const genesis = testGenesis();
  const chain = await Chain.create(folder, genesis);
  const reader = new StoredChainReader(folder, genesis);
  onTestFinished(async () => {
    await reader.close();
    await chain.close();
  });
  let requests = 0;
  const operate = async (operation: DevelopmentOperation) => {
    requests += 1;
    const request = { id: Buffer.alloc(16, requests), operation };
    const { position } = await chain.applyOperation(request, chain.position.id, 1);
    await chain.commit([{ hash: position.id }], NO_MARKER);
  };
  const mine = async () => {
    const { position } = await build(chain, []);
    await chain.commit([{ hash: position.id }], NO_MARKER);
  };
  return { chain, reader, operate, mine };
}

function edit(address: typeof ACCOUNT, changes: Partial<AccountEdit>): DevelopmentOperation {
  const nothing = { balance: null, addedBalance: 0n, nonce: null, code: null, slots: [] };
  return { kind: 'edit', accounts: [{ ...nothing, ...changes, address }] };
}

it('is what another chain has when it has loaded it, which lowers no nonce and removes nothing', async () => {
  const from = await open();
  await from.operate(
    edit(ACCOUNT, {
      balance: 7n,
      nonce: 3n,
      code: Uint8Array.of(0x60, 1),
      slots: [{ slot: slotOf(2n), value: slotOf(9n) }],
    }),
  );
  await from.mine();
  const dumped = from.reader.state();
  expect(dumped.find(({ address }) => address === ACCOUNT)).toEqual({
    address: ACCOUNT,
    balance: 7n,
    nonce: 3n,
    code: '0x6001',
    slots: [{ slot: slotOf(2n), value: slotOf(9n) }],
  });
  const archive = archiveOf(
    dumped.map((one) => ({ ...one, addedBalance: 0n, code: bytesOf(one.code) })),
  );
  const to = await open();
  await to.mine();
  await to.operate(edit(ACCOUNT, { nonce: 5n, slots: [{ slot: slotOf(1n), value: slotOf(1n) }] }));
  await to.operate(edit(OTHER, { balance: 1n }));
  await to.operate({ kind: 'load', archive });
  await to.mine();
  const loaded = to.reader.state();
  expect(loaded).toHaveLength(dumped.length + 1);
  for (const one of dumped) {
    const { nonce, balance } = to.reader.account(one.address, { tag: 'latest' });
    expect({ nonce, balance }).toEqual({
      nonce: one.address === ACCOUNT ? 5n : one.nonce,
      balance: weiOf(one.balance),
    });
  }
  const slots = loaded.find(({ address }) => address === ACCOUNT)?.slots ?? [];
  expect(new Set(slots.map(({ slot }) => slot))).toEqual(new Set([slotOf(1n), slotOf(2n)]));
});

it('has the names of accounts that only a return to a snapshot brings back', async () => {
  const { reader, operate, mine } = await open();
  await operate(edit(ACCOUNT, { balance: 7n }));
  await operate({ kind: 'snapshot' });
  await operate(edit(ACCOUNT, { balance: 0n }));
  await mine();
  expect(reader.state().some(({ address }) => address === ACCOUNT)).toBe(false);
  await operate({ kind: 'revert', snapshot: 1 });
  expect(reader.state().some(({ address }) => address === ACCOUNT)).toBe(true);
});

it('is refused as what it is not', async () => {
  const { operate } = await open();
  for (const archive of [new Uint8Array(), Uint8Array.of(1, 2, 3)]) {
    await expect(operate({ kind: 'load', archive })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('a state to load is malformed'),
    });
  }
});
