/**
 * A log file that never stands in the way: a line that can not be written, such as on a full disk, is lost, and neither the code that
 * logs nor the end of the node waits for it.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export class LogFile {
  readonly #file: number;
  /** The last line was cut off or lost: the next one begins on a line of its own. */
  #isTorn = false;
  #isClosed = false;

  /** Appends. Throws when the file can not be opened. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a');
  }

  /** One line with its end. */
  write(line: string): void {
    if (this.#isClosed) {
      return;
    }
    const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
    try {
      this.#isTorn = true;
      this.#isTorn = writeSync(this.#file, bytes) < bytes.length;
    } catch {
      // There is nowhere left to tell it.
    }
  }

  /** Gets the last lines to the disk. */
  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    try {
      fsyncSync(this.#file);
    } catch {
      // Not every file can be synced.
    }
    closeSync(this.#file);
  }
}
