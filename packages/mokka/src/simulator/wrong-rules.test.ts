/**
 * The checkers bite: cores that read a rule of the protocol wrongly are caught. A rule is replaced by its wrong reading
 * when the module is loaded, for every node.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Lock, TermVote } from '../core/statements.ts';
import { makeTurbulent } from './scenario.ts';
import type { Violation } from './simulation.ts';

afterEach(() => {
  vi.doUnmock('../core/verification.ts');
  vi.doUnmock('../core/quorum.ts');
  vi.doUnmock('../core/recertifying.ts');
  vi.doUnmock('../core/invariants.ts');
  vi.resetModules();
});

async function firstViolation(
  nodes: number,
  seeds: number,
  firstSeed = 1,
  adjust = makeTurbulent,
): Promise<Violation | null> {
  const { simulate } = await import('./simulation.ts');
  const { coreBinding } = await import('./core-binding.ts');
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const { violation } = await simulate({
      seed,
      nodes,
      binding: coreBinding,
      adjust,
    });
    if (violation !== null) return violation;
  }
  return null;
}

/** Locks compare by `order`, wherever the core compares or chooses them. */
function compareLocksBy(order: (left: Lock, right: Lock) => number): void {
  vi.doMock('../core/verification.ts', async (importOriginal) => ({
    ...(await importOriginal<typeof import('../core/verification.ts')>()),
    compareLocks: order,
    anchorOf: (votes: readonly TermVote[]): Lock | null =>
      votes.map((vote) => vote.lock).sort((left, right) => order(right, left))[0] ?? null,
  }));
}

describe('a wrong reading is caught', () => {
  test('a quorum that is one too small', async () => {
    vi.doMock('../core/quorum.ts', async (importOriginal) => ({
      ...(await importOriginal<typeof import('../core/quorum.ts')>()),
      quorumSize: (_model: string, validators: number) => Math.floor(validators / 2),
    }));
    const violation = await firstViolation(4, 3);
    expect(['proof', 'commit', 'promise']).toContain(violation?.rule);
  });

  test('locks compared by index first', async () => {
    compareLocksBy((left, right) => left.index - right.index || left.term - right.term);
    // About one seed in a hundred is bad enough; the search starts just before one.
    const violation = await firstViolation(3, 500, 88);
    expect(['proof', 'agreement', 'halt', 'lock']).toContain(violation?.rule);
  }, 180_000);

  test('the lowest lock of a proof taken as its anchor', async () => {
    compareLocksBy((left, right) => right.term - left.term || right.index - left.index);
    const violation = await firstViolation(3, 60);
    // Reads compare locks too.
    expect(['proof', 'agreement', 'halt', 'lock', 'read-index']).toContain(violation?.rule);
  });

  test('entries that follow an uncommitted membership entry', async () => {
    vi.doMock('../core/recertifying.ts', async (importOriginal) => ({
      ...(await importOriginal<typeof import('../core/recertifying.ts')>()),
      openMembership: () => null,
      entryToRecertify: () => null,
    }));
    // The core's own invariants would notice first.
    vi.doMock('../core/invariants.ts', () => ({ checkInvariants: () => undefined }));
    const violation = await firstViolation(3, 40, 1, (scenario) => ({
      ...makeTurbulent(scenario),
      membership: { strangers: 1, interval: 60 },
    }));
    expect(violation?.rule).toBe('membership');
  });
});
