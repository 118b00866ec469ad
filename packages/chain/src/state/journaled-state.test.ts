import { Account, createAddressFromString } from '@ethereumjs/util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { type Hash, hashOf, hexOf } from '../primitives.ts';
import { MemoryState } from '../testing/memory-state.ts';
import { NodeReader } from '../trie/node-source.ts';
import { EvmStateManager } from './evm-state-manager.ts';
import { JournaledState } from './journaled-state.ts';
import { LayeredState, type State } from './layered-state.ts';
import { diffOf } from './state-diff.ts';
import { EMPTY_STATE } from './state-view.ts';

type Operation =
  | { readonly kind: 'put' | 'delete' | 'clear'; readonly who: number }
  | { readonly kind: 'code'; readonly who: number; readonly length: number }
  | { readonly kind: 'store'; readonly who: number; readonly slot: number; readonly value: number }
  | { readonly kind: 'checkpoint' | 'commit' | 'revert' | 'transaction' };

const who = fc.nat(3);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'delete' as const, 'clear' as const), who }),
  fc.record({ kind: fc.constant('code' as const), who, length: fc.nat(2) }),
  fc.record({ kind: fc.constant('store' as const), who, slot: fc.nat(3), value: fc.nat(2) }),
  fc.record({
    kind: fc.constantFrom(
      'checkpoint' as const,
      'checkpoint' as const,
      'commit' as const,
      'revert' as const,
      'transaction' as const,
    ),
  }),
);

const addressOf = (number: number) =>
  createAddressFromString(`0x${(number + 4096).toString(16).padStart(40, '0')}`);
const slotOf = (number: number) => Buffer.alloc(32, number);

/** Applies operations to both; checkpoints are balanced at the end, as a block's are. */
async function applyTo(
  operations: readonly Operation[],
  real: EvmStateManager,
  twin: MemoryState,
): Promise<void> {
  let depth = 0;
  for (const state of [real, twin]) {
    depth = 0;
    for (const step of operations) depth = await apply(step, state, depth);
    for (; depth > 0; depth -= 1) await state.commit();
    state.originalStorageCache.clear();
  }
}

async function apply(
  step: Operation,
  state: EvmStateManager | MemoryState,
  depth: number,
): Promise<number> {
  switch (step.kind) {
    case 'put': {
      // As the EVM does: what it writes it has read.
      const account = (await state.getAccount(addressOf(step.who))) ?? new Account();
      account.balance += 5n;
      await state.putAccount(addressOf(step.who), account);
      return depth;
    }
    case 'delete':
      await state.deleteAccount(addressOf(step.who));
      return depth;
    case 'clear':
      await state.clearStorage(addressOf(step.who));
      return depth;
    case 'code':
      await state.putCode(addressOf(step.who), Buffer.alloc(step.length, 1));
      return depth;
    case 'store':
      if ((await state.getAccount(addressOf(step.who))) !== undefined) {
        await state.putStorage(addressOf(step.who), slotOf(step.slot), Buffer.of(step.value));
      }
      return depth;
    case 'checkpoint':
      await state.checkpoint();
      return depth + 1;
    case 'transaction':
      if (depth === 0) state.originalStorageCache.clear();
      return depth;
    default:
      if (depth === 0) return 0;
      await (step.kind === 'commit' ? state.commit() : state.revert());
      return depth - 1;
  }
}

describe('JournaledState', () => {
  it('agrees with a plain map on every root and every value, block after block in flight', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(operation), { maxLength: 4 }), async (blocks) => {
        const twin = new MemoryState();
        let parent: State = { ...EMPTY_STATE, getNode: () => undefined };
        let root: Hash = EMPTY_TRIE_ROOT;
        for (const operations of blocks) {
          const base = parent;
          const state = new JournaledState(base);
          const manager = new EvmStateManager(state, () => root);
          await applyTo(operations, manager, twin);
          const nodes = new NodeReader({ getNode: (hash) => base.getNode(hash) });
          const diff = diffOf(state, root, nodes);
          expect(diff.root).toBe(hashOf(await twin.getStateRoot()));
          parent = new LayeredState(diff, base);
          root = diff.root;
          await expectSame(new EvmStateManager(new JournaledState(parent), () => root), twin);
        }
      }),
      { numRuns: 150 },
    );
  });
});

async function expectSame(real: EvmStateManager, twin: MemoryState): Promise<void> {
  for (let number = 0; number < 4; number += 1) {
    const address = addressOf(number);
    const [mine, theirs] = [await real.getAccount(address), await twin.getAccount(address)];
    expect([mine?.nonce, mine?.balance]).toEqual([theirs?.nonce, theirs?.balance]);
    expect(hexOf(await real.getCode(address))).toBe(hexOf(await twin.getCode(address)));
    for (let slot = 0; slot < 4; slot += 1) {
      const key = slotOf(slot);
      const value = hexOf(await real.getStorage(address, key));
      expect(value).toBe(hexOf(await twin.getStorage(address, key)));
      expect(hexOf(await real.originalStorageCache.get(address, key))).toBe(value);
    }
  }
}
