/**
 * The chain as Mokka's application: entries in, blocks out.
 *
 * An entry of kind `payload` carries a block; entries of other kinds leave the state as it is. Blocks are executed when
 * they are accepted and made durable when they are committed, together with the log's position (`CommitMarker`).
 */
import {
  type BlockToCommit,
  type Chain,
  ChainError,
  type CommittedBlock,
  type HeaderData,
  InvalidBlockError,
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
import { decodeBlockPayload, encodeBlockPayload, PAYLOAD_OVERHEAD_BYTES } from './block-payload.ts';
import type { BlockProducer } from './block-producer.ts';
import { timestampOf } from './block-time.ts';
import { decodeMarker, encodeMarker } from './commit-marker.ts';
import { stateDigestOf } from './state-digest.ts';

/** A voter refuses an entry whose time is further ahead of its own clock than this, in milliseconds. */
const MAX_CLOCK_LEAD_MS = 15_000;

/** An entry that is accepted and not committed, with the head block after it. */
interface AcceptedEntry {
  readonly id: EntryId;
  readonly head: HeaderData;
  /** Whether the entry made `head`. */
  readonly hasBlock: boolean;
  /** Milliseconds its block took to execute; zero without a block. */
  readonly executionMs: number;
}

/** A block of the log, as the chain commits it. */
interface PlacedBlock {
  readonly toCommit: BlockToCommit;
  readonly entryIndex: LogIndex;
  readonly executionMs: number;
}

/** A block that became final, with where it stands in the log. */
export interface AppliedBlock extends CommittedBlock {
  readonly entryIndex: LogIndex;
  /** Milliseconds; zero when it was executed on commit (catching up). */
  readonly executionMs: number;
}

export interface ChainApplicationModules {
  readonly chain: Chain;
  readonly producer: BlockProducer;
  /** Unix time in milliseconds. */
  readonly unixTime: () => number;
  /** Monotonic milliseconds, to measure execution. */
  readonly now: () => number;
  /** Called after each commit, before it is answered; not for commits without blocks. */
  readonly onBlocks: (blocks: readonly AppliedBlock[]) => void;
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
  #built: { readonly hash: string; readonly executionMs: number } | null = null;

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
    return (this.#accepted.at(-1)?.head ?? this.#modules.chain.head).number;
  }

  async info(): Promise<ApplicationInfo> {
    return {
      applied: this.#applied,
      stateDigest: stateDigestOf(this.#modules.chain.head.hash),
      certificate: this.#certificate,
    };
  }

  async prepareProposal(request: ProposalRequest): Promise<Proposal | null> {
    const parent = this.#headAfter(request.parent);
    // One block at a time: what arrives meanwhile shares the next.
    if (parent === undefined || this.#accepted.some(({ hasBlock }) => hasBlock)) {
      return null;
    }
    await this.#forgetUnaccepted();
    const startedAt = this.#modules.now();
    const raw = await this.#modules.producer.produce({
      parent,
      timestampMs: request.timestamp,
      maxBytes: request.maxBytes - PAYLOAD_OVERHEAD_BYTES,
    });
    if (raw === null) {
      return null;
    }
    // Executed already, so this only names it.
    const { block } = await this.#modules.chain.executeBlock(raw, parent.hash);
    const { hash } = block.header;
    this.#built = { hash, executionMs: this.#modules.now() - startedAt };
    return { payload: encodeBlockPayload(raw), stateDigest: stateDigestOf(block.header.hash) };
  }

  async processProposal(entry: Entry): Promise<ProposalVerdict> {
    const known = this.#accepted.find(({ id }) => id.hash === entry.hash);
    if (known !== undefined) {
      return { accepted: true, stateDigest: stateDigestOf(known.head.hash) };
    }
    const parent = this.#headAfter({
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
      await this.#accept({ id, head: parent, hasBlock: false, executionMs: 0 });
      return { accepted: true, stateDigest: stateDigestOf(parent.hash) };
    }
    const raw = decodeBlockPayload(entry.payload);
    if (raw === undefined) {
      return { accepted: false, reason: 'its payload is of an unknown kind' };
    }
    try {
      const startedAt = this.#modules.now();
      const { block } = await this.#modules.chain.executeBlock(raw, parent.hash);
      const builtMs = this.#built?.hash === block.header.hash ? this.#built.executionMs : 0;
      const executionMs = builtMs + this.#modules.now() - startedAt;
      if (block.header.timestamp !== timestampOf(parent, entry.timestamp)) {
        await this.#forgetUnaccepted();
        return { accepted: false, reason: "its block's time is not the entry's" };
      }
      await this.#accept({ id, head: block.header, hasBlock: true, executionMs });
      return { accepted: true, stateDigest: stateDigestOf(block.header.hash) };
    } catch (error) {
      if (error instanceof InvalidBlockError) {
        return { accepted: false, reason: error.message };
      }
      throw error;
    }
  }

  async commit(entries: readonly Entry[], certificate: CommitCertificate): Promise<CommitResult> {
    const last = entries.at(-1);
    if (last === undefined) {
      return { stateDigest: stateDigestOf(this.#modules.chain.head.hash) };
    }
    const applied: EntryId = { index: last.index, hash: last.hash };
    const bytes = encodeCertificate(certificate);
    const blocks = entries.flatMap((entry) => this.#blockOf(entry));
    const committed = await this.#modules.chain.commit(
      blocks.map(({ toCommit }) => toCommit),
      encodeMarker({ applied, certificate: bytes }),
    );
    this.#applied = applied;
    this.#certificate = bytes;
    this.#dropAcceptedBelow(applied);
    if (committed.length > 0) {
      this.#modules.onBlocks(
        committed.map((block, position) => ({
          ...block,
          entryIndex: blocks[position]?.entryIndex ?? last.index,
          executionMs: blocks[position]?.executionMs ?? 0,
        })),
      );
    }
    this.#modules.onSettled();
    return { stateDigest: stateDigestOf(this.#modules.chain.head.hash) };
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
    return this.#modules.chain.retainInFlight(new Set(this.#accepted.map(({ head }) => head.hash)));
  }

  #headAfter(id: EntryId): HeaderData | undefined {
    if (id.index === this.#applied.index && id.hash === this.#applied.hash) {
      return this.#modules.chain.head;
    }
    return this.#accepted.find((entry) => entry.id.hash === id.hash)?.head;
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

  #blockOf(entry: Entry): readonly PlacedBlock[] {
    if (entry.kind !== 'payload') {
      return [];
    }
    const accepted = this.#accepted.find(({ id }) => id.hash === entry.hash);
    const entryIndex = entry.index;
    if (accepted !== undefined) {
      const { head, executionMs } = accepted;
      return [{ toCommit: { hash: head.hash }, entryIndex, executionMs }];
    }
    const raw = decodeBlockPayload(entry.payload);
    if (raw === undefined) {
      throw new ChainError(
        'invalid-block',
        `The committed entry ${entry.index} is of a kind this release does not know. Update this node.`,
      );
    }
    return [{ toCommit: { raw }, entryIndex, executionMs: 0 }];
  }
}
