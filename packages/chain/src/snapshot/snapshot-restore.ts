/** The snapshot that a node is taking, until the chain makes it its head. */
import type { HeaderData } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import type { ChunkList } from './manifest.ts';
import { ReceivedChunks } from './received-chunks.ts';
import { decodeChunk } from './record.ts';
import { invalidSnapshot, snapshotFailed } from './snapshot-error.ts';
import { decodeSnapshotHeader } from './snapshot-state.ts';
import { TimeSlices } from './time-slices.ts';

/** Throws `invalid-snapshot` when this block is not the one that the snapshot was said to be of. */
export type RequireHead = (head: HeaderData) => void;

export class SnapshotRestore {
  readonly chunks: ReceivedChunks;
  readonly #signal: AbortSignal;
  #requireHead: RequireHead = () => {
    throw new ChainError('invalid-request', 'no snapshot is being taken');
  };

  constructor(folder: string, signal: AbortSignal) {
    this.chunks = new ReceivedChunks(folder);
    this.#signal = signal;
  }

  /** Throws `invalid-snapshot` when this block is not the one that the snapshot was said to be of. */
  requireHead(head: HeaderData): void {
    this.#requireHead(head);
  }

  /**
   * Starts, or goes on after a restart: answers the numbers of the chunks that are here, ascending. Another list than
   * before discards those. Throws `ChainError`: `invalid-snapshot`, `snapshot-failed`.
   */
  async begin(list: ChunkList, requireHead: RequireHead): Promise<readonly number[]> {
    this.#requireHead = requireHead;
    return onDisk(() => this.chunks.begin(list, new TimeSlices(this.#signal)));
  }

  /**
   * Takes a chunk, in any order; again does no harm. Throws `invalid-snapshot` when it does not match its hash, is
   * malformed, or is the first and of another block than the list; `snapshot-failed`, `invalid-request`.
   */
  async add(number: number, bytes: Uint8Array): Promise<void> {
    this.chunks.check(number, bytes);
    const [first] = decodeChunk(bytes);
    if (number === 0) {
      if (first?.kind !== 'header') throw invalidSnapshot('it does not begin with its head');
      this.#requireHead(decodeSnapshotHeader(first.bytes));
    }
    await onDisk(() => this.chunks.add(number, bytes));
  }

  /** Of the snapshot that an earlier run was taking; undefined when there is none. */
  stored(): Promise<ChunkList | undefined> {
    return onDisk(() => this.chunks.stored());
  }

  /** Forgets what is here. Does nothing without a snapshot. */
  async abandon(): Promise<void> {
    await onDisk(() => this.chunks.forget());
  }
}

async function onDisk<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    throw snapshotFailed('a snapshot could not be stored', error);
  }
}
