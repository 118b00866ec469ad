import type { CommittedBlock, CommittedTransition } from '../transition.ts';

/** The blocks among what was committed. */
export function blocksAmong(committed: readonly CommittedTransition[]): CommittedBlock[] {
  return committed.flatMap((one) => (one.kind === 'block' ? [one] : []));
}
