/**
 * Snapshots of the chain as Mokka knows them: named by entries of the log, with the digest of their head. The chain makes,
 * keeps and takes them.
 */
import {
  type Chain,
  ChainError,
  type ChunkList,
  type CommittedBlock,
  invalidSnapshot,
  type SnapshotMaker,
} from '@praline/chain';
import type {
  ApplicationInfo,
  EntryHash,
  EntryId,
  LogIndex,
  SnapshotApplication,
  SnapshotManifest,
  StateDigest,
} from 'mokka';
import type { ChainApplication } from './chain-application.ts';
import { decodeMarker, encodeMarker } from './commit-marker.ts';
import { stateDigestOf } from './state-digest.ts';

export interface ChainSnapshotsModules {
  readonly chain: Chain;
  readonly application: ChainApplication;
  /** Called after a snapshot became the state, before it is answered. */
  readonly onRestored: (head: CommittedBlock, entry: EntryId) => void;
}

export class ChainSnapshots implements SnapshotApplication {
  readonly #modules: ChainSnapshotsModules;
  readonly #maker: SnapshotMaker;
  /** What is being taken. */
  #manifest: SnapshotManifest | null = null;

  constructor(modules: ChainSnapshotsModules) {
    this.#modules = modules;
    this.#maker = modules.chain.offerSnapshots((marker, head) => ({
      ...decodeMarker(marker).applied,
      stateDigest: stateDigestOf(head),
    }));
  }

  /** At start: forgets a snapshot that was taken, or overtaken, before the last run ended. */
  async removeLeftovers(): Promise<void> {
    const { chain, application } = this.#modules;
    const stored = await chain.restore.stored();
    if (stored !== undefined && stored.position.index <= application.appliedIndex) {
      await chain.restore.abandon();
    }
  }

  async offerSnapshot(minimum: LogIndex, committed: LogIndex): Promise<SnapshotManifest | null> {
    const offered = await this.#maker.offer(minimum, committed);
    return offered === null ? null : manifestOf(offered);
  }

  snapshotChunk(entry: EntryId, chunk: number): Promise<Uint8Array | null> {
    return this.#maker.chunk(entry, chunk);
  }

  async beginRestore(manifest: SnapshotManifest): Promise<readonly number[]> {
    const { chain, application } = this.#modules;
    const { entry, stateDigest, chunks } = manifest;
    if (entry.index <= application.appliedIndex) {
      throw new ChainError('invalid-request', `entry ${entry.index} is applied already`);
    }
    this.#manifest = null;
    const list: ChunkList = { position: { ...entry, stateDigest }, chunks };
    const here = await chain.restore.begin(list, ({ hash, number }) => {
      if (stateDigestOf(hash) !== stateDigest) {
        throw invalidSnapshot(`its block ${number} is not the one of entry ${entry.index}`);
      }
    });
    this.#manifest = manifest;
    return here;
  }

  restoreChunk(chunk: number, bytes: Uint8Array): Promise<void> {
    return this.#modules.chain.restore.add(chunk, bytes);
  }

  async finishRestore(certificate: Uint8Array): Promise<ApplicationInfo> {
    const { chain, application, onRestored } = this.#modules;
    if (this.#manifest === null) {
      throw new ChainError('invalid-request', 'no snapshot is being taken');
    }
    const { entry } = this.#manifest;
    if (entry.index <= application.appliedIndex) {
      throw new ChainError('invalid-request', `entry ${entry.index} is applied already`);
    }
    try {
      const head = await chain.finishRestore(encodeMarker({ applied: entry, certificate }));
      this.#manifest = null;
      application.restored(entry, certificate);
      onRestored(head, entry);
    } catch (error) {
      if (error instanceof ChainError && error.code === 'invalid-snapshot') {
        await this.abandonRestore();
      }
      throw error;
    }
    return application.info();
  }

  async abandonRestore(): Promise<void> {
    this.#manifest = null;
    await this.#modules.chain.restore.abandon();
  }
}

function manifestOf({ position, chunks }: ChunkList): SnapshotManifest {
  const { index, hash, stateDigest } = position;
  // Made by this node from its own marker.
  const entry = { index: index as LogIndex, hash: hash as EntryHash };
  return { entry, stateDigest: stateDigest as StateDigest, chunks };
}
