/** Development operations as entries of a log that several replicas apply, and that is verified afterwards. */
import type { Address, DevelopmentOperation } from '@praline/chain';
import type { Entry, EntryId } from 'mokka';
import { describe, expect, it } from 'vitest';
import type { RequestId } from '../gossip/peer-message.ts';
import { BlockChecker } from '../verification/block-checker.ts';
import { LogInvalidError } from '../verification/log-invalid-error.ts';
import {
  addressOf,
  certificateFor,
  entryOn,
  Replica,
  ROOT,
  testFolder,
} from './replica.test.support.ts';

const RICH = `0x${'ee'.repeat(20)}` as Address;
const clock = () => ({ unixTime: 1_800_000_000_000, now: 0 });

function setBalance(balance: bigint): DevelopmentOperation {
  const edit = { address: RICH, balance, addedBalance: 0n, nonce: null, code: null, slots: [] };
  return { kind: 'edit', accounts: [edit] };
}

/** A leader and a follower with the log they agree on. */
class Pair {
  readonly log: Entry[] = [];
  tip: EntryId = ROOT;
  #requests = 0;
  readonly leader: Replica;
  follower: Replica;

  constructor(leader: Replica, follower: Replica) {
    this.leader = leader;
    this.follower = follower;
  }

  static async start(): Promise<Pair> {
    const folder = testFolder();
    const time = clock();
    return new Pair(await Replica.create(folder, time), await Replica.create(folder, time));
  }

  request(operation: DevelopmentOperation): Promise<void> {
    this.#requests += 1;
    const requestId = this.#requests.toString(16).padStart(32, '0') as RequestId;
    return this.leader.operations.add(requestId, operation);
  }

  /** Proposes what is wanted; the follower votes for it and applies it, as the leader does. */
  async step(): Promise<Entry> {
    const entry = await this.leader.propose(this.tip);
    if (entry === null) throw new Error('nothing to propose');
    const stateDigest = (await this.leader.application.info()).stateDigest;
    const agreed = entryOn(this.tip, { ...entry, stateDigest });
    for (const { application } of [this.leader, this.follower]) {
      expect(await application.processProposal(agreed)).toMatchObject({ accepted: true });
      await application.commit([agreed], certificateFor(agreed));
    }
    this.tip = { index: agreed.index, hash: agreed.hash };
    this.log.push(agreed);
    expect(this.follower.chain.position.id).toBe(this.leader.chain.position.id);
    return agreed;
  }

  async do(operation: DevelopmentOperation): Promise<unknown> {
    const done = this.request(operation);
    await this.step();
    await done;
    return this.follower.applied.at(-1)?.outcome;
  }

  async transfer(): Promise<void> {
    this.leader.addTransfer();
    await this.step();
  }
}

function balanceOf({ chain }: Replica, address: Address): bigint | undefined {
  return chain.stateAfter(chain.position.id)?.getAccount(address)?.balance;
}

describe('development operations', () => {
  it('are the same on all replicas, survive a restart, and are verified with the log', async () => {
    const pair = await Pair.start();
    await pair.transfer();
    const before = pair.leader.chain.head.hash;
    expect(await pair.do({ kind: 'snapshot' })).toBe(1);
    await pair.do(setBalance(7n));
    await pair.transfer();
    await pair.transfer();
    expect(balanceOf(pair.follower, RICH)).toBe(7n);
    pair.follower = await pair.follower.restart();
    expect(await pair.do({ kind: 'revert', snapshot: 1 })).toBe(true);
    expect(pair.follower.chain.head).toMatchObject({ number: 1, hash: before });
    expect(pair.follower.applied.at(-1)?.abandoned.map(({ number }) => number)).toEqual([3, 2]);
    expect(balanceOf(pair.follower, RICH)).toBeUndefined();
    expect(pair.leader.pool.status().pending).toBe(0);
    await pair.do({ kind: 'set-next-timestamp', timestamp: 1_900_000_000 });
    await pair.do({ kind: 'set-next-base-fee', fee: 77n });
    await pair.transfer();
    expect(pair.follower.chain.head).toMatchObject({
      number: 2,
      timestamp: 1_900_000_000,
      baseFeePerGas: 77n,
    });
    const checker = new BlockChecker(pair.leader.genesis, true);
    for (const entry of pair.log) checker.add(entry);
    expect(checker.head?.hash).toBe(pair.leader.chain.head.hash);
    expect(checker.operations).toBe(5);
  });

  it('are replayed in one commit by a node that was away, or one entry at a time after a kill', async () => {
    const pair = await Pair.start();
    await pair.do({ kind: 'snapshot' });
    await pair.transfer();
    await pair.do(setBalance(5n));
    await pair.do({ kind: 'snapshot' });
    await pair.transfer();
    await pair.do({ kind: 'revert', snapshot: 2 });
    await pair.transfer();
    const last = pair.log.at(-1);
    if (last === undefined) throw new Error('no log');
    const away = await Replica.create(testFolder(), clock());
    await away.application.commit(pair.log, certificateFor(last));
    expect(away.chain.position.id).toBe(pair.leader.chain.position.id);
    expect(balanceOf(away, RICH)).toBe(5n);
    let killed = await Replica.create(testFolder(), clock());
    for (const entry of pair.log) {
      await killed.application.commit([entry], certificateFor(entry));
      killed = await killed.killAndRestart();
    }
    expect(killed.chain.position.id).toBe(pair.leader.chain.position.id);
    await killed.chain.close();
  });

  it('are refused to the client when they are not possible, and leave nothing in the log', async () => {
    const pair = await Pair.start();
    await pair.transfer();
    const refused = pair.request({ kind: 'set-next-timestamp', timestamp: 5 });
    const outcome = expect(refused).rejects.toMatchObject({ code: 'invalid-request' });
    expect(await pair.leader.propose(pair.tip)).toBeNull();
    await outcome;
  });

  it('are applied once when their request comes again', async () => {
    const pair = await Pair.start();
    const id = 'ab'.repeat(16) as RequestId;
    const once = pair.leader.operations.add(id, { kind: 'snapshot' });
    const again = pair.leader.operations.add(id, { kind: 'snapshot' });
    await pair.step();
    await Promise.all([once, again]);
    const late = pair.leader.operations.add(id, { kind: 'snapshot' });
    expect(await pair.leader.propose(pair.tip)).toBeNull();
    await late;
    expect(pair.leader.chain.position.development.snapshots).toHaveLength(1);
  });

  it('are voted against when the state they claim is not what they give', async () => {
    const pair = await Pair.start();
    await pair.do({ kind: 'snapshot' });
    void pair.request(setBalance(1n));
    const honest = await pair.leader.propose(pair.tip);
    if (honest === null) throw new Error('nothing to propose');
    expect(await pair.follower.application.processProposal(honest)).toMatchObject({
      accepted: true,
    });
    const payload = Uint8Array.from(honest.payload);
    // Somewhere in the claimed root, which follows the request's id.
    payload[30] = (payload[30] ?? 0) ^ 1;
    const lie = entryOn(pair.tip, { ...honest, payload });
    expect(await pair.follower.application.processProposal(lie)).toMatchObject({
      accepted: false,
    });
    // The honest one is still there to be committed.
    await pair.follower.application.commit([honest], certificateFor(honest));
    expect(balanceOf(pair.follower, RICH)).toBe(1n);
  });

  it('can not be forged in a log: a return to a snapshot that claims another state is found', async () => {
    const pair = await Pair.start();
    await pair.do({ kind: 'snapshot' });
    await pair.transfer();
    await pair.do({ kind: 'revert', snapshot: 1 });
    const [snapshot, block, revert] = pair.log;
    if (snapshot === undefined || block === undefined || revert === undefined) throw new Error();
    const payload = Uint8Array.from(revert.payload);
    payload[30] = (payload[30] ?? 0) ^ 1;
    const checker = new BlockChecker(pair.leader.genesis, true);
    checker.add(snapshot);
    checker.add(block);
    const forged = entryOn(block, { ...revert, payload });
    expect(() => checker.add(forged)).toThrow(LogInvalidError);
  });

  it('let the clock of later blocks run from where a snapshot was taken', async () => {
    const pair = await Pair.start();
    expect(await pair.do({ kind: 'increase-time', seconds: 3600 })).toBe(3600);
    await pair.transfer();
    const ahead = pair.leader.chain.head.timestamp;
    expect(ahead).toBe(1_800_000_000 + 3600);
    await pair.do({ kind: 'snapshot' });
    await pair.do({ kind: 'increase-time', seconds: 100 });
    await pair.do({ kind: 'revert', snapshot: 1 });
    await pair.transfer();
    expect(pair.leader.chain.head.timestamp).toBe(ahead);
  });

  it('switch automatic mining off and on', async () => {
    const pair = await Pair.start();
    await pair.do({ kind: 'set-mining', automine: false, intervalMs: 0 });
    pair.leader.addTransfer();
    expect(await pair.leader.propose(pair.tip)).toBeNull();
    await pair.do({ kind: 'set-mining', automine: true, intervalMs: 0 });
    await pair.step();
    expect(pair.leader.chain.head.number).toBe(1);
    expect(addressOf(0)).toBe(pair.leader.blocks.at(-1)?.block.transactions[0]?.from);
  });
});
