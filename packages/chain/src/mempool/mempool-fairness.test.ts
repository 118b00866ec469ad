import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import type { Address, Hash } from '../primitives.ts';
import { PoolFixture, testAddress, testTransaction } from '../testing/pool-fixture.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';

const FLOODER = testAddress(500);

/** False when the pool has no room for it. */
function offer(fixture: PoolFixture, transaction: SignedTransaction): boolean {
  try {
    fixture.pool.add(transaction);
    return true;
  } catch (error) {
    if (error instanceof ChainError && error.code === 'pool-full') return false;
    throw error;
  }
}

/** Takes the best candidates into a block of `capacity` transactions, as a proposer does, and commits it. */
function mine(fixture: PoolFixture, capacity: number): readonly SignedTransaction[] {
  const candidates = fixture.pool.candidates({ baseFee: fixture.baseFee });
  const mined: SignedTransaction[] = [];
  for (let next = candidates.current(); next && mined.length < capacity; ) {
    mined.push(next);
    candidates.accept();
    next = candidates.current();
  }
  const touched = new Set<Address>();
  for (const { data } of mined) {
    const { balance = 0n } = fixture.accounts.get(data.from) ?? {};
    fixture.fund(data.from, balance, data.nonce + 1n);
    touched.add(data.from);
  }
  fixture.pool.onBlockCommitted(touched, new Set(mined.map(({ data }) => data.hash)));
  return mined;
}

it('keeps what senders within their share sent, however much another sends and pays', () => {
  const others = fc.integer({ min: 1, max: 6 });
  const turns = fc.array(
    fc.record({ sender: fc.option(fc.nat({ max: 5 })), feeCap: fc.integer({ min: 10, max: 99 }) }),
    { minLength: 60, maxLength: 150, size: 'max' },
  );
  fc.assert(
    fc.property(others, turns, fc.integer({ min: 0, max: 10 }), (count, steps, baseFee) => {
      const countMax = 28;
      const share = Math.floor(countMax / (count + 1));
      const bounds = { bytesMax: 1_000_000, senderCountMax: 100, senderQueuedMax: 100 };
      const fixture = new PoolFixture({ countMax, ...bounds });
      fixture.baseFee = BigInt(baseFee);
      const senders = Array.from({ length: count }, (_, index) => testAddress(index));
      for (const sender of [...senders, FLOODER]) fixture.fund(sender);
      const sent = new Map<Address, number>();
      const kept = new Set<Hash>();
      fixture.pool.listen({ dropped: ({ hash }) => expect(kept.has(hash)).toBe(false) });
      let flooded = 0;
      for (const { sender, feeCap } of steps) {
        const from = sender === null ? undefined : senders[sender % count];
        const nonce = from === undefined ? 0 : (sent.get(from) ?? 0);
        if (from !== undefined && nonce < share) {
          const transaction = testTransaction({ from, nonce, feeCap });
          expect(offer(fixture, transaction)).toBe(true);
          kept.add(transaction.data.hash);
          sent.set(from, nonce + 1);
        } else {
          const next = fixture.pool.pendingNonce(FLOODER);
          offer(fixture, testTransaction({ from: FLOODER, nonce: next, feeCap: feeCap * 1_000 }));
          flooded += 1;
        }
      }
      expect(flooded).toBeGreaterThan(0);
      for (const hash of kept) expect(fixture.pool.get(hash)).toBeDefined();
    }),
    { numRuns: 150 },
  );
});

it('mines what arrived before a flood of the same tip first, whoever goes on sending', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      (arrivals, capacity) => {
        const limits = { countMax: 20, bytesMax: 100_000, senderCountMax: 20, senderQueuedMax: 20 };
        const fixture = new PoolFixture(limits);
        const senders = [0, 1, 2, 3].map(testAddress);
        for (const sender of [...senders, FLOODER]) fixture.fund(sender);
        const waiting = new Set<Hash>();
        const flood = () => {
          const nonce = () => fixture.pool.pendingNonce(FLOODER);
          while (offer(fixture, testTransaction({ from: FLOODER, nonce: nonce() }))) {
            if (fixture.pool.status().pending >= limits.countMax) return;
          }
        };
        flood();
        for (const index of arrivals) {
          const from = senders[index] ?? FLOODER;
          const nonce = fixture.pool.pendingNonce(from);
          const transaction = testTransaction({ from, nonce });
          if (offer(fixture, transaction)) waiting.add(transaction.data.hash);
        }
        expect(waiting.size).toBeGreaterThan(0);
        const blocks = Math.ceil(limits.countMax / capacity);
        for (let block = 0; block < blocks; block += 1) {
          for (const { data } of mine(fixture, capacity)) waiting.delete(data.hash);
          flood();
        }
        expect(waiting).toEqual(new Set());
      },
    ),
    { numRuns: 150 },
  );
});

it('holds its counts and bounds with 100,000 pending transactions of 1,000 senders', () => {
  const [senderCount, perSender, size] = [1_000, 100, 110];
  const countMax = senderCount * perSender;
  const fixture = new PoolFixture({
    countMax,
    bytesMax: countMax * size,
    senderCountMax: 4_096,
    senderQueuedMax: 1_024,
  });
  const { pool } = fixture;
  const senders = Array.from({ length: senderCount }, (_, index) => testAddress(1_000 + index));
  for (const sender of [...senders, FLOODER]) fixture.fund(sender, 10n ** 24n);
  const fill = (feeCap: number, count: number) => {
    for (let nonce = 0; nonce < count; nonce += 1) {
      for (const [index, from] of senders.entries()) {
        pool.add(testTransaction({ from, nonce, feeCap: feeCap + (index % 97), size }));
      }
    }
  };
  const expectFull = () => {
    expect(pool.status()).toEqual({ pending: countMax, queued: 0 });
    expect(pool.bytes).toBe(countMax * size);
  };
  fill(1_000, perSender);
  expectFull();
  // Some of each by ones that pay more.
  fill(2_000, 10);
  expectFull();
  for (let nonce = 0; nonce < 1_000; nonce += 1) {
    const next = testTransaction({ from: FLOODER, nonce, feeCap: 1_000_000, size });
    const isShare = nonce < perSender - 1;
    // Whoever has more than the flooder gives one up, until it has as many as they.
    if (isShare) expect(offer(fixture, next)).toBe(true);
    else offer(fixture, next);
  }
  expectFull();
  const { pending } = pool.content();
  const sizes = senders.map((sender) => pending.get(sender)?.length ?? 0);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(perSender - 1);
  const flooded = pending.get(FLOODER)?.length ?? 0;
  expect(flooded).toBeLessThanOrEqual(perSender);
  expect(sizes.reduce((sum, length) => sum + length, flooded)).toBe(countMax);
  // A block takes each sender's in order, and everything leaves in the end.
  const nonces = new Map<Address, bigint>();
  let mined = 0;
  for (let block = mine(fixture, 2_857); block.length > 0; block = mine(fixture, 2_857)) {
    for (const { data } of block) {
      if (data.nonce !== (nonces.get(data.from) ?? 0n)) throw new Error('out of nonce order');
      nonces.set(data.from, data.nonce + 1n);
    }
    mined += block.length;
  }
  expect(mined).toBe(countMax);
  expect(pool.status()).toEqual({ pending: 0, queued: 0 });
  expect(pool.bytes).toBe(0);
}, 120_000);
