/**
 * Generated histories of blocks, edits, snapshots and returns, against a model that copies everything. Batches are
 * committed together, in flight or from their bytes, with restarts between.
 */
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { generateAddress } from '@ethereumjs/util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Chain } from '../chain.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { BlockSequence } from '../execution/block-sequence.ts';
import {
  type Address,
  addressOf,
  blockNumberOf,
  bytesOf,
  type Hash,
  hashOf,
  hexOf,
  slotOf,
} from '../primitives.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import { encodeAccount } from '../state/account-codec.ts';
import type { StateDiff } from '../state/state-diff.ts';
import { readCanonical } from '../store/block-records.ts';
import { rootsInUse } from '../store/development-records.ts';
import { Tables } from '../store/tables.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, testGenesis } from '../testing/test-chain.ts';
import { type Step, steps, Workload } from '../testing/workload.ts';
import type { TransitionToCommit } from '../transition.ts';
import type { DevelopmentOperation } from './operation.ts';

interface PlainAccount {
  nonce: bigint;
  balance: bigint;
  codeHash: Hash;
  slots: Map<Hash, string>;
}
type World = Map<Address, PlainAccount>;

const EMPTY_CODE: Hash = hashOf(keccak256(new Uint8Array(0)));
const ADDRESSES = Array.from({ length: 4 }, (_, number) =>
  addressOf(Buffer.alloc(20, number + 0xa0)),
);

function copyOf(world: World): World {
  return new Map([...world].map(([key, one]) => [key, { ...one, slots: new Map(one.slots) }]));
}

function applyDiff(world: World, diff: StateDiff): void {
  for (const [address, account] of diff.accounts) {
    if (account === null) world.delete(address);
    else {
      const slots = world.get(address)?.slots ?? new Map<Hash, string>();
      world.set(address, { ...account, slots });
    }
  }
  for (const [address, { cleared, slots }] of diff.storage) {
    const account = world.get(address);
    if (account === undefined) continue;
    if (cleared) account.slots.clear();
    for (const [slot, value] of slots) {
      if (value.length === 0) account.slots.delete(slot);
      else account.slots.set(slot, hexOf(value));
    }
  }
}

async function rootOf(world: World): Promise<Hash> {
  const accounts = new MerklePatriciaTrie({ useKeyHashing: true });
  for (const [address, { nonce, balance, codeHash, slots }] of world) {
    const storage = new MerklePatriciaTrie({ useKeyHashing: true });
    for (const [slot, value] of slots) {
      await storage.put(bytesOf(slot), RLP.encode(Buffer.from(value.slice(2), 'hex')));
    }
    const storageRoot = slots.size === 0 ? EMPTY_TRIE_ROOT : hashOf(storage.root());
    const account = { nonce, balance: balance as never, codeHash, storageRoot };
    await accounts.put(bytesOf(address), encodeAccount(account));
  }
  return hashOf(accounts.root());
}

/** Where the model stands, and everything it must be able to return to. */
interface Moment {
  readonly blocks: readonly { readonly hash: Hash; readonly world: World }[];
  readonly world: World;
}

const edit = fc.record({
  kind: fc.constant('edit' as const),
  account: fc.nat(ADDRESSES.length - 1),
  balance: fc.option(fc.bigInt(0n, 3n)),
  nonce: fc.option(fc.bigInt(0n, 2n)),
  hasCode: fc.boolean(),
  slot: fc.nat(2),
  value: fc.option(fc.nat(2)),
});
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('block' as const), steps }) },
  { weight: 3, arbitrary: edit },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('snapshot' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('revert' as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rollback' as const), depth: fc.nat(4) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), isKnown: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never;

class Run {
  readonly #folder = temporaryFolder();
  readonly #genesis = testGenesis();
  #chain!: Chain;
  #tip!: Hash;
  #tipTime = 0;
  #moment!: Moment;
  #committedMoment!: Moment;
  readonly #snapshots: { readonly id: number; readonly moment: Moment }[] = [];
  #pending: { readonly known: TransitionToCommit; readonly fresh: TransitionToCommit }[] = [];
  #requests = 0;
  #seconds = 2_000_000_000;
  /** Follows the same history without any state. */
  #sequence = new BlockSequence(this.#genesis);

  async start(): Promise<void> {
    this.#chain = await Chain.create(this.#folder, this.#genesis);
    const world: World = new Map();
    applyDiff(world, this.#genesis.state);
    this.#moment = { world, blocks: [{ hash: this.#chain.head.hash, world }] };
    this.#committedMoment = this.#moment;
    this.#tip = this.#chain.position.id;
    this.#tipTime = this.#chain.head.timestamp;
  }

  async do(one: Action): Promise<void> {
    this.#seconds += 1;
    switch (one.kind) {
      case 'block':
        return this.#block(one.steps);
      case 'edit':
        return this.#edit(one);
      case 'snapshot': {
        const outcome = await this.#operate({ kind: 'snapshot' });
        this.#snapshots.push({ id: Number(outcome), moment: this.#moment });
        return;
      }
      case 'revert': {
        const at = this.#snapshots.length - 1 - one.back;
        const found = this.#snapshots[at];
        const outcome = await this.#operate({ kind: 'revert', snapshot: found?.id ?? 999 });
        expect(outcome).toBe(found !== undefined);
        if (found === undefined) return;
        this.#snapshots.splice(at);
        this.#moment = found.moment;
        return;
      }
      case 'reset': {
        await this.#operate({ kind: 'reset' });
        this.#snapshots.length = 0;
        const [genesis] = this.#moment.blocks;
        if (genesis === undefined) throw new Error('no genesis');
        const world: World = new Map();
        applyDiff(world, this.#genesis.state);
        this.#moment = { world, blocks: [{ hash: genesis.hash, world }] };
        return;
      }
      case 'rollback':
        return this.#rollback(one.depth);
      case 'commit':
        return this.commit(one.isKnown);
      case 'restart':
        await this.commit(true);
        await this.#chain.close();
        this.#chain = await Chain.open(this.#folder, this.#genesis);
        expect(this.#chain.position.id).toBe(this.#tip);
    }
  }

  async #rollback(depth: number): Promise<void> {
    const { blocks } = this.#moment;
    const left = blocks.slice(0, Math.max(0, blocks.length - depth));
    const head = left.at(-1);
    if (head === undefined) {
      const refused = this.#operate({ kind: 'rollback', depth });
      await expect(refused).rejects.toMatchObject({ code: 'invalid-request' });
      return;
    }
    await this.#operate({ kind: 'rollback', depth });
    this.#moment = { world: head.world, blocks: left };
    const gone = this.#snapshots.findIndex(({ moment }) => moment.blocks.length > left.length);
    if (gone >= 0) this.#snapshots.splice(gone);
  }

  async #block(work: readonly Step[]): Promise<void> {
    const workload = new Workload((from, nonce) =>
      addressOf(generateAddress(bytesOf(from), bigintToBytes(nonce))),
    );
    this.#tipTime += 1;
    // The workload counts nonces from 0; candidates whose nonces do not fit here are refused, which is no matter.
    const transactions = work.map((step) => workload.sign(step));
    const built = await build(this.#chain, transactions, this.#tip, this.#tipTime);
    const world = copyOf(this.#moment.world);
    applyDiff(world, built.state);
    const block = { hash: built.block.header.hash, world };
    this.#moment = { world, blocks: [...this.#moment.blocks, block] };
    this.#tip = built.position.id;
    this.#sequence.append(built.raw, this.#tipTime);
    expect(this.#sequence.position?.id).toBe(this.#tip);
    this.#pending.push({ known: { hash: this.#tip }, fresh: { raw: built.raw } });
  }

  async #edit(one: Extract<Action, { kind: 'edit' }>): Promise<void> {
    const address = ADDRESSES[one.account] as Address;
    const slot = slotOf(BigInt(one.slot));
    const code = one.hasCode ? Uint8Array.of(0x60, one.account) : null;
    await this.#operate({
      kind: 'edit',
      accounts: [
        {
          address,
          balance: one.balance,
          addedBalance: one.balance === null ? 1n : 0n,
          nonce: one.nonce,
          code,
          slots: one.value === null ? [] : [{ slot, value: slotOf(BigInt(one.value)) }],
        },
      ],
    });
    const world = copyOf(this.#moment.world);
    const none = { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE, slots: new Map() };
    const account = world.get(address) ?? none;
    account.balance = one.balance ?? account.balance + 1n;
    account.nonce = one.nonce ?? account.nonce;
    if (code !== null) account.codeHash = hashOf(keccak256(code));
    if (one.value === 0) account.slots.delete(slot);
    else if (one.value !== null) account.slots.set(slot, hexOf(bigintToBytes(BigInt(one.value))));
    world.set(address, account);
    const isEmpty = account.nonce === 0n && account.balance === 0n;
    if (isEmpty && account.codeHash === EMPTY_CODE && account.slots.size === 0)
      world.delete(address);
    const blocks = this.#moment.blocks.slice(0, -1);
    const head = this.#moment.blocks.at(-1);
    if (head === undefined) throw new Error('no head');
    this.#moment = { world, blocks: [...blocks, { hash: head.hash, world }] };
  }

  async #operate(operation: DevelopmentOperation) {
    this.#requests += 1;
    const id = Buffer.alloc(16);
    id.writeUInt32BE(this.#requests);
    const request = { id, operation };
    const placed = await this.#chain.applyOperation(request, this.#tip, this.#seconds);
    this.#tip = placed.position.id;
    this.#sequence.apply(placed.agreed, this.#seconds);
    expect(this.#sequence.position?.id).toBe(this.#tip);
    const fresh = { operation: placed.agreed, agreedSeconds: this.#seconds };
    this.#pending.push({ known: { hash: this.#tip }, fresh });
    return placed.outcome;
  }

  async commit(isKnown: boolean): Promise<void> {
    if (!isKnown) await this.#chain.retainInFlight(new Set());
    await this.#chain.commit(
      this.#pending.map(({ known, fresh }) => (isKnown ? known : fresh)),
      Uint8Array.of(1),
    );
    this.#pending = [];
    this.#committedMoment = this.#moment;
    expect(this.#chain.position.id).toBe(this.#tip);
    await this.check();
  }

  async check(): Promise<void> {
    const { blocks, world } = this.#committedMoment;
    expect(this.#chain.position.stateRoot).toBe(await rootOf(world));
    expect(this.#chain.head.hash).toBe(blocks.at(-1)?.hash);
    const reader = new StoredChainReader(this.#folder, this.#genesis);
    const tables = new Tables(this.#folder, { readOnly: true });
    try {
      expect(readCanonical(tables, blockNumberOf(blocks.length))).toBeUndefined();
      for (const [number, block] of blocks.entries()) {
        const selector = { number: blockNumberOf(number) };
        expect(reader.header(selector)?.hash).toBe(block.hash);
        for (const address of [...ADDRESSES, ...block.world.keys()]) {
          const { nonce, balance } = reader.account(address, selector);
          const expected = block.world.get(address);
          expect({ nonce, balance }).toEqual({
            nonce: expected?.nonce ?? 0n,
            balance: expected?.balance ?? 0n,
          });
          for (const slot of [0n, 1n, 2n]) {
            const value = expected?.slots.get(slotOf(slot)) ?? '0x0';
            expect(BigInt(reader.storage(address, slot, selector))).toBe(BigInt(value));
          }
        }
        for (const { hash } of reader.block(selector)?.transactions ?? []) {
          expect(reader.transaction(hash)?.block.hash).toBe(block.hash);
        }
      }
      const roots = rootsInUse(tables);
      for (const { moment } of this.#snapshots) expect(roots).toContain(await rootOf(moment.world));
    } finally {
      await reader.close();
      await tables.close();
    }
  }

  async end(): Promise<void> {
    await this.commit(true);
    await this.#chain.close();
  }
}

describe('development operations', () => {
  it('keep state, history and chain as a model that copies everything has them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 24 }), async (actions) => {
        const run = new Run();
        await run.start();
        for (const one of actions) await run.do(one);
        await run.end();
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
