/** Processor time of processes, from `/proc`, so on Linux only: a busy machine changes it less than the wall clock. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in `/proc/<pid>/stat`, the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** User and system seconds of all threads of these processes so far; those that are gone count nothing. */
export function processorSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = statOf(pid);
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
  }, 0);
}

/** As {@link processorSeconds}, of this process's main thread alone. */
export function mainThreadSeconds(): number {
  const fields = statOf(`${process.pid}/task/${process.pid}`);
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => Number(statOf(candidate)[1]) === pid);
}

/** Fields from the third on: state, parent, ..., user ticks (11), system ticks (12). */
function statOf(pid: number | string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
