/** Random histories of several nodes against one agreed log: whatever happens, their chains are that log. */
import { rmSync } from 'node:fs';
import { RLP } from '@ethereumjs/rlp';
import { type Hash, hashOf, hexOf, keccak256 } from '@praline/chain';
import fc from 'fast-check';
import { decodeCertificate, type Entry, type EntryHash, type EntryId } from 'mokka';
import { describe, expect, it } from 'vitest';
import { encodeBlockPayload } from './block-payload.ts';
import {
  COINBASE,
  certificateFor,
  entryOn,
  Replica,
  ROOT,
  type TestClock,
  testFolder,
} from './replica.test.support.ts';
import { stateDigestOf } from './state-digest.ts';

const NODES = 3;
/** Histories; each takes some 200 ms. */
const RUNS = 25;
/** Place of the time among a header's fields (Yellow Paper 4.3). */
const TIMESTAMP_FIELD = 11;
const START_MS = 1_800_000_000_000;

type Step =
  /** A leader proposes a block (of transactions, or empty) on the end of the log as far as it follows it. */
  | {
      readonly type: 'block';
      readonly node: number;
      readonly transfers: number;
      readonly ms: number;
    }
  /** An entry without a block. */
  | { readonly type: 'bare'; readonly kind: 'term-start' | 'membership' }
  /** A node accepts uncommitted entries, as many as this. */
  | { readonly type: 'accept'; readonly node: number; readonly count: number }
  /** As many uncommitted entries become committed. */
  | { readonly type: 'decide'; readonly count: number }
  /** A node applies committed entries, as many as this. */
  | { readonly type: 'apply'; readonly node: number; readonly count: number }
  /** A new leader drops the uncommitted end of the log; it may propose the same blocks again in entries of its own. */
  | { readonly type: 'elect'; readonly drop: number; readonly again: boolean }
  | { readonly type: 'restart'; readonly node: number; readonly kill: boolean };

const node = fc.nat({ max: NODES - 1 });
const count = fc.integer({ min: 1, max: 4 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record({
        type: fc.constant('block' as const),
        node,
        transfers: fc.nat({ max: 2 }),
        ms: fc.integer({ min: -3000, max: 5000 }),
      }),
      weight: 6,
    },
    {
      arbitrary: fc.record({
        type: fc.constant('bare' as const),
        kind: fc.constantFrom('term-start' as const, 'membership' as const),
      }),
      weight: 1,
    },
    { arbitrary: fc.record({ type: fc.constant('accept' as const), node, count }), weight: 5 },
    { arbitrary: fc.record({ type: fc.constant('decide' as const), count }), weight: 4 },
    { arbitrary: fc.record({ type: fc.constant('apply' as const), node, count }), weight: 5 },
    {
      arbitrary: fc.record({
        type: fc.constant('elect' as const),
        drop: count,
        again: fc.boolean(),
      }),
      weight: 2,
    },
    {
      arbitrary: fc.record({ type: fc.constant('restart' as const), node, kill: fc.boolean() }),
      weight: 1,
    },
  ),
  { minLength: 5, maxLength: 40 },
);

/** A node hears that another entry was committed than the one below its accepted blocks. */
const COMMIT_OF_A_FORK: Step[] = [
  { type: 'block', node: 0, transfers: 1, ms: 0 },
  { type: 'block', node: 0, transfers: 0, ms: 0 },
  { type: 'accept', node: 1, count: 2 },
  { type: 'elect', drop: 2, again: false },
  { type: 'decide', count: 1 },
  { type: 'apply', node: 1, count: 1 },
];

const idOf = ({ index, hash }: EntryId): EntryId => ({ index, hash });

/** The agreed log, and the nodes that follow it. */
class Model {
  readonly nodes: Replica[] = [];
  readonly #clock: TestClock = { unixTime: START_MS, now: 0 };
  readonly #folder = testFolder();
  #log: Entry[] = [];
  #decided = 0;
  /** Entries with blocks, dropped ones included. */
  readonly #blocks = new Set<EntryHash>();
  #term = 1;
  /** What each node accepted above what it applied, and how far it applied. */
  readonly #accepted: EntryId[][] = [];
  readonly #applied: number[] = [];

  async start(): Promise<void> {
    for (let number = 0; number < NODES; number += 1) {
      this.nodes.push(await Replica.create(this.#folder, this.#clock));
      this.#accepted.push([]);
      this.#applied.push(0);
    }
  }

  async run(step: Step): Promise<void> {
    switch (step.type) {
      case 'block':
        await this.#accept(step.node, Number.POSITIVE_INFINITY);
        return await this.#propose(step);
      case 'bare':
        this.#append(
          entryOn(this.#tip, { timestamp: this.#now, kind: step.kind, term: this.#term }),
        );
        return;
      case 'accept':
        return await this.#accept(step.node, step.count);
      case 'decide':
        this.#decided = Math.min(this.#log.length, this.#decided + step.count);
        return;
      case 'apply':
        return await this.#apply(step.node, step.count);
      case 'elect':
        this.#elect(step);
        return;
      case 'restart':
        await this.#restart(step.node, step.kill);
    }
  }

  /** Lets all nodes apply all that is committed, and compares them. */
  async finish(): Promise<void> {
    for (const number of this.nodes.keys()) {
      await this.#apply(number, this.#decided - (this.#applied[number] ?? 0));
      await this.check(number);
    }
    const heads = new Set(this.nodes.map(({ chain }) => chain.head.hash));
    expect(heads.size).toBe(1);
  }

  /** What a node says of itself is what the log says. */
  async check(number: number): Promise<void> {
    const { application, chain } = this.#node(number);
    const applied = this.#applied[number] ?? 0;
    const last = this.#log[applied - 1];
    const blocks = this.#log.slice(0, applied).filter(({ kind }) => kind === 'payload').length;
    const { certificate, ...info } = await application.info();
    expect(info).toEqual({
      applied: last === undefined ? ROOT : idOf(last),
      stateDigest: stateDigestOf(chain.head.hash),
    });
    expect(certificate === null ? null : decodeCertificate(certificate)).toEqual(
      last === undefined ? null : certificateFor(last),
    );
    expect(chain.head.number).toBe(blocks);
    this.#checkTip(number);
    if (last !== undefined) {
      expect(last.stateDigest).toBe(stateDigestOf(chain.head.hash));
    }
  }

  async close(): Promise<void> {
    for (const { chain } of this.nodes) {
      await chain.close();
    }
    rmSync(this.#folder, { recursive: true });
  }

  #node(number: number): Replica {
    const found = this.nodes[number];
    if (found === undefined) {
      throw new Error(`There is no node ${number}`);
    }
    return found;
  }

  get #tip(): EntryId {
    return this.#log.at(-1) ?? ROOT;
  }

  get #now(): number {
    return this.#clock.unixTime;
  }

  /** An entry without a block has its parent's digest. */
  #append(entry: Entry): void {
    const before =
      this.#log.at(-1)?.stateDigest ?? stateDigestOf(this.#node(0).genesis.header.hash);
    if (entry.kind === 'payload') {
      this.#blocks.add(entry.hash);
    }
    this.#log.push(
      entry.kind === 'payload' ? entry : entryOn(this.#tip, { ...entry, stateDigest: before }),
    );
  }

  async #propose({ node: number, transfers, ms }: Step & { type: 'block' }): Promise<void> {
    const leader = this.#node(number);
    this.#clock.unixTime += ms;
    for (let sent = 0; sent < transfers; sent += 1) {
      leader.addTransfer(number);
    }
    if (transfers === 0) {
      leader.producer.force(leader.application.tipNumber);
    }
    const entry = await leader.propose(this.#tip);
    const hasBlockInFlight = this.#accepted[number]?.some(
      ({ index }) => this.#log[index - 1]?.kind === 'payload',
    );
    // An empty block that was asked for has nothing to wait for; transactions wait for the block before.
    const isEmpty = leader.pool.status().pending === 0;
    expect(entry === null).toBe(hasBlockInFlight === true && !isEmpty);
    this.#append(entry ?? (await this.#blockAbove(leader)));
    await this.#accept(number, 1);
  }

  /** Consensus may hold several blocks in flight: one more above the last, which its proposer would not make. */
  async #blockAbove(leader: Replica): Promise<Entry> {
    const below = this.#log.findLast(({ kind }) => kind === 'payload');
    if (below === undefined) {
      throw new Error('no block is in flight');
    }
    const parent = headerOf(below);
    const built = await leader.chain.buildBlock(parent.hash, {
      timestamp: Math.max(parent.timestamp, Math.floor(this.#now / 1000)),
      coinbase: COINBASE,
      extraData: '0x',
      candidates: [],
      maxBytes: 100_000,
      allowEmpty: true,
    });
    if (built.block === null) {
      throw new Error('an empty block was allowed');
    }
    return entryOn(this.#tip, {
      timestamp: this.#now,
      term: this.#term,
      payload: encodeBlockPayload(built.raw),
      stateDigest: stateDigestOf(built.block.header.hash),
    });
  }

  async #accept(number: number, most: number): Promise<void> {
    const { application } = this.#node(number);
    const accepted = this.#accepted[number] ?? [];
    const applied = this.#applied[number] ?? 0;
    const common = accepted.filter(({ index, hash }) => this.#log[index - 1]?.hash === hash);
    if (common.length < accepted.length) {
      await application.rollback(idOf(common.at(-1) ?? this.#log[applied - 1] ?? ROOT));
    }
    this.#accepted[number] = common;
    this.#checkTip(number);
    const from = applied + common.length;
    for (const entry of this.#log.slice(from, from + most)) {
      expect(await application.processProposal(entry)).toEqual({
        accepted: true,
        stateDigest: entry.stateDigest,
      });
      common.push(idOf(entry));
    }
    this.#accepted[number] = common;
  }

  /** Nothing is in flight but what the node accepted and did not drop since. */
  #checkTip(number: number): void {
    const { application, chain } = this.#node(number);
    const inFlight = (this.#accepted[number] ?? []).filter(({ hash }) => this.#blocks.has(hash));
    expect(application.tipNumber).toBe(chain.head.number + inFlight.length);
  }

  async #apply(number: number, most: number): Promise<void> {
    const { application } = this.#node(number);
    const applied = this.#applied[number] ?? 0;
    const entries = this.#log.slice(applied, Math.min(this.#decided, applied + most));
    const last = entries.at(-1);
    if (last === undefined) {
      return;
    }
    const { stateDigest } = await application.commit(entries, certificateFor(last));
    expect(stateDigest).toBe(last.stateDigest);
    const accepted = this.#accepted[number] ?? [];
    const isFork = accepted.some(({ index, hash }) => index === last.index && hash !== last.hash);
    this.#accepted[number] = isFork ? [] : accepted.filter(({ index }) => index > last.index);
    this.#applied[number] = last.index;
  }

  #elect({ drop, again }: Step & { type: 'elect' }): void {
    const dropped = this.#log.splice(Math.max(this.#decided, this.#log.length - drop));
    this.#term += 1;
    this.#append(
      entryOn(this.#tip, { timestamp: this.#now, kind: 'term-start', term: this.#term }),
    );
    for (const entry of again ? dropped : []) {
      this.#append(entryOn(this.#tip, { ...entry, term: this.#term }));
    }
  }

  async #restart(number: number, kill: boolean): Promise<void> {
    const before = this.#node(number);
    this.nodes[number] = kill ? await before.killAndRestart() : await before.restart();
    this.#accepted[number] = [];
  }
}

/** Hash and time of the block in an entry. */
function headerOf({ payload }: Entry): { readonly hash: Hash; readonly timestamp: number } {
  const [header] = RLP.decode(payload.subarray(1)) as unknown as [Uint8Array[]];
  return {
    hash: hashOf(keccak256(RLP.encode(header))),
    timestamp: Number(hexOf(header[TIMESTAMP_FIELD] ?? new Uint8Array())),
  };
}

describe('the chains of several nodes', () => {
  it('are the agreed log, in whatever order its entries are accepted, applied, dropped and read again', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const model = new Model();
        try {
          await model.start();
          for (const step of history) {
            await model.run(step);
            for (const number of model.nodes.keys()) {
              await model.check(number);
            }
          }
          await model.finish();
        } finally {
          await model.close();
        }
      }),
      { numRuns: RUNS, examples: [[COMMIT_OF_A_FORK]] },
    );
  }, 120_000);
});
