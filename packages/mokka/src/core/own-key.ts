/**
 * Rule *own-key*: a node that sees a valid statement of its own key which its store does not know stops: its key is in use
 * elsewhere, or its store was replaced. Pre-votes, heartbeats and what is pruned prove nothing.
 */
import type { Certificate, LeaderProof } from './certificate.ts';
import type { CoreContext } from './context.ts';
import type { Entry } from './entry.ts';
import type { TermVote, Vote, VotePhase } from './statements.ts';
import type { EntryHash, LogIndex, Term } from './types.ts';

/** The caller has verified the signature. */
export function checkOwnTermVote(context: CoreContext, seen: TermVote): void {
  // Promises of another epoch are over with it, and no longer stored.
  if (seen.voter !== context.self || seen.epoch !== context.epoch) return;
  const own = context.termVote?.termVote ?? null;
  // An earlier term's vote was overwritten by the present one: nothing is left to compare with.
  if (own !== null && seen.term < own.term) return;
  const same =
    own !== null &&
    seen.term === own.term &&
    seen.lock.term === own.lock.term &&
    seen.lock.index === own.lock.index &&
    seen.lock.hash === own.lock.hash;
  if (!same) stop(context, `term vote for term ${seen.term}`);
}

/** The caller has verified the signature. */
export function checkOwnVote(context: CoreContext, seen: Vote): void {
  // Nor are the votes of an epoch that is over.
  if (seen.voter !== context.self || seen.epoch !== context.epoch) return;
  checkPlace(context, seen, seen.phase, 'vote');
}

/** The caller has verified the certificate. */
export function checkOwnVoteIn(context: CoreContext, certificate: Certificate): void {
  if (certificate.votes.some((vote) => vote.voter === context.self)) {
    checkPlace(context, certificate, certificate.phase, 'vote in a certificate');
  }
}

/** The caller has verified the proof. */
export function checkOwnTermVoteIn(context: CoreContext, proof: LeaderProof): void {
  for (const vote of proof.votes) checkOwnTermVote(context, vote);
}

/** An entry that names this node as its proposer; it was voted for in the transaction that stored it. */
export function checkOwnEntry(context: CoreContext, entry: Entry): void {
  if (entry.proposer !== context.self || entry.epoch !== context.epoch) return;
  checkPlace(context, entry, context.crashModel === 'CFT' ? 'commit' : 'prepare', 'proposal');
}

function checkPlace(
  context: CoreContext,
  seen: { readonly term: Term; readonly index: LogIndex; readonly hash: EntryHash },
  phase: VotePhase,
  what: string,
): void {
  if (seen.index <= context.log.committed.index) return;
  const isSecondPhase = phase === 'commit' && context.crashModel === 'BFT';
  const votes = isSecondPhase ? context.preparation.commitVotes : context.ownVotes;
  const own = votes.get(seen.index);
  // A later term's vote at the same index replaced the earlier one.
  if (own !== undefined && own.term > seen.term) return;
  if (own !== undefined && own.term === seen.term && own.hash === seen.hash) return;
  stop(context, `${what} of term ${seen.term} at index ${seen.index}`);
}

function stop(context: CoreContext, what: string): void {
  context.halt(
    'own-key',
    `saw a ${what} that is signed by this node's key and is not in its store: ` +
      'the key is used by another process, or the data folder was replaced; give this node a new key',
  );
}
