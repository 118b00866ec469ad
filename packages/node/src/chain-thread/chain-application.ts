/**
 * The chain as Mokka's application: entries in, blocks out.
 *
 * An entry of kind `payload` carries a block or a development operation; entries of other kinds leave the state as it is.
 * Both are executed when they are accepted and made durable when they are committed, together with the log's position
 * (`CommitMarker`).
 */
import {
  type Chain,
  ChainError,
  type CommittedBlock,
  type CommittedOperation,
  InvalidBlockError,
  nextTimestamp,
  type Position,
  type TransitionToCommit,
} from '@praline/chain';
import type {
  Application,
  ApplicationInfo,
  CommitCertificate,
  CommitResult,
  Entry,
  EntryHash,
  EntryId,
  LogIndex,
  Proposal,
  ProposalRequest,
  ProposalVerdict,
} from 'mokka';
import { encodeCertificate } from 'mokka/certificates';
import { encodeBlockPayload, PAYLOAD_OVERHEAD_BYTES } from './block-payload.ts';
import type { BlockProducer } from './block-producer.ts';
import { secondsOf } from './block-time.ts';
import { decodeMarker, encodeMarker } from './commit-marker.ts';
import { type OperationQueue, requestIdOf } from './operation-queue.ts';
import { decodePayload, encodeOperationPayload, type Payload } from './payload.ts';
import { stateDigestOf } from './state-digest.ts';

/** A voter refuses an entry whose time is further ahead of its own clock than this, in milliseconds. */
const MAX_CLOCK_LEAD_MS = 15_000;

/** An entry that is accepted and not committed, with the chain's position after it. */
interface AcceptedEntry {
  readonly id: EntryId;
  readonly position: Position;
  /** What the entry carries, that made `position`; null when that is its parent's. */
  readonly carries: Payload['kind'] | null;
  /** Milliseconds its block took to execute; zero without a block. */
  readonly executionMs: number;
}

/** A block or operation of the log, as the chain commits it. */
interface PlacedTransition {
  readonly toCommit: TransitionToCommit;
  readonly entryIndex: LogIndex;
  readonly executionMs: number;
}

/** A block that became final, with where it stands in the log. */
export interface AppliedBlock extends CommittedBlock {
  readonly entryIndex: LogIndex;
  /** Milliseconds; zero when it was executed on commit (catching up). */
  readonly executionMs: number;
}

/** A development operation that became final, with where it stands in the log. */
export interface AppliedOperation extends CommittedOperation {
  readonly entryIndex: LogIndex;
}

export interface ChainApplicationModules {
  readonly chain: Chain;
  readonly producer: BlockProducer;
  readonly operations: OperationQueue;
  /** Unix time in milliseconds. */
  readonly unixTime: () => number;
  /** Monotonic milliseconds, to measure execution. */
  readonly now: () => number;
  /** Called after each commit that changed the chain, before it is answered; in the order of the log. */
  readonly onApplied: (applied: readonly (AppliedBlock | AppliedOperation)[]) => void;
  /** Called after each commit and rollback: a leader may propose again. */
  readonly onSettled: () => void;
}

export class ChainApplication implements Application {
  readonly #modules: ChainApplicationModules;
  #applied: EntryId;
  #certificate: Uint8Array | null;
  /** In log order, the first directly above `#applied`. */
  #accepted: AcceptedEntry[] = [];
  /** The block this node built last, as leader: building it is executing it. */
  #built: { readonly position: string; readonly executionMs: number } | null = null;

  /** `rootHash`: hash that stands for the log before its first entry. */
  constructor(rootHash: EntryHash, modules: ChainApplicationModules) {
    this.#modules = modules;
    const { marker } = modules.chain;
    const stored = marker === null ? null : decodeMarker(marker);
    this.#applied = stored?.applied ?? { index: 0 as LogIndex, hash: rootHash };
    this.#certificate = stored?.certificate ?? null;
  }

  /** Index of the last entry made durable. */
  get appliedIndex(): LogIndex {
    return this.#applied.index;
  }

  /** Number of the last block that is accepted or committed. */
  get tipNumber(): number {
    return (this.#accepted.at(-1)?.position ?? this.#modules.chain.position).head.number;
  }

  async info(): Promise<ApplicationInfo> {
    return {
      applied: this.#applied,
      stateDigest: stateDigestOf(this.#modules.chain.position.id),
      certificate: this.#certificate,
    };
  }

  async prepareProposal(request: ProposalRequest): Promise<Proposal | null> {
    const parent = this.#positionAfter(request.parent);
    if (parent === undefined || !this.#mayFollow(parent)) {
      return null;
    }
    await this.#forgetUnaccepted();
    const operation = await this.#prepareOperation(parent, secondsOf(request.timestamp));
    if (operation !== null) {
      return operation;
    }
    const startedAt = this.#modules.now();
    const built = await this.#modules.producer.produce({
      parent,
      timestampMs: request.timestamp,
      maxBytes: request.maxBytes - PAYLOAD_OVERHEAD_BYTES,
    });
    if (built === null) {
      return null;
    }
    const { position } = built;
    this.#built = { position: position.id, executionMs: this.#modules.now() - startedAt };
    return { payload: encodeBlockPayload(built.raw), stateDigest: stateDigestOf(position.id) };
  }

  /**
   * One block or operation at a time: what arrives meanwhile shares the next block. Empty blocks that were asked for have
   * nothing to wait for and follow each other as fast as consensus takes them.
   */
  #mayFollow(parent: Position): boolean {
    const { producer, operations } = this.#modules;
    const inFlight = this.#accepted.filter(({ carries }) => carries !== null);
    return (
      inFlight.length === 0 ||
      (operations.isEmpty &&
        producer.wantsEmptyAbove(parent.head.number) &&
        inFlight.every(({ carries }) => carries === 'block'))
    );
  }

  /** The first operation that is possible on `parent`; those before it are refused. */
  async #prepareOperation(parent: Position, agreedSeconds: number): Promise<Proposal | null> {
    const { chain, operations } = this.#modules;
    for (;;) {
      const request = operations.next();
      if (request === undefined) {
        return null;
      }
      const { requests } = parent.development;
      if (requests.some((one) => Buffer.compare(one, request.id) === 0)) {
        operations.applied(requestIdOf(request));
        continue;
      }
      try {
        const { agreed, position } = await chain.applyOperation(request, parent.id, agreedSeconds);
        return { payload: encodeOperationPayload(agreed), stateDigest: stateDigestOf(position.id) };
      } catch (error) {
        if (!(error instanceof ChainError) || error.code !== 'invalid-request') {
          throw error;
        }
        operations.refused(requestIdOf(request), error);
      }
    }
  }

  async processProposal(entry: Entry): Promise<ProposalVerdict> {
    const known = this.#accepted.find(({ id }) => id.hash === entry.hash);
    if (known !== undefined) {
      return { accepted: true, stateDigest: stateDigestOf(known.position.id) };
    }
    const parent = this.#positionAfter({
      index: (entry.index - 1) as LogIndex,
      hash: entry.parentHash,
    });
    if (parent === undefined) {
      return { accepted: false, reason: 'its parent is neither applied nor accepted' };
    }
    if (entry.timestamp > this.#modules.unixTime() + MAX_CLOCK_LEAD_MS) {
      return { accepted: false, reason: 'its time is too far ahead of this clock' };
    }
    const id: EntryId = { index: entry.index, hash: entry.hash };
    if (entry.kind !== 'payload') {
      await this.#accept({ id, position: parent, carries: null, executionMs: 0 });
      return { accepted: true, stateDigest: stateDigestOf(parent.id) };
    }
    try {
      const payload = decodePayload(entry.payload);
      if (payload === undefined) {
        return { accepted: false, reason: 'its payload is of an unknown kind' };
      }
      const executed = await this.#execute(payload, parent, secondsOf(entry.timestamp));
      if (executed === null) {
        await this.#forgetUnaccepted();
        return { accepted: false, reason: "its block's time is not the entry's" };
      }
      const { position, executionMs } = executed;
      await this.#accept({ id, position, carries: payload.kind, executionMs });
      return { accepted: true, stateDigest: stateDigestOf(position.id) };
    } catch (error) {
      const isRefusal = error instanceof ChainError && error.code === 'invalid-request';
      if (error instanceof InvalidBlockError || isRefusal) {
        return { accepted: false, reason: error.message };
      }
      throw error;
    }
  }

  /** Null for a block whose time is not the one that its entry gives. */
  async #execute(payload: Payload, parent: Position, agreedSeconds: number) {
    const { chain, now } = this.#modules;
    if (payload.kind === 'operation') {
      const { position } = await chain.checkOperation(payload.operation, parent.id, agreedSeconds);
      return { position, executionMs: 0 };
    }
    const startedAt = now();
    const { block, position } = await chain.executeBlock(payload.raw, parent.id, agreedSeconds);
    const builtMs = this.#built?.position === position.id ? this.#built.executionMs : 0;
    const executionMs = builtMs + now() - startedAt;
    const isOnTime = block.header.timestamp === nextTimestamp(parent, agreedSeconds);
    return isOnTime ? { position, executionMs } : null;
  }

  async commit(entries: readonly Entry[], certificate: CommitCertificate): Promise<CommitResult> {
    const last = entries.at(-1);
    if (last === undefined) {
      return { stateDigest: stateDigestOf(this.#modules.chain.position.id) };
    }
    const applied: EntryId = { index: last.index, hash: last.hash };
    const bytes = encodeCertificate(certificate);
    const placed = entries.flatMap((entry) => this.#transitionOf(entry));
    const committed = await this.#modules.chain.commit(
      placed.map(({ toCommit }) => toCommit),
      encodeMarker({ applied, certificate: bytes }),
    );
    this.#applied = applied;
    this.#certificate = bytes;
    this.#dropAcceptedBelow(applied);
    if (committed.length > 0) {
      this.#modules.onApplied(
        committed.map((one, at) => {
          const { entryIndex = last.index, executionMs = 0 } = placed[at] ?? {};
          return one.kind === 'block'
            ? { ...one, entryIndex, executionMs }
            : { ...one, entryIndex };
        }),
      );
    }
    this.#modules.onSettled();
    return { stateDigest: stateDigestOf(this.#modules.chain.position.id) };
  }

  async rollback(to: EntryId): Promise<void> {
    this.#accepted = this.#accepted.filter(({ id }) => id.index <= to.index);
    await this.#forgetUnaccepted();
    this.#modules.onSettled();
  }

  /** The chain has taken a snapshot made at `applied`, with these bytes of a certificate. */
  restored(applied: EntryId, certificate: Uint8Array): void {
    this.#applied = applied;
    this.#certificate = certificate;
    this.#accepted = [];
    this.#built = null;
    this.#modules.onSettled();
  }

  /** Blocks in flight are bounded in number: one that is refused, replaced, or was prepared in vain, must not stay. */
  #forgetUnaccepted(): Promise<void> {
    return this.#modules.chain.retainInFlight(
      new Set(this.#accepted.map(({ position }) => position.id)),
    );
  }

  #positionAfter(id: EntryId): Position | undefined {
    if (id.index === this.#applied.index && id.hash === this.#applied.hash) {
      return this.#modules.chain.position;
    }
    return this.#accepted.find((entry) => entry.id.hash === id.hash)?.position;
  }

  async #accept(entry: AcceptedEntry): Promise<void> {
    // An entry at an index that is taken replaces it and what was above it.
    const below = this.#accepted.filter(({ id }) => id.index < entry.id.index);
    const isReplacing = below.length < this.#accepted.length;
    this.#accepted = [...below, entry];
    if (isReplacing) {
      await this.#forgetUnaccepted();
    }
  }

  #dropAcceptedBelow(applied: EntryId): void {
    const at = this.#accepted.find(({ id }) => id.index === applied.index);
    // What was accepted above another entry than the committed one can never be committed.
    this.#accepted =
      at === undefined || at.id.hash === applied.hash
        ? this.#accepted.filter(({ id }) => id.index > applied.index)
        : [];
  }

  #transitionOf(entry: Entry): readonly PlacedTransition[] {
    if (entry.kind !== 'payload') {
      return [];
    }
    const accepted = this.#accepted.find(({ id }) => id.hash === entry.hash);
    const entryIndex = entry.index;
    if (accepted !== undefined) {
      const { position, executionMs } = accepted;
      return [{ toCommit: { hash: position.id }, entryIndex, executionMs }];
    }
    const payload = decodePayload(entry.payload);
    if (payload === undefined) {
      throw new ChainError(
        'invalid-block',
        `The committed entry ${entry.index} is of a kind this release does not know. Update this node.`,
      );
    }
    const agreedSeconds = secondsOf(entry.timestamp);
    const toCommit =
      payload.kind === 'block'
        ? { raw: payload.raw, agreedSeconds }
        : { operation: payload.operation, agreedSeconds };
    return [{ toCommit, entryIndex, executionMs: 0 }];
  }
}
