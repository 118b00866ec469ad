/** Keeps the history in memory for the checks, and writes it line by line for people. */
import { appendFileSync } from 'node:fs';
import type { Attempt, History, Read, SentTransaction } from '../history.ts';

export class Recorder implements History {
  readonly transactions: SentTransaction[] = [];
  readonly attempts: Attempt[] = [];
  readonly reads: Read[] = [];
  /** The highest block that a client was told of, with when. */
  readonly heights: { readonly at: number; readonly height: number }[] = [];
  readonly #path: string;
  readonly #startedAt: number;
  #lines: string[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#startedAt = performance.now();
  }

  /** Milliseconds since the start, with three decimals. */
  now(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000) / 1000;
  }

  sent(transaction: SentTransaction): void {
    this.transactions.push(transaction);
    this.#write({ type: 'transaction', ...transaction });
  }

  attempted(attempt: Attempt): void {
    this.attempts.push(attempt);
    this.#write({ type: 'attempt', ...attempt });
    if (attempt.outcome === 'ok') this.sawHeight(attempt.position.blockNumber);
  }

  read(read: Read): void {
    this.reads.push(read);
    this.#write({ type: 'read', ...read });
  }

  sawHeight(height: number): void {
    if (height > (this.heights.at(-1)?.height ?? -1)) this.heights.push({ at: this.now(), height });
  }

  /** Puts on disk what was gathered. */
  flush(): void {
    if (this.#lines.length === 0) return;
    appendFileSync(this.#path, `${this.#lines.join('\n')}\n`);
    this.#lines = [];
  }

  #write(line: unknown): void {
    this.#lines.push(JSON.stringify(line));
    if (this.#lines.length >= 500) this.flush();
  }
}
