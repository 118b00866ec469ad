import { describe, expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import type { Hash } from '../primitives.ts';
import { PoolFixture, testAddress, testTransaction } from '../testing/pool-fixture.ts';
import type { DroppedTransaction } from './mempool.ts';

const ALICE = testAddress(1);
const BOB = testAddress(2);
const NOBODY: ReadonlySet<Hash> = new Set();

function fundedPool(limits?: ConstructorParameters<typeof PoolFixture>[0]) {
  const fixture = new PoolFixture(limits);
  fixture.fund(ALICE);
  fixture.fund(BOB);
  return fixture;
}

describe('admission', () => {
  it.each([
    [
      'the same transaction again',
      { nonce: 1 },
      { repeat: true },
      'already-known',
      'already known',
    ],
    ['a used nonce', { nonce: 0 }, {}, 'nonce-too-low', 'nonce too low: next nonce 1, tx nonce 0'],
    [
      'a replacement with the same price',
      { nonce: 1 },
      { after: { nonce: 1 } },
      'replacement-underpriced',
      'replacement transaction underpriced',
    ],
    [
      'a replacement that raises the fee cap alone',
      { nonce: 1, feeCap: 200, tipCap: 100 },
      { after: { nonce: 1, feeCap: 100 } },
      'replacement-underpriced',
      'replacement transaction underpriced',
    ],
    [
      'a replacement one short of ten percent',
      { nonce: 1, feeCap: 109 },
      { after: { nonce: 1, feeCap: 100 } },
      'replacement-underpriced',
      'replacement transaction underpriced',
    ],
    [
      'more than the balance',
      { nonce: 1, value: 10n ** 18n },
      {},
      'insufficient-funds',
      'insufficient funds for gas * price + value: balance 1000000000000000000, tx cost 1000000000002100000, overshot 2100000',
    ],
    [
      'more than the balance together with the pending ones',
      { nonce: 2, value: 6n * 10n ** 17n },
      { after: { nonce: 1, value: 6n * 10n ** 17n } },
      'insufficient-funds',
      'insufficient funds for gas * price + value: balance 1000000000000000000, queued cost 600000000002100000, tx cost 600000000002100000, overshot 200000000004200000',
    ],
    [
      'more gas than a block has',
      { nonce: 1, gasLimit: 1_000_001n },
      {},
      'exceeds-block-gas-limit',
      'exceeds block gas limit',
    ],
    [
      'too little gas',
      { nonce: 1, gasLimit: 20_000n },
      {},
      'intrinsic-gas-too-low',
      'intrinsic gas too low: gas 20000, minimum needed 21000',
    ],
  ] as const)("refuses %s in geth's words", (_name, fields, setup, code, message) => {
    const fixture = new PoolFixture();
    fixture.blockGasLimit = 1_000_000n;
    fixture.fund(ALICE, 10n ** 18n, 1n);
    if ('after' in setup) fixture.pool.add(testTransaction({ from: ALICE, ...setup.after }));
    const transaction = testTransaction({ from: ALICE, ...fields });
    if ('repeat' in setup) fixture.pool.add(transaction);
    const attempt = () => fixture.pool.add(transaction);
    expect(attempt).toThrow(ChainError);
    expect(attempt).toThrow(expect.objectContaining({ code, message }));
  });

  it('takes a replacement ten percent above in both, and says who left', () => {
    const { pool } = fundedPool();
    const dropped: DroppedTransaction[] = [];
    pool.listen({ dropped: (event) => dropped.push(event) });
    const first = pool.add(testTransaction({ from: ALICE, nonce: 0, feeCap: 100 }));
    const second = pool.add(testTransaction({ from: ALICE, nonce: 0, feeCap: 110 }));
    expect(second.place).toBe('pending');
    expect(dropped).toMatchObject([{ hash: first.transaction.data.hash, reason: 'replaced' }]);
    expect(pool.status()).toEqual({ pending: 1, queued: 0 });
  });

  it('queues behind a gap and promotes when it is filled', () => {
    const { pool } = fundedPool();
    const nonces: bigint[] = [];
    pool.listen({ pending: ({ data }) => nonces.push(data.nonce) });
    expect(pool.add(testTransaction({ from: ALICE, nonce: 2 })).place).toBe('queued');
    expect(pool.add(testTransaction({ from: ALICE, nonce: 1 })).place).toBe('queued');
    expect(pool.pendingNonce(ALICE)).toBe(0n);
    expect(nonces).toEqual([]);
    expect(pool.add(testTransaction({ from: ALICE, nonce: 0 })).place).toBe('pending');
    expect(nonces).toEqual([0n, 1n, 2n]);
    expect(pool.pendingNonce(ALICE)).toBe(3n);
  });
});

describe('eviction', () => {
  const limits = { countMax: 6, bytesMax: 10_000, senderCountMax: 100, senderQueuedMax: 100 };

  it('keeps the few transactions of others, whatever one sender sends and pays', () => {
    const fixture = new PoolFixture(limits);
    const { pool } = fixture;
    const light = [10, 11, 12].map(testAddress);
    fixture.fund(ALICE);
    for (const from of light) {
      fixture.fund(from);
      pool.add(testTransaction({ from, nonce: 0, feeCap: 1 }));
    }
    for (let nonce = 0; nonce < 20; nonce++) {
      try {
        pool.add(testTransaction({ from: ALICE, nonce, feeCap: 1_000_000 }));
      } catch (error) {
        expect(error).toMatchObject({ code: 'pool-full' });
      }
    }
    const { pending } = pool.content();
    for (const from of light) expect(pending.get(from)).toHaveLength(1);
    expect(pending.get(ALICE)).toHaveLength(3);
  });

  it('takes from the sender with the most for one with fewer', () => {
    const { pool } = fundedPool(limits);
    for (let nonce = 0; nonce < 6; nonce++) pool.add(testTransaction({ from: ALICE, nonce }));
    pool.add(testTransaction({ from: BOB, nonce: 0, feeCap: 1 }));
    expect(
      pool
        .content()
        .pending.get(ALICE)
        ?.map(({ nonce }) => nonce),
    ).toEqual([0n, 1n, 2n, 3n, 4n]);
    expect(pool.status().pending).toBe(6);
  });

  it('lets the price decide among equals', () => {
    const fixture = new PoolFixture({ ...limits, countMax: 3 });
    const { pool } = fixture;
    for (let number = 0; number < 4; number++) fixture.fund(testAddress(number));
    for (const [number, feeCap] of [50, 20, 30].entries()) {
      pool.add(testTransaction({ from: testAddress(number), nonce: 0, feeCap }));
    }
    const newcomer = (feeCap: number) =>
      testTransaction({ from: testAddress(3), nonce: 0, feeCap });
    expect(() => pool.add(newcomer(20))).toThrow('txpool is full');
    pool.add(newcomer(21));
    expect([...pool.content().pending.keys()]).not.toContain(testAddress(1));
  });

  it('gives up what nobody can execute first', () => {
    const { pool } = fundedPool(limits);
    for (let nonce = 1; nonce < 7; nonce++) pool.add(testTransaction({ from: ALICE, nonce }));
    pool.add(testTransaction({ from: BOB, nonce: 0, feeCap: 1 }));
    expect(pool.status()).toEqual({ pending: 1, queued: 5 });
  });

  it('gives up what can not pay the base fee, so that accounts without funds fill no pool', () => {
    const fixture = fundedPool(limits);
    const { pool } = fixture;
    fixture.baseFee = 10n;
    for (let number = 20; number < 26; number++) {
      pool.add(testTransaction({ from: testAddress(number), nonce: 0, feeCap: 0 }));
    }
    expect(pool.status().pending).toBe(6);
    for (let nonce = 0; nonce < 6; nonce++) pool.add(testTransaction({ from: ALICE, nonce }));
    expect(pool.content().pending.get(ALICE)).toHaveLength(6);
    const unpaid = testTransaction({ from: testAddress(30), nonce: 0, feeCap: 0 });
    expect(() => pool.add(unpaid)).toThrow('txpool is full');
  });

  it('changes nothing when there is not room enough', () => {
    const { pool } = fundedPool({ ...limits, countMax: 100, bytesMax: 1_000 });
    for (let nonce = 0; nonce < 3; nonce++) {
      pool.add(testTransaction({ from: ALICE, nonce, size: 100 }));
    }
    pool.add(testTransaction({ from: BOB, nonce: 0, size: 100 }));
    const before = pool.transactions();
    const pending: unknown[] = [];
    pool.listen({
      pending: (event) => pending.push(event),
      dropped: (event) => pending.push(event),
    });
    expect(() => pool.add(testTransaction({ from: BOB, nonce: 1, size: 1_001 }))).toThrow(
      'txpool is full',
    );
    expect(pool.transactions()).toEqual(before);
    expect(pool.status()).toEqual({ pending: 4, queued: 0 });
    expect(pending).toEqual([]);
  });

  it("bounds one sender's transactions, in all and behind a gap", () => {
    const { pool } = fundedPool({ ...limits, senderCountMax: 3, senderQueuedMax: 1 });
    pool.add(testTransaction({ from: ALICE, nonce: 5 }));
    expect(() => pool.add(testTransaction({ from: ALICE, nonce: 6 }))).toThrow(
      'account limit exceeded',
    );
    pool.add(testTransaction({ from: ALICE, nonce: 0 }));
    pool.add(testTransaction({ from: ALICE, nonce: 1 }));
    expect(() => pool.add(testTransaction({ from: ALICE, nonce: 2 }))).toThrow(
      expect.objectContaining({ code: 'account-limit-exceeded' }),
    );
  });
});

describe('following the head', () => {
  it('reads the accounts a block touched and no others', () => {
    const fixture = fundedPool();
    for (let number = 100; number < 400; number++) {
      fixture.fund(testAddress(number));
      fixture.pool.add(testTransaction({ from: testAddress(number), nonce: 0 }));
    }
    const { transaction } = fixture.pool.add(testTransaction({ from: ALICE, nonce: 0 }));
    fixture.fund(ALICE, 10n ** 18n, 1n);
    fixture.reads = 0;
    const dropped: DroppedTransaction[] = [];
    fixture.pool.listen({ dropped: (event) => dropped.push(event) });
    fixture.pool.onBlockCommitted([ALICE, BOB], new Set([transaction.data.hash]));
    expect(fixture.reads).toBe(1);
    expect(fixture.pool.get(transaction.data.hash)).toBeUndefined();
    expect(dropped).toEqual([]);
  });

  it('does not give up what a block has mined that it was not told of yet', () => {
    const fixture = fundedPool();
    const { pool } = fixture;
    const dropped: DroppedTransaction[] = [];
    pool.listen({ dropped: (event) => dropped.push(event) });
    const { transaction } = pool.add(testTransaction({ from: ALICE, nonce: 0 }));
    fixture.fund(ALICE, 10n ** 17n, 1n);
    pool.add(testTransaction({ from: ALICE, nonce: 1 }));
    expect(dropped).toEqual([]);
    pool.onBlockCommitted([ALICE], new Set([transaction.data.hash]));
    expect(pool.status()).toEqual({ pending: 1, queued: 0 });
    expect(dropped).toEqual([]);
  });

  it('says that another transaction took the nonce', () => {
    const fixture = fundedPool();
    const dropped: DroppedTransaction[] = [];
    fixture.pool.listen({ dropped: (event) => dropped.push(event) });
    fixture.pool.add(testTransaction({ from: ALICE, nonce: 0 }));
    fixture.fund(ALICE, 10n ** 18n, 1n);
    fixture.pool.onBlockCommitted([ALICE], NOBODY);
    expect(dropped).toMatchObject([{ reason: 'nonce-too-low' }]);
  });

  it('drops what the balance can not pay and queues what follows', () => {
    const fixture = fundedPool();
    fixture.pool.add(testTransaction({ from: ALICE, nonce: 0, value: 10n ** 17n }));
    fixture.pool.add(testTransaction({ from: ALICE, nonce: 1 }));
    fixture.fund(ALICE, 10n ** 16n);
    fixture.pool.onBlockCommitted([ALICE], NOBODY);
    expect(fixture.pool.status()).toEqual({ pending: 0, queued: 1 });
    fixture.pool.add(testTransaction({ from: ALICE, nonce: 0 }));
    expect(fixture.pool.status()).toEqual({ pending: 2, queued: 0 });
  });

  it('queues again when the head returns to an earlier nonce', () => {
    const fixture = fundedPool();
    fixture.fund(ALICE, 10n ** 18n, 3n);
    fixture.pool.add(testTransaction({ from: ALICE, nonce: 3 }));
    fixture.fund(ALICE, 10n ** 18n, 1n);
    fixture.pool.onStateReplaced();
    expect(fixture.pool.status()).toEqual({ pending: 0, queued: 1 });
  });
});

describe('candidates', () => {
  it('orders by effective tip, then by arrival, and keeps nonces in order', () => {
    const { pool } = fundedPool();
    const order: string[] = [];
    pool.add(testTransaction({ from: ALICE, nonce: 0, feeCap: 50, tipCap: 1 }));
    pool.add(testTransaction({ from: ALICE, nonce: 1, feeCap: 50, tipCap: 40 }));
    pool.add(testTransaction({ from: BOB, nonce: 0, feeCap: 50, tipCap: 1 }));
    pool.add(testTransaction({ from: BOB, nonce: 1, feeCap: 5, tipCap: 5 }));
    const candidates = pool.candidates({ baseFee: 10n });
    for (let current = candidates.current(); current; current = candidates.current()) {
      order.push(`${current.data.from === ALICE ? 'alice' : 'bob'} ${current.data.nonce}`);
      candidates.accept();
    }
    expect(order).toEqual(['alice 0', 'alice 1', 'bob 0']);
  });

  it('proposes nothing twice while blocks are in flight, and again when they are dropped', () => {
    const { pool } = fundedPool();
    for (let nonce = 0; nonce < 3; nonce++) pool.add(testTransaction({ from: ALICE, nonce }));
    const inFlight = pool.candidates({ baseFee: 0n, nonceOf: () => 2n });
    expect(inFlight.current()?.data.nonce).toBe(2n);
    inFlight.accept();
    expect(inFlight.current()).toBeUndefined();
    expect(pool.candidates({ baseFee: 0n, nonceOf: () => 3n }).current()).toBeUndefined();
    expect(pool.candidates({ baseFee: 0n }).current()?.data.nonce).toBe(0n);
  });

  it('leaves out a sender that is skipped or whose transaction is dropped', () => {
    const { pool } = fundedPool();
    pool.add(testTransaction({ from: ALICE, nonce: 0, feeCap: 30 }));
    pool.add(testTransaction({ from: ALICE, nonce: 1, feeCap: 30 }));
    pool.add(testTransaction({ from: BOB, nonce: 0, feeCap: 20 }));
    pool.add(testTransaction({ from: BOB, nonce: 1, feeCap: 20 }));
    const candidates = pool.candidates({ baseFee: 0n });
    const first = candidates.current();
    if (first === undefined) throw new Error('There is no candidate.');
    pool.dropInvalid(first.data.hash, 'sender not an eoa');
    candidates.skipSender();
    expect(candidates.current()?.data.from).toBe(BOB);
    expect(pool.status()).toEqual({ pending: 2, queued: 1 });
  });
});
