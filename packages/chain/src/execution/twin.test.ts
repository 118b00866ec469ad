import { createBlockFromRLP } from '@ethereumjs/block';
import { RLP } from '@ethereumjs/rlp';
import { Account, Address as EvmAddress } from '@ethereumjs/util';
import { createVM, runBlock, type VM } from '@ethereumjs/vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { commonAt, createCommon } from '../genesis/chain-parameters.ts';
import type { DevFork } from '../genesis/dev-forks.ts';
import { devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { genesisAccounts, parseGenesisFile } from '../genesis/genesis-file.ts';
import { type Address, addressOf, bytesOf, hexOf } from '../primitives.ts';
import { MemoryState } from '../testing/memory-state.ts';
import { build, NO_MARKER, testChain } from '../testing/test-chain.ts';
import { steps, Workload } from '../testing/workload.ts';

/** The library's own block processor on a plain map of accounts. */
async function libraryTwin(json: unknown): Promise<VM> {
  const file = parseGenesisFile(json);
  const state = new MemoryState();
  for (const [key, account] of genesisAccounts(file)) {
    const address = new EvmAddress(bytesOf(key));
    await state.putAccount(address, new Account(account.nonce, account.balance));
    if (account.code.length > 0) await state.putCode(address, account.code);
  }
  return createVM({ common: commonAt(createCommon(file), 0, 0), stateManager: state });
}

function createdAddress(from: Address, nonce: bigint): Address {
  return addressOf(keccak256(RLP.encode([bytesOf(from), bigintToBytes(nonce)])).subarray(12));
}

async function runOn(vm: VM, raw: Uint8Array): Promise<void> {
  const block = createBlockFromRLP(raw, { common: vm.common });
  await runBlock(vm, { block, skipHeaderValidation: true });
}

describe('a built block', () => {
  it.each(['paris', 'shanghai', 'bpo2'] as const)(
    'is valid for the library on a plain state, and the same on a second chain: %s',
    async (fork: DevFork) => {
      const json = devGenesisFile({ fork });
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 4 }), async (blocks) => {
          const [chain, second] = [
            await testChain(createGenesis(json)),
            await testChain(createGenesis(json)),
          ];
          const twin = await libraryTwin(json);
          const workload = new Workload(createdAddress);
          for (const list of blocks) {
            const built = await build(
              chain,
              list.map((step) => workload.sign(step)),
            );
            expect(built.refused).toEqual([]);
            await runOn(twin, built.raw);
            expect(hexOf(await twin.stateManager.getStateRoot())).toBe(
              built.block.header.stateRoot,
            );
            const { block } = await second.executeBlock(built.raw, second.head.hash);
            expect(block).toEqual(built.block);
            await chain.commit([{ hash: block.header.hash }], NO_MARKER);
            await second.commit([{ raw: built.raw }], NO_MARKER);
            expect(second.head).toEqual(chain.head);
          }
        }),
        { numRuns: 12 },
      );
    },
    60_000,
  );
});
