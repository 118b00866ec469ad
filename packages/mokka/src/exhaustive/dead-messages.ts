/** Messages that the search leaves out of its states. */
import type { LocalState, Packet } from './local-states.ts';

/**
 * Whether a message can have no effect on its receiver any more, whatever happens: terms and commits that are on disk only grow.
 * `isSafe`: the receiver will not crash any more.
 */
export function isDead({ message }: Packet, receiver: LocalState, isSafe: boolean): boolean {
  const term = isSafe ? receiver.term : receiver.durableTerm;
  switch (message.type) {
    case 'propose': {
      const { entry } = message;
      const isKnown = receiver.follows === entry.term && receiver.log.has(entry.hash);
      return entry.term < term || (isSafe && isKnown);
    }
    case 'term-vote':
      return (
        message.termVote.term < term || (message.termVote.term === term && !receiver.isCandidate)
      );
    case 'vote':
      return (
        message.vote.index <= receiver.committed.index ||
        (message.vote.term < term && message.vote.term !== receiver.ledTerm)
      );
    case 'certificate': {
      const { certificate } = message;
      if (certificate.phase === 'commit') return certificate.hash === receiver.committed.hash;
      return certificate.term < term || certificate.index <= receiver.committed.index;
    }
    case 'entries':
      return isSafe && message.request !== receiver.request;
    default:
      return false;
  }
}
