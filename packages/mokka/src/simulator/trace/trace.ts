/**
 * Writes down a run, line by line, and a hash of all lines: the same seed must give the same hash, always.
 */
import { createHash } from 'node:crypto';
import type { NodeId } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import { Formatter } from './format.ts';

export interface Trace {
  readonly observer: (now: () => number) => Observer;
  /** The last lines, at most as many as were asked for. */
  lastLines(): readonly string[];
  lineCount(): number;
  /** SHA-256 of every line so far, hexadecimal. Ends the trace. */
  hash(): string;
}

export interface TraceOptions {
  readonly ids: readonly NodeId[];
  /** Lines kept for `lastLines`. */
  readonly keep: number;
  /** Told of every line as it is written. */
  readonly onLine?: (line: string) => void;
}

export function createTrace(options: TraceOptions): Trace {
  const format = new Formatter(options.ids);
  const hash = createHash('sha256');
  let kept: string[] = [];
  let lines = 0;
  const observer = (now: () => number): Observer => {
    const write = (text: string): void => {
      const line = `${now().toFixed(3).padStart(10)} ${text}`;
      lines += 1;
      hash.update(line);
      options.onLine?.(line);
      kept.push(line);
      if (kept.length > 2 * options.keep) kept = kept.slice(-options.keep);
    };
    return {
      input: (node, input) => write(`n${node} <- ${format.input(input)}`),
      effect: (node, effect) => write(`n${node} -> ${format.effect(effect)}`),
      applied: (node, entries) =>
        write(`n${node} == application holds ${entries.map((entry) => entry.index).join(',')}`),
      crashed: (node) => write(`n${node} ** crashed`),
      booted: (node) => write(`n${node} ** boots`),
      fault: (description) => write(`   ** ${description}`),
    };
  };
  return {
    observer,
    lastLines: () => kept.slice(-options.keep),
    lineCount: () => lines,
    hash: () => hash.digest('hex'),
  };
}
