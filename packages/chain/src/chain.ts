/**
 * The chain's only writer: executes blocks on top of each other, keeps them in flight, and commits what consensus has
 * decided. Operations run one after the other. After a failed write or damaged data nothing more is done.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { HeaderData } from './block/block-data.ts';
import { receiptsData } from './block/receipt-data.ts';
import { printedBy } from './console/printed-lines.ts';
import type { AgreedOperation, OperationRequest } from './development/operation.ts';
import { type Position, positionOf } from './development/position.ts';
import { ChainError } from './errors.ts';
import type { BuildRequest, BuildResult, BuiltBlock } from './execution/build-block.ts';
import type { KnownTransaction } from './execution/check-block.ts';
import { blobBaseFee } from './execution/fee-rules.ts';
import { ForkEvms } from './execution/fork-evm.ts';
import type { BlockOrigin } from './execution/header-rules.ts';
import type { Genesis } from './genesis/genesis.ts';
import type { Address, BlockRef, Hash } from './primitives.ts';
import { writeSnapshot } from './snapshot/install-snapshot.ts';
import { snapshotFailed } from './snapshot/snapshot-error.ts';
import { type PositionOf, SnapshotMaker } from './snapshot/snapshot-maker.ts';
import { SnapshotRestore } from './snapshot/snapshot-restore.ts';
import { TimeSlices } from './snapshot/time-slices.ts';
import { CommittedState } from './state/committed-state.ts';
import type { State } from './state/layered-state.ts';
import { type StateHistory, StatePruner } from './state/state-pruner.ts';
import { removeStaleState } from './store/flat-generation.ts';
import { beginParticipants } from './store/participants-floor.ts';
import { metaKey } from './store/schema.ts';
import { initialiseStore, openStore } from './store/store-identity.ts';
import { Tables, type TableWriter } from './store/tables.ts';
import type { BlockWithReceipts } from './store/write-block.ts';
import { nodesWritten, prepareTransitions, writeTransitions } from './store/write-transitions.ts';
import type {
  CommittedBlock,
  CommittedTransition,
  PlacedBlock,
  PlacedOperation,
  TransitionToCommit,
} from './transition.ts';
import { TransitionExecutor } from './transition-executor.ts';

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
  readonly #executor: TransitionExecutor;
  readonly #committed: CommittedState;
  #position: Position;
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
    start: Position,
    marker: Uint8Array | null,
    options: ChainOptions,
  ) {
    this.#directory = directory;
    this.#tables = tables;
    this.#genesis = genesis;
    this.restore = new SnapshotRestore(join(directory, RESTORE_FOLDER), this.#closing.signal);
    this.#evms = new ForkEvms(genesis.common, genesis.depositContract, {
      hearsConsole: genesis.praline.devMode,
    });
    const state = new CommittedState(tables);
    const position = () => this.#position;
    this.#committed = state;
    this.#executor = new TransitionExecutor({
      tables,
      genesis,
      evms: this.#evms,
      origin: options.origin ?? 'network',
      known: options.knownTransaction ?? (() => undefined),
      committed: {
        state,
        get position() {
          return position();
        },
      },
    });
    this.#position = start;
    this.#marker = marker;
    const { stateHistory } = options;
    this.#pruner =
      stateHistory &&
      new StatePruner(tables, stateHistory, (run) => this.#exclusively(run), this.#closing.signal);
    this.#pruner?.headIs(start.head.number);
  }

  /** Starts a chain in a folder without one. Throws `ChainError` `chain-exists`. */
  static async create(directory: string, genesis: Genesis, options: ChainOptions = {}) {
    const tables = new Tables(directory, { readOnly: false });
    try {
      await initialiseStore(tables, genesis);
      const { position, marker } = openStore(tables, genesis);
      return new Chain(directory, tables, genesis, position, marker, options);
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
      const { position, marker } = openStore(tables, genesis);
      await beginParticipants(tables, position.head.number);
      const chain = new Chain(directory, tables, genesis, position, marker, options);
      void chain.#removeStaleState();
      return chain;
    } catch (error) {
      await tables.close();
      throw error;
    }
  }

  /** The last committed block. */
  get head(): HeaderData {
    return this.#position.head;
  }

  /** After the last commit. */
  get position(): Position {
    return this.#position;
  }

  /** Opaque bytes of consensus, stored with the last commit. */
  get marker(): Uint8Array | null {
    return this.#marker;
  }

  /** State at a position that is in flight or the committed one; undefined otherwise. Valid until the next commit. */
  stateAfter(position: Hash): State | undefined {
    if (position === this.#position.id) return this.#committed;
    return this.#executor.inFlight.get(position)?.state;
  }

  /**
   * Builds a block on the position `parent` (the committed one or in flight) and keeps it in flight. Throws `ChainError`
   * `unknown-block` when it is neither.
   */
  buildBlock(
    parent: Hash,
    request: BuildRequest,
  ): Promise<PlacedBlock<BuiltBlock> | Extract<BuildResult, { readonly block: null }>> {
    return this.#exclusively(() => this.#executor.build(parent, request));
  }

  /** As `buildBlock` on the head, to see what would come of it: nothing is kept. */
  tryBlock(request: BuildRequest): Promise<BuildResult> {
    return this.#exclusively(() => this.#executor.tryBlock(this.#position.id, request));
  }

  /**
   * Checks a block by executing it on the position `parent` (the committed one or in flight) and keeps it in flight.
   * `agreedSeconds` is the time of its log entry, the block's own when absent. Throws `InvalidBlockError`, with fault
   * `unknown-parent` when it does not name the head there; `unknown-block` when `parent` is neither.
   */
  executeBlock(raw: Uint8Array, parent: Hash, agreedSeconds?: number): Promise<PlacedBlock> {
    return this.#exclusively(() => this.#executor.execute(raw, parent, agreedSeconds));
  }

  /**
   * Applies a development operation to the position `parent` and keeps it in flight. Throws `ChainError`:
   * `invalid-request` when it is not possible there, or the chain is not in development mode; `unknown-block`.
   */
  applyOperation(
    request: OperationRequest,
    parent: Hash,
    agreedSeconds: number,
  ): Promise<PlacedOperation> {
    return this.#exclusively(async () => {
      const { position, outcome } = this.#executor.apply(request, parent, agreedSeconds);
      return { agreed: { ...request, stateRoot: position.stateRoot }, position, outcome };
    });
  }

  /** As `applyOperation` for one that somebody else has applied: throws `InvalidBlockError` when the states differ. */
  checkOperation(
    agreed: AgreedOperation,
    parent: Hash,
    agreedSeconds: number,
  ): Promise<PlacedOperation> {
    return this.#exclusively(async () => {
      const { position, outcome } = this.#executor.check(agreed, parent, agreedSeconds);
      return { agreed, position, outcome };
    });
  }

  /**
   * Makes blocks and operations final, in order from the committed position on, and stores `marker` with them: one atomic
   * transaction that is on disk when this resolves. With none only the marker is stored. What is not in flight is
   * executed.
   */
  commit(
    transitions: readonly TransitionToCommit[],
    marker: Uint8Array,
  ): Promise<CommittedTransition[]> {
    return this.#exclusively(async () => {
      const resolved = await this.#executor.resolve(transitions);
      const before = this.#position;
      const position = resolved.at(-1)?.position ?? before;
      const modules = { tables: this.#tables, nodes: this.#executor.nodesAt(position.id) };
      const prepared = prepareTransitions(before, resolved, modules);
      for (const one of prepared) this.#pruner?.written(nodesWritten(one));
      await this.#write(position, marker, (writer) => {
        writeTransitions(writer, before, prepared, {
          generation: this.#committed.generation,
          keepsNames: this.#genesis.praline.devMode,
        });
        writer.putSealed('meta', metaKey('marker'), marker);
      });
      this.#executor.inFlight.settle(position.id, this.#committed);
      // A pass that runs counts on the blocks that there were.
      if (prepared.some(({ revert }) => revert !== null)) this.#pruner?.replaced();
      this.#pruner?.headIs(position.head.number);
      const committed: CommittedTransition[] = [];
      for (const { transition, revert } of prepared) {
        if (transition.kind === 'block') {
          const { executed } = transition;
          committed.push(await this.#describe(executed, executed.state.accounts.keys()));
        } else {
          const { request, outcome } = transition;
          const abandoned = revert?.abandoned.map(({ header }) => refOf(header)) ?? [];
          const head = refOf(transition.position.head);
          committed.push({ kind: 'operation', request, outcome, abandoned, head });
        }
      }
      return committed;
    });
  }

  /** Forgets what is in flight and neither is the position `keep` nor descends from it. */
  dropInFlight(keep: Hash): Promise<void> {
    return this.#exclusively(async () => {
      this.#executor.inFlight.keepOnly(keep);
    });
  }

  /**
   * Forgets all in flight but what leads to these positions: what consensus has rolled back. Parents of those kept must be
   * among them.
   */
  retainInFlight(positions: ReadonlySet<Hash>): Promise<void> {
    return this.#exclusively(async () => {
      this.#executor.inFlight.retain(positions);
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
        head: this.head,
        marker,
        slices: new TimeSlices(this.#closing.signal),
      }).catch((error: unknown) => {
        throw snapshotFailed('a snapshot could not be taken', error);
      });
      const { head } = written;
      // Snapshots are made of chains alone that never used development operations.
      const position = positionOf(head, head.stateRoot, this.#position.development);
      await this.#write(position, marker, (writer) => written.complete(writer));
      this.#executor.inFlight.retain(new Set());
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

  async #write(position: Position, marker: Uint8Array, write: (writer: TableWriter) => void) {
    try {
      await this.#tables.commit(write);
    } catch (error) {
      this.#failure = new ChainError(
        'closed',
        `a write failed, so nothing more is committed: ${error instanceof Error ? error.message : error}`,
      );
      throw this.#failure;
    }
    this.#position = position;
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
      kind: 'block',
      block: {
        header,
        transactions,
        ...(withdrawals !== undefined && { withdrawals }),
        size: executed.raw.length,
      },
      receipts: receiptsData(header, transactions, stored, blobFee),
      touched: [...touched],
      printed: executed.transactions.flatMap(printedBy),
    };
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

function refOf({ number, hash }: HeaderData): BlockRef {
  return { number, hash };
}
