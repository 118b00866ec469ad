/**
 * The chain's only writer: executes blocks on top of each other, keeps them in flight, and commits what consensus has
 * decided. Operations run one after the other. After a failed write or damaged data nothing more is done.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { BlockData, HeaderData, ReceiptData } from './block/block-data.ts';
import { InvalidBlockError } from './block/invalid-block-error.ts';
import { receiptsData } from './block/receipt-data.ts';
import { BlocksInFlight } from './blocks-in-flight.ts';
import { ChainError } from './errors.ts';
import { parseBlock } from './execution/block-body.ts';
import type { ParentContext } from './execution/block-run.ts';
import {
  type BuildRequest,
  type BuildResult,
  buildBlock,
  type ExecutedBlock,
} from './execution/build-block.ts';
import { checkBlock, type KnownTransaction } from './execution/check-block.ts';
import { blobBaseFee } from './execution/fee-rules.ts';
import { ForkEvms } from './execution/fork-evm.ts';
import type { BlockOrigin } from './execution/header-rules.ts';
import type { Genesis } from './genesis/genesis.ts';
import { type Address, blockNumberOf, bytesOf, type Hash } from './primitives.ts';
import { writeSnapshot } from './snapshot/install-snapshot.ts';
import { snapshotFailed } from './snapshot/snapshot-error.ts';
import { type PositionOf, SnapshotMaker } from './snapshot/snapshot-maker.ts';
import { SnapshotRestore } from './snapshot/snapshot-restore.ts';
import { TimeSlices } from './snapshot/time-slices.ts';
import { CommittedState } from './state/committed-state.ts';
import type { State } from './state/layered-state.ts';
import { type StateHistory, StatePruner } from './state/state-pruner.ts';
import { readCanonical } from './store/block-records.ts';
import { removeStaleState } from './store/flat-generation.ts';
import { metaKey } from './store/schema.ts';
import { initialiseStore, openStore } from './store/store-identity.ts';
import { Tables, type TableWriter } from './store/tables.ts';
import { type BlockWithReceipts, writeBlock } from './store/write-block.ts';
import { NodeReader } from './trie/node-source.ts';

/** A block to commit: its bytes, or its hash when it is in flight. */
export type BlockToCommit = { readonly raw: Uint8Array } | { readonly hash: Hash };

/** What subscribers and the mempool need of a block that is now final. */
export interface CommittedBlock {
  readonly block: BlockData;
  readonly receipts: readonly ReceiptData[];
  /** Accounts whose nonce or balance may differ from before the block. */
  readonly touched: readonly Address[];
}

export interface ChainOptions {
  /** Default `network`; `import` accepts blocks that other networks made. */
  readonly origin?: BlockOrigin;
  /** Transactions already decoded, as in a pool: spares a block's check their signature recovery. */
  readonly knownTransaction?: KnownTransaction;
  /** How many blocks' states are kept for queries and proofs; the others are removed. Default: all. */
  readonly stateHistory?: StateHistory;
}

/** Beside the environment, in the chain's folder. */
const SNAPSHOTS_FOLDER = 'snapshots';
const RESTORE_FOLDER = 'restore';
/** Values of a replaced state that are removed in one transaction, so that nothing waits for it for long. */
const STALE_VALUES_PER_STEP = 1_000;

export class Chain {
  /** A snapshot that is being taken; `finishRestore` makes it the head. */
  readonly restore: SnapshotRestore;
  readonly #directory: string;
  readonly #tables: Tables;
  readonly #genesis: Genesis;
  readonly #evms: ForkEvms;
  readonly #origin: BlockOrigin;
  readonly #known: KnownTransaction;
  readonly #inFlight = new BlocksInFlight();
  readonly #committed: CommittedState;
  /** The state whose nodes the reader reads now; what it caches is right for any. */
  #nodesOf: State;
  readonly #nodes: NodeReader;
  #head: HeaderData;
  #marker: Uint8Array | null;
  #queue: Promise<unknown> = Promise.resolve();
  #failure: ChainError | undefined;
  /** Aborted when the chain closes: ends what takes long. */
  readonly #closing = new AbortController();
  #maker: SnapshotMaker | undefined;
  readonly #pruner: StatePruner | undefined;

  private constructor(
    directory: string,
    tables: Tables,
    genesis: Genesis,
    head: HeaderData,
    marker: Uint8Array | null,
    options: ChainOptions,
  ) {
    this.#directory = directory;
    this.#tables = tables;
    this.#genesis = genesis;
    this.restore = new SnapshotRestore(join(directory, RESTORE_FOLDER), this.#closing.signal);
    this.#evms = new ForkEvms(genesis.common, genesis.depositContract);
    this.#origin = options.origin ?? 'network';
    this.#known = options.knownTransaction ?? (() => undefined);
    this.#committed = new CommittedState(tables);
    this.#nodesOf = this.#committed;
    this.#nodes = new NodeReader({ getNode: (hash) => this.#nodesOf.getNode(hash) });
    this.#head = head;
    this.#marker = marker;
    const { stateHistory } = options;
    this.#pruner =
      stateHistory &&
      new StatePruner(tables, stateHistory, (run) => this.#exclusively(run), this.#closing.signal);
    this.#pruner?.headIs(head.number);
  }

  /** Starts a chain in a folder without one. Throws `ChainError` `chain-exists`. */
  static async create(directory: string, genesis: Genesis, options: ChainOptions = {}) {
    const tables = new Tables(directory, { readOnly: false });
    try {
      await initialiseStore(tables, genesis);
      return new Chain(directory, tables, genesis, genesis.header, null, options);
    } catch (error) {
      await tables.close();
      throw error;
    }
  }

  /**
   * Continues a chain. Throws `ChainError`: `no-chain`, `genesis-mismatch`, `unsupported-format`, or `corrupt-store`
   * when the head's data is missing.
   */
  static async open(directory: string, genesis: Genesis, options: ChainOptions = {}) {
    Tables.requireExisting(directory);
    const tables = new Tables(directory, { readOnly: false });
    try {
      const { head, marker } = openStore(tables, genesis);
      const chain = new Chain(directory, tables, genesis, head, marker, options);
      void chain.#removeStaleState();
      return chain;
    } catch (error) {
      await tables.close();
      throw error;
    }
  }

  /** The last committed block. */
  get head(): HeaderData {
    return this.#head;
  }

  /** Opaque bytes of consensus, stored with the last commit. */
  get marker(): Uint8Array | null {
    return this.#marker;
  }

  /** State after a block that is in flight or the head; undefined otherwise. Valid until the next commit. */
  stateAfter(hash: Hash): State | undefined {
    if (hash === this.#head.hash) return this.#committed;
    return this.#inFlight.get(hash)?.state;
  }

  /**
   * Builds a block on `parent` (the head or in flight) and keeps it in flight. Throws `ChainError` `unknown-block` when
   * the parent is neither.
   */
  buildBlock(parent: Hash, request: BuildRequest): Promise<BuildResult> {
    return this.#exclusively(async () => {
      const context = this.#contextOf(parent);
      const built = await this.#build(context, request);
      if (built.block !== null) this.#keep(built, context.state);
      return built;
    });
  }

  /** As `buildBlock` on the head, to see what would come of it: nothing is kept. */
  tryBlock(request: BuildRequest): Promise<BuildResult> {
    return this.#exclusively(() => this.#build(this.#contextOf(this.#head.hash), request));
  }

  /**
   * Checks a block by executing it on its parent (the head or in flight) and keeps it in flight. Throws
   * `InvalidBlockError`, with fault `unknown-parent` when it does not name `parent`; `unknown-block` when `parent` is
   * neither.
   */
  executeBlock(raw: Uint8Array, parent: Hash): Promise<ExecutedBlock> {
    return this.#exclusively(() => this.#execute(raw, parent));
  }

  /**
   * Makes blocks final, in order from the head on, and stores `marker` with them: one atomic transaction that is on
   * disk when this resolves. Without blocks only the marker is stored. Blocks that are not in flight are executed.
   */
  commit(blocks: readonly BlockToCommit[], marker: Uint8Array): Promise<CommittedBlock[]> {
    return this.#exclusively(async () => {
      const executed = await this.#resolve(blocks);
      const last = executed.at(-1)?.block.header ?? this.#head;
      for (const { state } of executed) this.#pruner?.written(state.nodes.keys());
      await this.#write(executed, last, marker);
      this.#pruner?.headIs(last.number);
      const committed: CommittedBlock[] = [];
      for (const one of executed) {
        committed.push(await this.#describe(one, one.state.accounts.keys()));
      }
      return committed;
    });
  }

  /** Forgets blocks in flight that neither are `keep` nor descend from it. */
  dropInFlight(keep: Hash): Promise<void> {
    return this.#exclusively(async () => {
      this.#inFlight.keepOnly(keep);
    });
  }

  /** Forgets all blocks in flight but these: what consensus has rolled back. Parents of those kept must be among them. */
  retainInFlight(hashes: ReadonlySet<Hash>): Promise<void> {
    return this.#exclusively(async () => {
      this.#inFlight.retain(hashes);
    });
  }

  /** Offers snapshots of this chain. `positionOf` reads the markers that commits were given. Once for a chain. */
  offerSnapshots(positionOf: PositionOf): SnapshotMaker {
    const folder = join(this.#directory, SNAPSHOTS_FOLDER);
    this.#maker = new SnapshotMaker(this.#tables, folder, positionOf, this.#closing.signal);
    return this.#maker;
  }

  /**
   * All chunks of the snapshot that is being taken are here: proves it, makes its block the head with `marker` in one
   * transaction that is on disk when this resolves, and drops all blocks in flight. Throws with the old head unchanged:
   * `invalid-snapshot`, `invalid-request` when a chunk is not here (any more), `snapshot-failed`.
   */
  finishRestore(marker: Uint8Array): Promise<CommittedBlock> {
    return this.#exclusively(async () => {
      this.#pruner?.replaced();
      const written = await writeSnapshot(this.#tables, {
        restore: this.restore,
        genesis: this.#genesis,
        head: this.#head,
        marker,
        slices: new TimeSlices(this.#closing.signal),
      }).catch((error: unknown) => {
        throw snapshotFailed('a snapshot could not be taken', error);
      });
      await this.#writeHead(written.head, marker, (writer) => written.complete(writer));
      this.#inFlight.retain(new Set());
      this.#committed.replaced();
      // One may have begun meanwhile, with the old head.
      this.#pruner?.replaced();
      // What can not be removed now is when the next snapshot is taken.
      await this.restore.abandon().catch(() => undefined);
      void this.#removeStaleState();
      return this.#describe(written.block, []);
    });
  }

  /** Resolves when no old states are being removed. */
  async statesRemoved(): Promise<void> {
    await this.#pruner?.settled();
  }

  /** Ends after what is running. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#maker?.settled();
    await this.#pruner?.settled();
    await this.#queue.catch(() => undefined);
    this.#failure ??= new ChainError('closed', 'the chain is closed');
    await this.#tables.close();
  }

  async #execute(raw: Uint8Array, parent: Hash): Promise<ExecutedBlock> {
    const block = parseBlock(raw);
    // Known or not: a block may not stand twice in the log.
    if (block.header.parentHash !== parent) {
      throw new InvalidBlockError('unknown-parent', `parent is ${block.header.parentHash}`);
    }
    const known = this.#inFlight.get(block.header.hash);
    if (known !== undefined && Buffer.compare(known.executed.raw, raw) === 0) return known.executed;
    const context = this.#contextOf(parent);
    const evm = await this.#evms.at(block.header.number, block.header.timestamp);
    const executed = await checkBlock(evm, context, block, raw, {
      origin: this.#origin,
      known: this.#known,
    });
    this.#keep(executed, context.state);
    return executed;
  }

  async #resolve(blocks: readonly BlockToCommit[]): Promise<ExecutedBlock[]> {
    const resolved: ExecutedBlock[] = [];
    let parent = this.#head.hash;
    for (const block of blocks) {
      const executed =
        'raw' in block ? await this.#execute(block.raw, parent) : this.#required(block.hash);
      if (executed.block.header.parentHash !== parent) {
        throw new ChainError('unknown-block', 'blocks to commit must follow the head in order', {
          parent,
          block: executed.block.header.hash,
        });
      }
      resolved.push(executed);
      parent = executed.block.header.hash;
    }
    return resolved;
  }

  #required(hash: Hash): ExecutedBlock {
    const block = this.#inFlight.get(hash);
    if (block !== undefined) return block.executed;
    throw new ChainError('unknown-block', `block ${hash} is not in flight`, { hash });
  }

  async #write(executed: readonly ExecutedBlock[], head: HeaderData, marker: Uint8Array) {
    await this.#writeHead(head, marker, (writer) => {
      for (const one of executed) writeBlock(writer, one, this.#committed.generation);
      writer.putSealed('meta', metaKey('head'), bytesOf(head.hash));
      writer.putSealed('meta', metaKey('marker'), marker);
    });
    this.#inFlight.settle(head.hash, this.#committed);
  }

  async #writeHead(head: HeaderData, marker: Uint8Array, write: (writer: TableWriter) => void) {
    try {
      await this.#tables.commit(write);
    } catch (error) {
      this.#failure = new ChainError(
        'closed',
        `a write failed, so nothing more is committed: ${error instanceof Error ? error.message : error}`,
      );
      throw this.#failure;
    }
    this.#head = head;
    this.#marker = marker;
  }

  /** Bit by bit; what a stop or a failed write leaves is removed at the next start. */
  async #removeStaleState(): Promise<void> {
    const step = () => removeStaleState(this.#tables, STALE_VALUES_PER_STEP);
    try {
      while (!this.#closing.signal.aborted && (await this.#exclusively(step))) await setImmediate();
    } catch {
      // Whoever uses the chain next learns of a failure; nobody waits for this.
    }
  }

  async #describe(
    executed: BlockWithReceipts,
    touched: Iterable<Address>,
  ): Promise<CommittedBlock> {
    const { header, withdrawals } = executed.block;
    const { rules } = await this.#evms.at(header.number, header.timestamp);
    const transactions = executed.transactions.map((one) => one.signed.data);
    const stored = executed.transactions.map((one) => one.receipt);
    const { excessBlobGas } = header;
    const blobFee = excessBlobGas === undefined ? undefined : blobBaseFee(excessBlobGas, rules);
    return {
      block: {
        header,
        transactions,
        ...(withdrawals !== undefined && { withdrawals }),
        size: executed.raw.length,
      },
      receipts: receiptsData(header, transactions, stored, blobFee),
      touched: [...touched],
    };
  }

  #contextOf(parent: Hash): ParentContext {
    const inFlight = this.#inFlight.get(parent);
    const header = inFlight?.executed.block.header ?? this.#head;
    if (header.hash !== parent) {
      throw new ChainError('unknown-block', `block ${parent} is neither the head nor in flight`, {
        parent,
      });
    }
    const state = inFlight?.state ?? this.#committed;
    this.#nodesOf = state;
    return {
      header,
      state,
      nodes: this.#nodes,
      ancestorHash: (number) =>
        this.#inFlight.ancestor(parent, number) ?? readCanonical(this.#tables, number),
    };
  }

  async #build(context: ParentContext, request: BuildRequest): Promise<BuildResult> {
    const number = blockNumberOf(context.header.number + 1);
    const evm = await this.#evms.at(number, request.timestamp);
    return buildBlock(evm, context, request);
  }

  #keep(executed: ExecutedBlock, parent: State): void {
    const { hash } = executed.block.header;
    if (this.#inFlight.get(hash) === undefined) this.#inFlight.add(executed, parent);
  }

  #exclusively<Value>(action: () => Promise<Value>): Promise<Value> {
    const run = async (): Promise<Value> => {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        return await action();
      } catch (error) {
        if (error instanceof ChainError && error.code === 'corrupt-store') this.#failure = error;
        throw error;
      }
    };
    const result = this.#queue.then(run, run);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
