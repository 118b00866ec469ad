/**
 * Chunks of the one snapshot that this node is taking, a file each, in any order. Nothing in them is believed: a file
 * counts only while its bytes have the hash that the list names, so that whatever a crash leaves is found.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ChainError } from '../errors.ts';
import { type ChunkList, isChunk, parseChunkList, parseChunkListText } from './manifest.ts';
import { invalidSnapshot } from './snapshot-error.ts';
import type { TimeSlices } from './time-slices.ts';

const LIST_FILE = 'list.json';
const UNFINISHED = 'unfinished';

export class ReceivedChunks {
  readonly #folder: string;
  #list: ChunkList | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is being taken. Throws `invalid-request` when nothing is. */
  get list(): ChunkList {
    if (this.#list !== undefined) return this.#list;
    throw new ChainError('invalid-request', 'no snapshot is being taken');
  }

  /**
   * Goes on with this snapshot, or begins it and forgets another. Answers the numbers of the chunks that are here,
   * ascending. Throws `invalid-snapshot` for a list beyond the bounds.
   */
  async begin(given: ChunkList, slices: TimeSlices): Promise<readonly number[]> {
    const list = parseChunkList(given);
    if (list === undefined) throw invalidSnapshot('its list of chunks is not one');
    const text = JSON.stringify(list);
    this.#list = undefined;
    if (JSON.stringify(await this.stored()) !== text) {
      await this.forget();
      await mkdir(this.#folder, { mode: 0o700 });
      await this.#write(LIST_FILE, text);
    }
    this.#list = list;
    const here: number[] = [];
    for (const name of await readdir(this.#folder)) {
      const number = numberOf(name);
      if (number !== undefined && (await this.#read(number)) !== undefined) here.push(number);
      else if (name !== LIST_FILE) await rm(join(this.#folder, name), { force: true });
      if (slices.isOver) await slices.next();
    }
    return here.sort((a, b) => a - b);
  }

  /** Throws `invalid-snapshot` when these are not the bytes of that chunk. */
  check(number: number, bytes: Uint8Array): void {
    const info = this.list.chunks[number];
    if (info === undefined) throw invalidSnapshot(`it has no chunk ${number}`, { chunk: number });
    if (!isChunk(info, bytes)) {
      throw invalidSnapshot(`chunk ${number} does not match its hash`, { chunk: number });
    }
  }

  /** Checked bytes. */
  async add(number: number, bytes: Uint8Array): Promise<void> {
    await this.#write(String(number), bytes);
  }

  /** Throws `invalid-request` when it is not here, also when the file was damaged since; it is then to be fetched again. */
  async get(number: number): Promise<Uint8Array> {
    const bytes = await this.#read(number);
    if (bytes !== undefined) return bytes;
    await rm(join(this.#folder, String(number)), { force: true });
    throw new ChainError('invalid-request', `chunk ${number} is not here`, { chunk: number });
  }

  async forget(): Promise<void> {
    this.#list = undefined;
    // The list first: without it nothing counts.
    await rm(join(this.#folder, LIST_FILE), { force: true });
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #read(number: number): Promise<Uint8Array | undefined> {
    const info = this.list.chunks[number];
    if (info === undefined) return undefined;
    const bytes = await readFile(join(this.#folder, String(number))).catch(ignoreMissing);
    return bytes !== undefined && isChunk(info, bytes) ? bytes : undefined;
  }

  /** Under its name only when it is whole, as far as the process is concerned; the hash tells after a power cut. */
  async #write(name: string, content: Uint8Array | string): Promise<void> {
    const unfinished = join(this.#folder, UNFINISHED);
    await writeFile(unfinished, content, { mode: 0o600 });
    await rename(unfinished, join(this.#folder, name));
  }

  /** The list that is on disk. */
  async stored(): Promise<ChunkList | undefined> {
    const text = await readFile(join(this.#folder, LIST_FILE), 'utf8').catch(ignoreMissing);
    return text === undefined ? undefined : parseChunkListText(text);
  }
}

function numberOf(name: string): number | undefined {
  return /^\d{1,6}$/.test(name) ? Number(name) : undefined;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
