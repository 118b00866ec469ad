import type { ApplicationInfo } from './application.ts';
import type { EntryId, LogIndex, StateDigest } from './core/types.ts';

/** What a snapshot is: named by the applied entry it was made at; the same entry gives the same bytes on every node. */
export interface SnapshotManifest {
  readonly entry: EntryId;
  /** Of the state after `entry`; the committed entry above it carries the same (`Rule snapshot`). */
  readonly stateDigest: StateDigest;
  /** In order, 1 to 65,536 of them, each 1 to 262,144 bytes long; together the whole snapshot. */
  readonly chunks: readonly SnapshotChunk[];
}

export interface SnapshotChunk {
  /** SHA-256, 64 digits of lower-case hex. */
  readonly hash: string;
  readonly bytes: number;
}

/**
 * What a replicated state machine implements whose nodes may start from a snapshot instead of replaying the log.
 *
 * Making: `offerSnapshot` and `snapshotChunk` may be called at any time, also while other calls are under way. A
 * rejection is no reason to stop the node: it has no snapshot to give now.
 *
 * Taking: `beginRestore`, `restoreChunk` and `abandonRestore` are called one after the other, and may run beside the
 * calls of `Application`, which go on to show and change the old state. `finishRestore` takes its turn among those
 * calls: none of them is under way. All reject with errors that have a `code`: `invalid-snapshot` when what was given is
 * not the snapshot it was said to be (ask another node), anything else when this node could not do it. The old state is
 * unchanged after every rejection but `closed`, after which the node must stop.
 */
export interface SnapshotApplication {
  /**
   * A snapshot at or above `minimum` that this node has, or makes now of its applied state, which may take minutes; null
   * when it has applied less. Of several it is the newest below `committed`, since only a committed entry above it proves
   * a snapshot; then the newest. At least the newest two are to be kept, also over a restart: a newer one may never be
   * proved unless whoever asks takes the older. Calls at a time share one making.
   */
  offerSnapshot(minimum: LogIndex, committed: LogIndex): Promise<SnapshotManifest | null>;
  /** A chunk of an offered snapshot, numbered from 0; null when it is not kept any more. */
  snapshotChunk(entry: EntryId, chunk: number): Promise<Uint8Array | null>;
  /**
   * Starts, or goes on, also after a restart; answers the numbers of the chunks that are here already, ascending.
   * Another manifest than before discards those. The host has verified that `stateDigest` is that of `entry`.
   */
  beginRestore(manifest: SnapshotManifest): Promise<readonly number[]>;
  /** A chunk, in any order; one that is here already does no harm. Rejects one that does not match its hash or is malformed. */
  restoreChunk(chunk: number, bytes: Uint8Array): Promise<void>;
  /**
   * All chunks are here: proves that they give exactly the state of the manifest's digest, makes it the state in one
   * atomic transaction together with the entry and the bytes of the certificate that commits it (or a descendant), and
   * answers as `info` does from now on. Accepted entries are dropped: the host has those above `entry` processed again.
   * When a chunk is missing or was damaged on disk, `beginRestore` tells again which are here. After `invalid-snapshot`
   * the manifest itself was wrong; it is abandoned.
   */
  finishRestore(certificate: Uint8Array): Promise<ApplicationInfo>;
  /** Forgets what was taken so far; does nothing when nothing was. */
  abandonRestore(): Promise<void>;
}
