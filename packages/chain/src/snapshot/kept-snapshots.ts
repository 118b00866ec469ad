/**
 * Snapshots of this node that others may fetch: a folder each, with all chunks in one file and their list. A snapshot
 * gets its name only when it is complete and synced; the newest two are kept, so that a fetch under way can end.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ChunkInfo,
  type ChunkList,
  chunkInfo,
  isChunk,
  type LogEntryId,
  type LogPosition,
  parseChunkListText,
} from './manifest.ts';

const KEPT = 2;
const CHUNKS_FILE = 'chunks';
const LIST_FILE = 'list.json';
const UNFINISHED = 'unfinished';

export class KeptSnapshots {
  readonly #folder: string;
  /** The newest first. */
  #lists: ChunkList[];

  /** Removes what is damaged, unfinished or too old. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = readdirSync(folder).flatMap((name) => {
      const list = readList(join(folder, name));
      if (list !== undefined && nameOf(list.position) === name) return [list];
      rmSync(join(folder, name), { recursive: true, force: true });
      return [];
    });
    this.#lists = found.sort((a, b) => b.position.index - a.position.index);
    for (const { position } of this.#lists.splice(KEPT)) {
      rmSync(join(folder, nameOf(position)), { recursive: true, force: true });
    }
  }

  /** The newest from `minimum` to below `before`, else the newest from `minimum` on. */
  best(minimum: number, before: number): ChunkList | undefined {
    const found = this.#lists.filter(({ position }) => position.index >= minimum);
    return found.find(({ position }) => position.index < before) ?? found[0];
  }

  find({ index, hash }: LogEntryId): ChunkList | undefined {
    return this.#lists.find(({ position }) => position.index === index && position.hash === hash);
  }

  /** Undefined when there is no such snapshot or chunk; a snapshot that can not be read or is damaged is given up. */
  async chunk(entry: LogEntryId, number: number): Promise<Uint8Array | undefined> {
    const list = this.find(entry);
    const info = list?.chunks[number];
    if (list === undefined || info === undefined) return undefined;
    const start = list.chunks.slice(0, number).reduce((sum, { bytes }) => sum + bytes, 0);
    const bytes = await readAt(join(this.#folder, nameOf(entry), CHUNKS_FILE), start, info.bytes);
    if (bytes !== undefined && isChunk(info, bytes)) return bytes;
    await this.#remove(list);
    return undefined;
  }

  /** Begins another; one at a time. */
  async begin(): Promise<UnfinishedSnapshot> {
    const folder = join(this.#folder, UNFINISHED);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    const file = await open(join(folder, CHUNKS_FILE), 'wx', 0o600);
    return new UnfinishedSnapshot(folder, file, async (position, chunks) => {
      const known = this.find(position);
      if (known !== undefined) await this.#remove(known);
      await rename(folder, join(this.#folder, nameOf(position)));
      await syncFolder(this.#folder);
      const list = { position, chunks };
      this.#lists = [list, ...this.#lists].sort((a, b) => b.position.index - a.position.index);
      for (const old of this.#lists.slice(KEPT)) await this.#remove(old);
      return list;
    });
  }

  async #remove(list: ChunkList): Promise<void> {
    this.#lists = this.#lists.filter((one) => one !== list);
    await rm(join(this.#folder, nameOf(list.position)), { recursive: true, force: true });
  }
}

/** A snapshot that is being written; ends with `finish` or `abandon`. */
export class UnfinishedSnapshot {
  readonly #folder: string;
  readonly #file: FileHandle;
  readonly #publish: (position: LogPosition, chunks: readonly ChunkInfo[]) => Promise<ChunkList>;
  readonly #chunks: ChunkInfo[] = [];

  constructor(
    folder: string,
    file: FileHandle,
    publish: (position: LogPosition, chunks: readonly ChunkInfo[]) => Promise<ChunkList>,
  ) {
    this.#folder = folder;
    this.#file = file;
    this.#publish = publish;
  }

  get length(): number {
    return this.#chunks.length;
  }

  async add(chunk: Uint8Array): Promise<void> {
    await this.#file.writeFile(chunk);
    this.#chunks.push(chunkInfo(chunk));
  }

  async finish(position: LogPosition): Promise<ChunkList> {
    await this.#file.sync();
    await this.#file.close();
    const text = JSON.stringify({ position, chunks: this.#chunks });
    const list = await open(join(this.#folder, LIST_FILE), 'wx', 0o600);
    try {
      await list.writeFile(text);
      await list.sync();
    } finally {
      await list.close();
    }
    await syncFolder(this.#folder);
    return this.#publish(position, this.#chunks);
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function nameOf({ index, hash }: LogEntryId): string {
  return `${index}-${hash}`;
}

function readList(folder: string): ChunkList | undefined {
  try {
    const list = parseChunkListText(readFileSync(join(folder, LIST_FILE), 'utf8'));
    const length = list?.chunks.reduce((sum, { bytes }) => sum + bytes, 0);
    return length === statSync(join(folder, CHUNKS_FILE)).size ? list : undefined;
  } catch {
    return undefined;
  }
}

async function readAt(
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, start);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Makes a rename in the folder last. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
