import type { HeaderData } from '@praline/chain';

/** Whole seconds, never before the parent. Proposer and voters compute it alike. */
export function timestampOf(parent: Pick<HeaderData, 'timestamp'>, timestampMs: number): number {
  return Math.max(parent.timestamp, Math.floor(timestampMs / 1000));
}
