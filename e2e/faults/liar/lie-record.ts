/** How often the liar lied, by habit: kept in a file across its processes, so that a run can tell that it did lie. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const recordSchema = z.object({
  /** Processes of the liar so far. */
  starts: z.int(),
  lies: z.record(z.string(), z.int()),
});

export type LieCounts = z.infer<typeof recordSchema>;

export function readLieCounts(path: string): LieCounts {
  if (!existsSync(path)) return { starts: 0, lies: {} };
  return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

const SAVE_INTERVAL_MS = 500;

export class LieRecord {
  readonly starts: number;
  readonly #path: string;
  readonly #lies: Map<string, number>;
  #isChanged = true;

  constructor(path: string) {
    this.#path = path;
    const { starts, lies } = readLieCounts(path);
    this.starts = starts + 1;
    this.#lies = new Map(Object.entries(lies));
    this.#save();
    setInterval(() => this.#save(), SAVE_INTERVAL_MS).unref();
  }

  note(habit: string): void {
    this.#lies.set(habit, (this.#lies.get(habit) ?? 0) + 1);
    this.#isChanged = true;
  }

  /** Whole or not at all: the process may be killed at any time. */
  #save(): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const counts: LieCounts = { starts: this.starts, lies: Object.fromEntries(this.#lies) };
    writeFileSync(`${this.#path}.new`, JSON.stringify(counts));
    renameSync(`${this.#path}.new`, this.#path);
  }
}
