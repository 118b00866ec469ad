import { bigIntMax } from '@ethereumjs/util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import type { Address, Hash } from '../primitives.ts';
import { NaivePool } from '../testing/naive-pool.ts';
import { PoolFixture, testAddress, testTransaction } from '../testing/pool-fixture.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import type { MempoolLimits } from './limits.ts';
import { effectiveTip } from './pooled-transaction.ts';

const SENDERS = [0, 1, 2, 3].map(testAddress);
const GAS = 21_000n;

const senderIndexes = fc.nat({ max: SENDERS.length - 1 });
interface Mix {
  readonly nonceMax: number;
  /** Of an account after a commit, in units of `GAS` wei. */
  readonly fundsMax: number;
  readonly commitWeight: number;
}

const operationsOf = ({ nonceMax, fundsMax, commitWeight }: Mix) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('add' as const),
        sender: senderIndexes,
        nonce: fc.nat({ max: nonceMax }),
        feeCap: fc.integer({ min: 1, max: 30 }),
        tip: fc.integer({ min: 1, max: 30 }),
        gasLimit: fc.constantFrom(GAS, GAS * 2n),
        size: fc.integer({ min: 50, max: 150 }),
      }),
    },
    {
      weight: commitWeight,
      arbitrary: fc.record({
        kind: fc.constant('commit' as const),
        // Nonces may fall: the head can return to a snapshot.
        accounts: fc.array(
          fc.record({
            sender: senderIndexes,
            nonce: fc.nat({ max: 5 }),
            funds: fc.nat({ max: fundsMax }),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        gasLimit: fc.constantFrom(GAS, GAS * 2n, GAS * 10n),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('drop' as const), index: fc.nat({ max: 20 }) }),
    },
  );

const operations = fc.array(operationsOf({ nonceMax: 7, fundsMax: 120, commitWeight: 3 }), {
  maxLength: 40,
});

/** Many low nonces and few commits, of senders that can pay: so that a small pool is full most of the time. */
const crowdedOperations = fc.array(
  operationsOf({ nonceMax: 4, fundsMax: 10_000, commitWeight: 1 }),
  { minLength: 30, maxLength: 60, size: 'max' },
);

/** Wei per gas, in turn. */
const baseFees = fc.array(fc.bigInt({ min: 0n, max: 25n }), { minLength: 1, maxLength: 10 });

type Operation = (typeof operations extends fc.Arbitrary<infer T> ? T : never)[number];

function transactionOf(operation: Extract<Operation, { kind: 'add' }>): SignedTransaction {
  const { sender, nonce, feeCap, tip, gasLimit, size } = operation;
  const from = SENDERS[sender] ?? testAddress(0);
  return testTransaction({ from, nonce, feeCap, tipCap: Math.min(feeCap, tip), gasLimit, size });
}

function accept(fixture: PoolFixture, transaction: SignedTransaction): string | undefined {
  try {
    fixture.pool.add(transaction);
    return undefined;
  } catch (error) {
    if (error instanceof ChainError) return error.code;
    throw error;
  }
}

function commit(fixture: PoolFixture, operation: Extract<Operation, { kind: 'commit' }>) {
  const touched = operation.accounts.map(({ sender, nonce, funds }) => {
    const address = SENDERS[sender] ?? testAddress(0);
    fixture.fund(address, BigInt(funds) * GAS, BigInt(nonce));
    return address;
  });
  fixture.pool.onBlockCommitted(touched, new Set());
  return touched;
}

function twinOf(fixture: PoolFixture, limits?: MempoolLimits): NaivePool {
  const head = {
    account: (address: Address) => fixture.accounts.get(address) ?? { nonce: 0n, balance: 0n },
    gasLimit: () => fixture.blockGasLimit,
    baseFee: () => fixture.baseFee,
  };
  return new NaivePool(head, limits);
}

describe('Mempool', () => {
  it('does at every step what a pool without indexes does', () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const fixture = new PoolFixture();
        for (const sender of SENDERS) fixture.fund(sender, 60n * GAS);
        const twin = twinOf(fixture);
        const dropped = new Set<Hash>();
        fixture.pool.listen({ dropped: ({ hash }) => dropped.add(hash) });
        for (const step of steps) {
          const before = twin.transactions;
          if (step.kind === 'add') {
            const transaction = transactionOf(step);
            expect(accept(fixture, transaction)).toBe(twin.add(transaction));
          } else if (step.kind === 'commit') {
            // A sender with transactions that now exceed the limit is dropped when it is touched next.
            fixture.blockGasLimit = step.gasLimit;
            twin.commit(commit(fixture, step));
          } else {
            const hash = twin.transactions[step.index]?.data.hash;
            if (hash !== undefined) {
              expect(fixture.pool.dropInvalid(hash, 'test')).toBe(true);
              twin.drop(hash);
            }
          }
          expectEqualContent(fixture, twin);
          const gone = before.filter((one) => !twin.transactions.includes(one));
          expect(new Set(gone.map(({ data }) => data.hash))).toEqual(new Set(dropped));
          dropped.clear();
        }
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['counts', { countMax: 6, bytesMax: 100_000, senderCountMax: 4, senderQueuedMax: 2 }],
    ['bytes', { countMax: 100, bytesMax: 600, senderCountMax: 5, senderQueuedMax: 3 }],
  ])('gives up what the rules name where %s are bounded, and nothing else', (_, limits) => {
    let evictions = 0;
    fc.assert(
      fc.property(crowdedOperations, baseFees, (steps, fees) => {
        const fixture = new PoolFixture(limits);
        for (const sender of SENDERS) fixture.fund(sender, 10_000n * GAS);
        const twin = twinOf(fixture, limits);
        let evicted: Hash[] = [];
        fixture.pool.listen({
          dropped: ({ hash, reason }) => {
            if (reason === 'evicted') evicted.push(hash);
          },
        });
        for (const [index, step] of steps.entries()) {
          evicted = [];
          fixture.baseFee = fees[index % fees.length] ?? 0n;
          if (step.kind === 'add') {
            const transaction = transactionOf(step);
            const refused = accept(fixture, transaction);
            expect(twin.add(transaction, evicted)).toBe(refused);
            evictions += evicted.length;
          } else if (step.kind === 'commit') {
            fixture.blockGasLimit = step.gasLimit;
            twin.commit(commit(fixture, step));
          }
          expectEqualContent(fixture, twin);
          expect(fixture.pool.bytes).toBe(twin.bytes);
        }
      }),
      { numRuns: 150 },
    );
    expect(evictions).toBeGreaterThan(100);
  });

  it('holds its bounds at every step, and proposes in order', () => {
    const limits = { countMax: 8, bytesMax: 700, senderCountMax: 5, senderQueuedMax: 2 };
    fc.assert(
      fc.property(crowdedOperations, baseFees, (steps, fees) => {
        const fixture = new PoolFixture(limits);
        for (const sender of SENDERS) fixture.fund(sender, 10_000n * GAS);
        for (const step of steps) {
          const before = fixture.pool.transactions();
          if (step.kind === 'add') {
            const refused = accept(fixture, transactionOf(step));
            if (refused !== undefined) expect(fixture.pool.transactions()).toEqual(before);
          }
          if (step.kind === 'commit') commit(fixture, step);
          const all = fixture.pool.transactions();
          const status = fixture.pool.status();
          expect(status.pending + status.queued).toBe(all.length);
          expect(all.length).toBeLessThanOrEqual(limits.countMax);
          expect(fixture.pool.bytes).toBe(all.reduce((sum, { raw }) => sum + raw.length, 0));
          expect(fixture.pool.bytes).toBeLessThanOrEqual(limits.bytesMax);
          for (const sender of SENDERS) {
            const own = all.filter(({ data }) => data.from === sender);
            expect(own.length).toBeLessThanOrEqual(limits.senderCountMax);
            expect(new Set(own.map(({ data }) => data.nonce)).size).toBe(own.length);
          }
          for (const baseFee of fees) expectOrderedCandidates(fixture, baseFee);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function expectEqualContent(fixture: PoolFixture, twin: NaivePool): void {
  const { pending, queued } = fixture.pool.content();
  for (const sender of SENDERS) {
    const hashes = (list: readonly { hash: Hash }[] = []) => list.map(({ hash }) => hash);
    expect(hashes(pending.get(sender))).toEqual(
      hashes(twin.pending(sender).map((one) => one.data)),
    );
    expect(hashes(queued.get(sender))).toEqual(hashes(twin.queued(sender).map((one) => one.data)));
    const account = fixture.accounts.get(sender) ?? { nonce: 0n, balance: 0n };
    expect(fixture.pool.pendingNonce(sender)).toBe(
      account.nonce + BigInt(twin.pending(sender).length),
    );
  }
  expect(fixture.pool.status().pending + fixture.pool.status().queued).toBe(
    twin.transactions.length,
  );
}

/** Every pending transaction above the base fee whose predecessors are too, each the best of the senders' next ones. */
function expectOrderedCandidates(fixture: PoolFixture, baseFee: bigint): void {
  const next = new Map(
    [...fixture.pool.content().pending].map(([sender, list]) => [sender, [...list]]),
  );
  const candidates = fixture.pool.candidates({ baseFee });
  const tips = () =>
    [...next.values()].flatMap(([first]) => {
      const found = first === undefined ? undefined : fixture.pool.get(first.hash);
      return found === undefined ? [] : [effectiveTip(found, baseFee)];
    });
  for (;;) {
    const best = bigIntMax(-1n, ...tips());
    const current = candidates.current();
    if (best < 0n) {
      expect(current).toBeUndefined();
      return;
    }
    if (current === undefined) throw new Error('A candidate is missing.');
    expect(effectiveTip(current, baseFee)).toBe(best);
    const own = next.get(current.data.from);
    expect(own?.shift()?.hash).toBe(current.data.hash);
    candidates.accept();
  }
}
