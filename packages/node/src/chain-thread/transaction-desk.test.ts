import type { CallRequest, Hash, Wei } from '@praline/chain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GossipedTransaction, RequestId } from '../gossip/peer-message.ts';
import { MAX_RAW_TRANSACTION_BYTES } from '../gossip/peer-message-codec.ts';
import type { DroppedTransaction } from '../threads/thread-contracts.ts';
import {
  ACCOUNTS,
  addressOf,
  Replica,
  ROOT,
  type TestClock,
  testFolder,
  transfer,
} from './replica.test.support.ts';
import { TransactionDesk } from './transaction-desk.ts';

const START_MS = 1_800_000_000_000;
const GENEROUS_WEI = 10_000_000_000n as Wei;

/** A node's desk, and what it told. */
class TestDesk {
  readonly replica: Replica;
  readonly desk: TransactionDesk;
  readonly accepted: GossipedTransaction[] = [];
  readonly pending: Hash[] = [];
  readonly dropped: DroppedTransaction[] = [];
  proposable = 0;

  constructor(replica: Replica) {
    this.replica = replica;
    this.desk = new TransactionDesk(
      { chainId: replica.genesis.chainId, accounts: ACCOUNTS },
      {
        pool: replica.pool,
        held: replica.held,
        events: {
          accepted: (transaction) => void this.accepted.push(transaction),
          pending: ({ hash }) => void this.pending.push(hash),
          dropped: (drop) => void this.dropped.push(drop),
          proposable: () => {
            this.proposable += 1;
          },
        },
      },
    );
  }

  static async start(clock: TestClock = { unixTime: START_MS, now: 0 }): Promise<TestDesk> {
    return new TestDesk(await Replica.create(testFolder(), clock));
  }

  get nonces(): bigint[] {
    return this.replica.pool.transactions().map(({ data }) => data.nonce);
  }
}

let requests = 0;
function nextId(): RequestId {
  requests += 1;
  return requests.toString(16).padStart(32, '0') as RequestId;
}

function request(sender = 0, more: Partial<CallRequest> = {}): CallRequest {
  return {
    from: addressOf(sender),
    to: addressOf(9),
    value: 1n as Wei,
    gas: 21_000n,
    maxFeePerGas: GENEROUS_WEI,
    maxPriorityFeePerGas: 1_000_000_000n as Wei,
    ...more,
  };
}

describe('signing at the leader', () => {
  it('gives requests that come together the next nonces of their accounts, in order', async () => {
    const leader = await TestDesk.start();
    for (const sender of [0, 1, 0, 0, 1]) leader.desk.sign(nextId(), request(sender));
    expect(leader.nonces).toEqual([0n, 0n, 1n, 2n, 1n]);
    expect(leader.replica.pool.status()).toEqual({ pending: 5, queued: 0 });
  });

  it('has nothing mined before the node that asked knows its hash', async () => {
    const leader = await TestDesk.start();
    const requestId = nextId();
    const raw = leader.desk.sign(requestId, request());
    expect(await leader.replica.propose(ROOT)).toBeNull();
    const before = leader.proposable;
    leader.desk.receive([{ raw, requestId }]);
    expect(leader.proposable).toBeGreaterThan(before);
    expect(await leader.replica.propose(ROOT)).not.toBeNull();
  });

  it('goes on at the next leader with the very transaction, when the first is gone', async () => {
    const [first, asker, next] = [
      await TestDesk.start(),
      await TestDesk.start(),
      await TestDesk.start(),
    ];
    const requestId = nextId();
    const raw = first.desk.sign(requestId, request());
    const { hash } = asker.desk.submit(raw, requestId);
    expect(asker.accepted).toEqual([{ raw, requestId }]);
    next.desk.receive(asker.accepted);
    // The next leader counts it: a further request of the account comes after it.
    next.desk.receive([{ raw: next.desk.sign(nextId(), request()), requestId: null }]);
    expect(next.nonces).toEqual([0n, 1n]);
    await next.replica.step(ROOT);
    const [block] = next.replica.blocks;
    expect(block?.block.transactions[0]?.hash).toBe(hash);
    expect(next.replica.chain.head.number).toBe(1);
  });

  it('refuses what it can not sign or pay, and uses up no nonce', async () => {
    const leader = await TestDesk.start();
    const stranger = `0x${'12'.repeat(20)}` as const;
    const refused: [Partial<CallRequest>, string][] = [
      [{ from: stranger as CallRequest['from'] & string }, 'unknown-account'],
      [{ value: (10n ** 30n) as Wei }, 'insufficient-funds'],
      [{ gas: 20_999n }, 'intrinsic-gas-too-low'],
      [{ gas: 31_000_000n }, 'transaction-gas-limit-too-high'],
    ];
    for (const [more, code] of refused) {
      expect(() => leader.desk.sign(nextId(), request(0, more))).toThrow(
        expect.objectContaining({ code }),
      );
    }
    expect(leader.replica.pool.status()).toEqual({ pending: 0, queued: 0 });
    leader.desk.sign(nextId(), request());
    expect(leader.nonces).toEqual([0n]);
  });

  it('keeps holding a transaction when another request asks for the same once more', async () => {
    const leader = await TestDesk.start();
    const same = request(0, { nonce: 0n });
    leader.desk.sign(nextId(), same);
    expect(() => leader.desk.sign(nextId(), same)).toThrow(
      expect.objectContaining({ code: 'already-known' }),
    );
    expect((await leader.replica.propose(ROOT)) === null).toBe(true);
  });

  it('refuses what is too long for other nodes to take', async () => {
    const leader = await TestDesk.start();
    const input = `0x${'00'.repeat(MAX_RAW_TRANSACTION_BYTES - 60)}` as const;
    expect(() => leader.desk.sign(nextId(), request(0, { input, gas: 15_000_000n }))).toThrow(
      expect.objectContaining({ code: 'oversized-transaction' }),
    );
    expect(leader.replica.pool.status()).toEqual({ pending: 0, queued: 0 });
  });
});

describe('what clients submit', () => {
  it('goes to all nodes and is known when it comes again', async () => {
    const node = await TestDesk.start();
    const { raw } = transfer(0, 0n);
    expect(node.desk.submit(raw, null).place).toBe('executable');
    expect(node.accepted).toHaveLength(1);
    expect(() => node.desk.submit(raw, null)).toThrow(
      expect.objectContaining({ code: 'already-known' }),
    );
    expect(node.accepted).toHaveLength(1);
  });

  it('is queued behind a gap, and reported pending in order when the gap closes', async () => {
    const node = await TestDesk.start();
    const [first, second, third] = [0n, 1n, 2n].map((nonce) => transfer(0, nonce));
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    expect(node.desk.submit(third.raw, null).place).toBe('queued');
    expect(node.desk.submit(second.raw, null).place).toBe('queued');
    expect(node.pending).toEqual([]);
    node.desk.submit(first.raw, null);
    expect(node.pending).toEqual([first, second, third].map(({ data }) => data.hash));
  });

  it('is reported dropped, with the reason, when another takes its nonce in the pool or in a block', async () => {
    const node = await TestDesk.start();
    const cheap = transfer(0, 0n, 5_000_000_000n);
    const dear = transfer(0, 0n, 50_000_000_000n);
    node.desk.submit(cheap.raw, null);
    // The tip of both is the same, so the second is no replacement.
    expect(() => node.desk.submit(dear.raw, null)).toThrow(
      expect.objectContaining({ code: 'replacement-underpriced' }),
    );
    const other = await TestDesk.start();
    other.desk.submit(dear.raw, null);
    const entry = await other.replica.step(ROOT);
    if (entry === null) throw new Error('a transaction waits');
    await node.replica.application.processProposal(entry);
    const { hash, term, index, epoch } = entry;
    const certificate = { phase: 'commit', epoch, term, index, hash, votes: [] } as const;
    await node.replica.application.commit([entry], certificate);
    expect(node.dropped).toMatchObject([{ hash: cheap.data.hash, code: 'nonce-too-low' }]);
  });
});

describe('what other nodes send', () => {
  it('is taken or passed over without an error, whatever it is', async () => {
    const node = await TestDesk.start();
    const valid = transfer(0, 0n).raw;
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.uint8Array({ minLength: 1, maxLength: 100 }).map((rest) => Uint8Array.of(2, ...rest)),
      fc
        .record({ at: fc.nat({ max: valid.length - 1 }), change: fc.integer({ min: 1, max: 255 }) })
        .map(({ at, change }) => valid.map((byte, i) => (i === at ? byte ^ change : byte))),
      fc.nat({ max: valid.length - 1 }).map((length) => valid.subarray(0, length)),
      fc.nat({ max: 5 }).map((nonce) => transfer(1, BigInt(nonce)).raw),
    );
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 10 }), (raws) => {
        node.desk.receive(raws.map((raw) => ({ raw, requestId: null })));
      }),
      { numRuns: 300 },
    );
    node.desk.receive([{ raw: valid, requestId: null }]);
    expect(node.replica.pool.get(transfer(0, 0n).data.hash)).toBeDefined();
    // Only what clients of this node gave goes on from here.
    expect(node.accepted).toEqual([]);
  });

  it('keeps the request it answers, so that a later leader can tell', async () => {
    const [node, later] = [await TestDesk.start(), await TestDesk.start()];
    const requestId = nextId();
    node.desk.receive([{ raw: transfer(0, 0n).raw, requestId }]);
    later.desk.receive(node.desk.pooledForGossip(10_000));
    expect(later.desk.pooledForGossip(10_000)).toMatchObject([{ requestId }]);
    await later.replica.step(ROOT);
    expect(later.desk.pooledForGossip(10_000)).toEqual([]);
  });
});
