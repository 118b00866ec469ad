import { expect, it, onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import { addressOf, blockNumberOf } from '../primitives.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, NO_MARKER, testGenesis } from '../testing/test-chain.ts';
import type { DevelopmentOperation } from './operation.ts';

const ACCOUNTS = Array.from({ length: 20 }, (_, number) => addressOf(Buffer.alloc(20, number + 1)));

function setBalances(balance: bigint): DevelopmentOperation {
  const rest = { addedBalance: 0n, nonce: null, code: null, slots: [] };
  return { kind: 'edit', accounts: ACCOUNTS.map((address) => ({ address, balance, ...rest })) };
}

it('leaves what a snapshot or a reset needs where the states of old blocks are removed', async () => {
  const folder = temporaryFolder();
  const genesis = testGenesis();
  const stateHistory = { blocks: 2, blocksBetweenPasses: 1 };
  const chain = await Chain.create(folder, genesis, { stateHistory });
  const reader = new StoredChainReader(folder, genesis);
  onTestFinished(async () => {
    await reader.close();
    await chain.close();
  });
  let requests = 0;
  const operate = async (operation: DevelopmentOperation) => {
    requests += 1;
    const id = Buffer.alloc(16, requests);
    const { position } = await chain.applyOperation({ id, operation }, chain.position.id, 1);
    await chain.commit([{ hash: position.id }], NO_MARKER);
  };
  const mine = async (blocks: number) => {
    for (let block = 0; block < blocks; block += 1) {
      const { position } = await build(chain, []);
      await chain.commit([{ hash: position.id }], NO_MARKER);
    }
    await chain.statesRemoved();
  };
  const balances = () =>
    new Set(ACCOUNTS.map((address) => reader.account(address, { tag: 'latest' }).balance));
  await mine(1);
  await operate(setBalances(5n));
  await operate({ kind: 'snapshot' });
  await operate(setBalances(6n));
  await mine(8);
  expect(() => reader.account(addressOf(Buffer.alloc(20)), { number: blockNumberOf(2) })).toThrow(
    expect.objectContaining({ code: 'state-pruned' }),
  );
  await operate({ kind: 'revert', snapshot: 1 });
  expect(chain.head.number).toBe(1);
  expect(balances()).toEqual(new Set([5n]));
  expect(
    reader.proof(ACCOUNTS[0] ?? addressOf(Buffer.alloc(20)), [], { tag: 'latest' }),
  ).toMatchObject({ account: { balance: 5n } });
  await mine(8);
  expect(balances()).toEqual(new Set([5n]));
  await operate({ kind: 'reset' });
  expect(chain.position.stateRoot).toBe(genesis.header.stateRoot);
  expect(balances()).toEqual(new Set([0n]));
  await mine(8);
  expect(chain.head.number).toBe(8);
});
