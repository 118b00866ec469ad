import { execFileSync } from 'node:child_process';

/** Resident memory of a process, MiB. Throws when it is gone. */
export function residentMiB(pid: number): number {
  const kibibytes = Number(
    execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }),
  );
  return kibibytes / 1024;
}
