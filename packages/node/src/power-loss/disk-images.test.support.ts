/**
 * What a machine's disk may hold when its power fails, or its process is killed, at any write of an LMDB environment.
 *
 * LMDB commits in two steps: it writes new pages to places that the last commit does not use and syncs them
 * (`fdatasync`), then it writes one meta page, of which a few bytes in its first sector change, and syncs that. So until
 * the first sync has returned any part of the new pages may be on disk, down to single sectors, in any order, and the file
 * may or may not have grown; between the syncs all of them and not the meta page; after the second everything. Images are
 * made from two copies of the file, before a transaction and after it, that show all of this. Transactions of both
 * environments take turns here, so that a copy is never of a file that is being written.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const PAGE_BYTES = 4_096;
const META_PAGES = 2;
/** The least that a disk writes whole. */
const SECTOR_BYTES = 512;

/** Files of a folder by path below it. */
export type FolderImage = ReadonlyMap<string, Buffer>;

export type ImageKind =
  /** Killed, or the power failed with nothing of the transaction on disk. */
  | 'before'
  /** Some sectors of the new pages are on disk. */
  | 'torn'
  /** All new pages are on disk, the meta page is not. */
  | 'without-meta'
  /** The transaction is on disk and nobody has been told. */
  | 'after';

export interface DiskImage<Acknowledged> {
  readonly kind: ImageKind;
  /** File that was being written, and the number of the transaction in all. */
  readonly name: string;
  readonly files: FolderImage;
  /** What had been acknowledged when the transaction began. */
  readonly acknowledged: Acknowledged;
}

/** `random` answers a number from 0 to 1. */
export class ImageRecorder<Acknowledged> {
  readonly images: DiskImage<Acknowledged>[] = [];
  readonly #folder: string;
  readonly #acknowledged: () => Acknowledged;
  readonly #random: () => number;
  readonly #files = new Map<string, Buffer>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, acknowledged: () => Acknowledged, random: () => number) {
    this.#folder = folder;
    this.#acknowledged = acknowledged;
    this.#random = random;
  }

  /** Files that exist before the first transaction. */
  add(...names: string[]): void {
    for (const name of names) this.#files.set(name, readFileSync(join(this.#folder, name)));
  }

  /** Runs a transaction of an environment when no other one runs. */
  transaction<Value>(path: string, run: () => Promise<Value>): Promise<Value> {
    const result = this.#turn.then(() => this.#record(path, run));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #record<Value>(path: string, run: () => Promise<Value>): Promise<Value> {
    const name = join(basename(dirname(path)), basename(path));
    const acknowledged = this.#acknowledged();
    const before = this.#files.get(name);
    if (before === undefined) throw new Error(`${name} is not recorded`);
    const value = await run();
    const after = readFileSync(path);
    const add = (kind: ImageKind, content: Buffer): void => {
      const files = new Map([...this.#files, [name, content] as const]);
      this.images.push({ kind, name: `${name} ${this.images.length}`, files, acknowledged });
    };
    add('before', before);
    add('torn', this.#tear(before, after));
    add('without-meta', withMeta(after, before));
    this.#files.set(name, after);
    add('after', after);
    return value;
  }

  /** Each changed sector outside the meta pages is of either copy, and the file as long as either. */
  #tear(before: Buffer, after: Buffer): Buffer {
    const length = this.#random() < 0.5 ? after.length : before.length;
    const torn = Buffer.alloc(length);
    before.copy(torn);
    for (let at = META_PAGES * PAGE_BYTES; at < length; at += SECTOR_BYTES) {
      if (this.#random() < 0.5) after.copy(torn, at, at, at + SECTOR_BYTES);
    }
    return torn;
  }
}

/** Makes a folder of an image. */
export function layOut(image: FolderImage, folder: string): void {
  for (const [name, content] of image) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

function withMeta(pages: Buffer, meta: Buffer): Buffer {
  const mixed = Buffer.from(pages);
  meta.copy(mixed, 0, 0, META_PAGES * PAGE_BYTES);
  return mixed;
}
