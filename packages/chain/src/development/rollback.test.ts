import { expect, it } from 'vitest';
import type { HeaderData } from '../block/block-data.ts';
import { type BlockNumber, hashOf } from '../primitives.ts';
import { testGenesis } from '../testing/test-chain.ts';
import { applyOperation, type OperationContext } from './apply-operation.ts';
import {
  type DevelopmentState,
  decodeDevelopmentState,
  encodeDevelopmentState,
  ROLLBACK_DEPTH_MAX,
  UNUSED,
} from './development-state.ts';
import type { DevelopmentOperation } from './operation.ts';
import { positionOf } from './position.ts';

const { header: genesis } = testGenesis();

function headerAt(number: BlockNumber): HeaderData {
  return { ...genesis, number, hash: hashOf(Buffer.alloc(32, number)) };
}

const context: OperationContext = {
  agreedSeconds: 1_000,
  genesis,
  header: () => genesis,
  block: (number) => ({ header: headerAt(number), stateRoot: genesis.stateRoot }),
};
let requests = 0;

/** Head's height after the operation, and what was set. */
function apply(head: number, development: DevelopmentState, operation: DevelopmentOperation) {
  requests += 1;
  const id = Buffer.alloc(16, requests);
  const header = headerAt(head as BlockNumber);
  const position = positionOf(header, header.stateRoot, development);
  const applied = applyOperation(position, { id, operation }, context);
  if (applied.move.kind !== 'revert') throw new Error('the head did not move');
  return { number: applied.move.head.number, development: applied.development };
}

it('goes as deep as the states of all nodes do, however it is repeated', () => {
  const rollback = (depth: number) => ({ kind: 'rollback', depth }) as const;
  const head = 5_000;
  const lowest = head - ROLLBACK_DEPTH_MAX;
  const refused = expect.objectContaining({ code: 'invalid-request' });
  expect(() => apply(head, UNUSED, rollback(ROLLBACK_DEPTH_MAX + 1))).toThrow(refused);
  const first = apply(head, UNUSED, rollback(1_000));
  expect(first.number).toBe(4_000);
  expect(() => apply(4_000, first.development, rollback(25))).toThrow(
    'at most 24 blocks can be rolled back here',
  );
  expect(apply(4_000, first.development, rollback(24)).number).toBe(lowest);
  // Where the chain has grown again, its new blocks count.
  expect(apply(6_000, first.development, rollback(1_000)).number).toBe(5_000);
  const { development } = apply(head, first.development, { kind: 'reset' });
  expect(apply(3, development, rollback(3)).number).toBe(0);
  expect(() => apply(3, development, rollback(4))).toThrow('the chain has 3 blocks, not 4');
});

it('has its floor stored where there is one', () => {
  for (const rollbackFloor of [0, 1, 5_000]) {
    const state = { ...UNUSED, operations: 1, rollbackFloor };
    expect(decodeDevelopmentState(encodeDevelopmentState(state))).toEqual(state);
  }
});
