/**
 * Offers snapshots of the head's state: those kept, or one made when it is asked for, beside the blocks that are
 * executed and committed meanwhile. What a snapshot shows is one read transaction.
 */

import { isUsed } from '../development/development-state.ts';
import { ChainError, corruptStore } from '../errors.ts';
import type { Hash } from '../primitives.ts';
import { readHeadHash } from '../query/block-selection.ts';
import { readDevelopmentState } from '../store/development-records.ts';
import { metaKey } from '../store/schema.ts';
import type { Snapshot, Tables } from '../store/tables.ts';
import { KeptSnapshots, type UnfinishedSnapshot } from './kept-snapshots.ts';
import { CHUNKS_MAX } from './limits.ts';
import type { ChunkList, LogEntryId, LogPosition } from './manifest.ts';
import { ChunkPacker, encodeRecord } from './record.ts';
import { snapshotFailed } from './snapshot-error.ts';
import { stateRecords } from './state-records.ts';
import { TimeSlices } from './time-slices.ts';

/** Where in consensus' log a marker was written, with the digest of a state with this head. */
export type PositionOf = (marker: Uint8Array, head: Hash) => LogPosition;

export class SnapshotMaker {
  readonly #tables: Tables;
  readonly #positionOf: PositionOf;
  readonly #kept: KeptSnapshots;
  readonly #signal: AbortSignal;
  #making: Promise<ChunkList> | undefined;

  constructor(tables: Tables, folder: string, positionOf: PositionOf, signal: AbortSignal) {
    this.#tables = tables;
    this.#positionOf = positionOf;
    this.#kept = new KeptSnapshots(folder);
    this.#signal = signal;
  }

  /**
   * A snapshot whose index is `minimum` or above, made now if none is kept; null when the head is below, nothing has been
   * committed yet, or development operations are in use. Of those kept it is the newest below `before`, else the newest.
   * Throws `ChainError`: `snapshot-failed`, `closed`, `corrupt-store`.
   */
  async offer(minimum: number, before = Number.POSITIVE_INFINITY): Promise<ChunkList | null> {
    for (;;) {
      const kept = this.#kept.best(minimum, before);
      if (kept !== undefined) return kept;
      this.#tables.refresh();
      // What operations have set is in no snapshot: newcomers replay the log instead.
      if (isUsed(readDevelopmentState(this.#tables))) return null;
      const position = this.#position();
      if (position === undefined || position.index < minimum) return null;
      if (this.#making === undefined) return this.#make();
      const made = await this.#making;
      if (made.position.index >= minimum) return made;
    }
  }

  /** A chunk of a kept snapshot; null when it is not kept any more. */
  async chunk(entry: LogEntryId, number: number): Promise<Uint8Array | null> {
    return (await this.#kept.chunk(entry, number)) ?? null;
  }

  /** Resolves when nothing is being made. */
  async settled(): Promise<void> {
    await this.#making?.catch(() => undefined);
  }

  #make(): Promise<ChunkList> {
    this.#making = this.#write().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #write(): Promise<ChunkList> {
    this.#tables.refresh();
    const view = this.#tables.snapshot();
    let unfinished: UnfinishedSnapshot | undefined;
    try {
      const position = this.#position(view);
      if (isUsed(readDevelopmentState(this.#tables, view))) {
        throw new ChainError('snapshot-failed', 'development operations are in use');
      }
      if (position === undefined) throw corruptStore('the marker is missing');
      unfinished = await this.#kept.begin();
      const slices = new TimeSlices(this.#signal);
      const packer = new ChunkPacker();
      for (const record of stateRecords(this.#tables, view)) {
        const chunk = packer.add(encodeRecord(record));
        if (chunk !== undefined) await this.#add(unfinished, chunk);
        if (slices.isOver) await slices.next();
      }
      const last = packer.take();
      if (last !== undefined) await this.#add(unfinished, last);
      return await unfinished.finish(position);
    } catch (error) {
      await unfinished?.abandon();
      throw snapshotFailed('a snapshot could not be written', error);
    } finally {
      view.done();
    }
  }

  async #add(unfinished: UnfinishedSnapshot, chunk: Uint8Array): Promise<void> {
    if (unfinished.length === CHUNKS_MAX) throw new Error(`more than ${CHUNKS_MAX} chunks`);
    await unfinished.add(chunk);
  }

  #position(view?: Snapshot): LogPosition | undefined {
    const marker = this.#tables.getSealed('meta', metaKey('marker'), view);
    if (marker === undefined) return undefined;
    return this.#positionOf(marker, readHeadHash(this.#tables, view));
  }
}
