/**
 * The application that orders pushes: executes payloads, hands what counts to the user's `apply`, and keeps its state in
 * one record of the node's own storage, written in one synced transaction with the place and the certificate.
 *
 * The log itself is the user's data: a state that lives in memory is built again from it at start.
 */
import type {
  Application,
  ApplicationInfo,
  CommitResult,
  Proposal,
  ProposalRequest,
  ProposalVerdict,
} from '../application.ts';
import { encodeCertificate } from '../codec/certificate-codec.ts';
import { DecodeError } from '../codec/decode-error.ts';
import type { CommitCertificate } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import type { EntryHash, EntryId, LogIndex } from '../core/types.ts';
import type { Storage } from '../storage/storage.ts';
import {
  decodeOrderedRecord,
  encodeOrderedRecord,
  ORDERED_RECORDS,
  type OrderedRecord,
} from './ordered-record.ts';
import { EMPTY_STATE, type Execution, executePayload, type OrderedState } from './ordered-state.ts';
import type { ApplyPush, PushPlace } from './push.ts';
import {
  type ChunkCodec,
  decodePayload,
  encodePayload,
  PAYLOAD_OVERHEAD_BYTES,
} from './push-codec.ts';
import type { PushInbox } from './push-inbox.ts';
import { replayPushes } from './replay.ts';

export interface OrderedApplicationModules {
  readonly storage: Storage;
  readonly codec: ChunkCodec;
  readonly inbox: PushInbox;
  readonly rootHash: EntryHash;
  readonly apply: ApplyPush | null;
  readonly appliedUpTo: (() => Promise<PushPlace | null>) | null;
  /** Entries are durable and applied. */
  readonly onCommitted: (entry: Entry, execution: Execution) => void;
}

/** An entry that was executed and is not committed. */
interface Accepted {
  readonly id: EntryId;
  readonly execution: Execution;
}

export class OrderedApplication implements Application {
  readonly #modules: OrderedApplicationModules;
  #applied: EntryId;
  #state: OrderedState = EMPTY_STATE;
  #lastPush: PushPlace | null = null;
  /** The last push that the user's state holds. */
  #userPlace: PushPlace | null = null;
  #accepted: Accepted[] = [];
  /** What was proposed last comes back to be processed. */
  #prepared: { readonly payload: Uint8Array; readonly execution: Execution } | null = null;

  constructor(modules: OrderedApplicationModules) {
    this.#modules = modules;
    this.#applied = { index: 0 as LogIndex, hash: modules.rootHash };
  }

  /** The committed state. */
  get state(): OrderedState {
    return this.#state;
  }

  /**
   * Reads what is durable and brings the user's state up to it. Rejects with `RestoreError` `store-damaged` or `DecodeError`
   * when record and log contradict each other, or with what `apply` throws.
   */
  async info(): Promise<ApplicationInfo> {
    const { storage, apply, appliedUpTo } = this.#modules;
    const bytes = await storage.record(ORDERED_RECORDS.state);
    this.#userPlace = (await appliedUpTo?.()) ?? null;
    if (bytes === undefined) return this.#info(null);
    const record = decodeOrderedRecord(bytes);
    if (apply !== null && isBefore(this.#userPlace, record.lastPush)) await this.#replay(record);
    this.#applied = record.applied;
    this.#state = record.state;
    this.#lastPush = record.lastPush;
    return this.#info(record.certificate);
  }

  async prepareProposal(request: ProposalRequest): Promise<Proposal | null> {
    const { inbox } = this.#modules;
    const before = this.#stateAfter(request.parent);
    if (before === null) return null;
    const chunks = inbox.take(before.origins, request.maxBytes - PAYLOAD_OVERHEAD_BYTES);
    if (chunks.length === 0) return null;
    const payload = encodePayload(chunks.map((chunk) => chunk.bytes));
    const execution = executePayload(before, payload, chunks);
    this.#prepared = { payload, execution };
    return { payload, stateDigest: execution.state.digest };
  }

  async processProposal(entry: Entry): Promise<ProposalVerdict> {
    const known = this.#accepted.find(({ id }) => id.hash === entry.hash);
    if (known !== undefined) return accept(known.execution);
    const before = this.#stateAfter({
      index: (entry.index - 1) as LogIndex,
      hash: entry.parentHash,
    });
    if (before === null) return { accepted: false, reason: 'it does not follow what is accepted' };
    try {
      const execution = this.#execute(before, entry);
      this.#accepted.push({ id: { index: entry.index, hash: entry.hash }, execution });
      return accept(execution);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { accepted: false, reason: `its payload holds no pushes: ${error.message}` };
    }
  }

  async commit(entries: readonly Entry[], certificate: CommitCertificate): Promise<CommitResult> {
    const committed: { entry: Entry; execution: Execution }[] = [];
    let state = this.#state;
    for (const entry of entries) {
      const execution = this.#takeAccepted(entry) ?? this.#execute(state, entry);
      state = execution.state;
      committed.push({ entry, execution });
      await this.#apply(entry, execution);
    }
    const last = entries[entries.length - 1];
    if (last === undefined) return { stateDigest: state.digest };
    await this.#persist({ index: last.index, hash: last.hash }, certificate, state);
    this.#modules.inbox.prune(state.origins);
    for (const { entry, execution } of committed) this.#modules.onCommitted(entry, execution);
    return { stateDigest: state.digest };
  }

  async rollback(to: EntryId): Promise<void> {
    this.#accepted = this.#accepted.filter(({ id }) => id.index <= to.index);
  }

  #info(certificate: Uint8Array | null): ApplicationInfo {
    return { applied: this.#applied, stateDigest: this.#state.digest, certificate };
  }

  /** From the first entry, since what counts depends on all before. */
  async #replay(record: OrderedRecord): Promise<void> {
    const { storage, codec } = this.#modules;
    await replayPushes({
      storage,
      to: record.applied,
      expected: record.state.digest,
      execute: (state, entry) => executeEntry(state, entry, codec),
      apply: (entry, execution) => this.#apply(entry, execution),
    });
  }

  #execute(before: OrderedState, entry: Entry): Execution {
    const prepared = this.#prepared;
    this.#prepared = null;
    if (prepared?.payload === entry.payload) return prepared.execution;
    return executeEntry(before, entry, this.#modules.codec);
  }

  /** The execution from when the entry was accepted; what conflicts with it is forgotten. */
  #takeAccepted(entry: Entry): Execution | null {
    const first = this.#accepted.shift();
    if (first?.id.hash === entry.hash) return first.execution;
    this.#accepted = [];
    return null;
  }

  async #apply(entry: Entry, { pushes }: Execution): Promise<void> {
    const { apply } = this.#modules;
    const { index, timestamp } = entry;
    for (const { key, value, position, origin } of pushes) {
      this.#lastPush = { index, position };
      if (apply === null || !isBefore(this.#userPlace, this.#lastPush)) continue;
      const applied = apply(key, value, { index, position, timestamp, origin });
      // A wait for nothing, once per push, would be most of the cost of a state in memory.
      if (applied !== undefined) await applied;
    }
  }

  async #persist(
    applied: EntryId,
    certificate: CommitCertificate,
    state: OrderedState,
  ): Promise<void> {
    const value = encodeOrderedRecord({
      applied,
      certificate: encodeCertificate(certificate),
      state,
      lastPush: this.#lastPush,
    });
    const { storage } = this.#modules;
    await storage.write([{ type: 'put-record', name: ORDERED_RECORDS.state, value }]);
    this.#applied = applied;
    this.#state = state;
  }

  #stateAfter({ index, hash }: EntryId): OrderedState | null {
    if (index === this.#applied.index) return hash === this.#applied.hash ? this.#state : null;
    const accepted = this.#accepted.find(({ id }) => id.index === index);
    return accepted?.id.hash === hash ? accepted.execution.state : null;
  }
}

/** Entries of other kinds change nothing. Throws `DecodeError`. */
function executeEntry(before: OrderedState, entry: Entry, codec: ChunkCodec): Execution {
  if (entry.kind !== 'payload') return { state: before, pushes: [] };
  return executePayload(before, entry.payload, decodePayload(entry.payload, codec));
}

function accept({ state }: Execution): ProposalVerdict {
  return { accepted: true, stateDigest: state.digest };
}

/** Null stands before every place. */
function isBefore(left: PushPlace | null, right: PushPlace | null): boolean {
  if (right === null) return false;
  if (left === null || left.index < right.index) return true;
  return left.index === right.index && left.position < right.position;
}
