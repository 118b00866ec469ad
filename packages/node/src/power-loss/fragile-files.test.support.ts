/**
 * `node:fs` on a machine whose power fails at a chosen operation. What was synced by then stays: a file's content with its
 * own sync, its name with its folder's. Of names that were not, those of the first few operations stay, as a journal keeps
 * them; files whose content was not are empty. Only what goes through the wrapped functions is followed.
 */
import type * as FileSystem from 'node:fs';
import { dirname, resolve } from 'node:path';

/** In place of an operation that never happened because the process had ended. */
export class PowerFailure extends Error {
  override readonly name = 'PowerFailure';
}

interface NameChange {
  readonly folder: string;
  undo(): void;
}

export class FragileFiles {
  /** What a test puts in the place of `node:fs`. */
  readonly wrapped: object;
  /** Operations so far. */
  operations = 0;
  readonly #real: typeof FileSystem;
  #failsAt = Number.POSITIVE_INFINITY;
  #isFollowing = false;
  #names: NameChange[] = [];
  readonly #unsynced = new Set<string>();
  readonly #open = new Map<number, string>();

  constructor(real: typeof FileSystem) {
    this.#real = real;
    this.wrapped = { ...real, ...this.#functions(real) };
  }

  /** From now on, until the power fails at operation `number` (from 1). */
  follow(number: number): void {
    this.operations = 0;
    this.#failsAt = number;
    this.#names = [];
    this.#unsynced.clear();
    this.#isFollowing = true;
  }

  /** The power is gone and back: `kept` of the names that were not synced are there. */
  restart(kept: number): void {
    this.#isFollowing = false;
    for (const { undo } of this.#names
      .slice(Math.floor(kept * (this.#names.length + 1)))
      .reverse()) {
      undo();
    }
    for (const path of this.#unsynced) {
      if (this.#real.existsSync(path)) this.#real.truncateSync(path);
    }
  }

  #step(): void {
    if (!this.#isFollowing) return;
    if (this.operations + 1 >= this.#failsAt) throw new PowerFailure('the power failed');
    this.operations += 1;
  }

  #named(path: string, undo: () => void): void {
    if (this.#isFollowing) this.#names.push({ folder: dirname(resolve(path)), undo });
  }

  #functions(real: typeof FileSystem) {
    const remove = (path: string) => real.rmSync(path, { recursive: true, force: true });
    return {
      mkdirSync: (path: string, options?: FileSystem.MakeDirectoryOptions) => {
        this.#step();
        const isNew = !real.existsSync(path);
        real.mkdirSync(path, options);
        if (isNew) this.#named(path, () => remove(path));
      },
      openSync: (path: string, flags: string, mode?: number) => {
        this.#step();
        const isNew = !real.existsSync(path);
        const file = real.openSync(path, flags, mode);
        this.#open.set(file, resolve(path));
        if (isNew) this.#named(path, () => remove(path));
        return file;
      },
      writeSync: (file: number, bytes: Uint8Array, at?: number) => {
        const path = this.#open.get(file);
        if (path !== undefined && this.#isFollowing) this.#unsynced.add(path);
        this.#step();
        return real.writeSync(file, bytes, at);
      },
      writeFileSync: (path: string, content: string, options?: FileSystem.WriteFileOptions) => {
        this.#step();
        const isNew = !real.existsSync(path);
        real.writeFileSync(path, content, options);
        if (isNew) this.#named(path, () => remove(path));
        if (this.#isFollowing) this.#unsynced.add(resolve(path));
      },
      fsyncSync: (file: number) => {
        this.#step();
        real.fsyncSync(file);
        const path = this.#open.get(file);
        if (path === undefined) return;
        this.#unsynced.delete(path);
        this.#names = this.#names.filter(({ folder }) => folder !== path);
      },
      closeSync: (file: number) => {
        real.closeSync(file);
        this.#open.delete(file);
      },
      renameSync: (from: string, to: string) => {
        this.#step();
        const replaced = real.existsSync(to) ? real.readFileSync(to) : undefined;
        real.renameSync(from, to);
        this.#renameUnsynced(resolve(from), resolve(to));
        this.#named(to, () => {
          if (real.existsSync(to)) real.renameSync(to, from);
          if (replaced !== undefined) real.writeFileSync(to, replaced);
        });
      },
      linkSync: (from: string, to: string) => {
        this.#step();
        real.linkSync(from, to);
        if (this.#unsynced.has(resolve(from))) this.#unsynced.add(resolve(to));
        this.#named(to, () => remove(to));
      },
      rmSync: (path: string, options?: FileSystem.RmOptions) => {
        this.#step();
        const removed = real.statSync(path, { throwIfNoEntry: false })?.isFile()
          ? real.readFileSync(path)
          : undefined;
        real.rmSync(path, options);
        if (removed !== undefined) this.#named(path, () => real.writeFileSync(path, removed));
      },
      rmdirSync: (path: string) => {
        this.#step();
        real.rmdirSync(path);
        this.#named(path, () => void real.mkdirSync(path));
      },
    };
  }

  #renameUnsynced(from: string, to: string): void {
    for (const path of [...this.#unsynced]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#unsynced.delete(path);
      this.#unsynced.add(to + path.slice(from.length));
    }
  }
}
