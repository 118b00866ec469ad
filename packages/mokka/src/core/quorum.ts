/** Sizes of quorums and who leads a term. All of them follow from the crash model and the validator set. */
import type { CrashModel, NodeId, Term } from './types.ts';

/** Greatest number of faulty validators of n: CFT n >= 2f+1, BFT n >= 3f+1. */
export function faultsTolerated(crashModel: CrashModel, validators: number): number {
  return Math.floor((validators - 1) / (crashModel === 'CFT' ? 2 : 3));
}

/** Votes that make a quorum: any two share a correct validator. CFT floor(n/2)+1, BFT ceil((n+f+1)/2). */
export function quorumSize(crashModel: CrashModel, validators: number): number {
  if (crashModel === 'CFT') return Math.floor(validators / 2) + 1;
  return Math.ceil((validators + faultsTolerated('BFT', validators) + 1) / 2);
}

/** The only validator that may lead `term`: number t mod n of the epoch's set. */
export function leaderOf(validators: readonly NodeId[], term: Term): NodeId {
  const leader = validators[term % validators.length];
  if (leader === undefined) throw new RangeError('an epoch has at least one validator');
  return leader;
}
