/** A stimulus in words, for the steps that led to a violation. */
import type { Stimulus } from './machine.ts';

export function describe(stimulus: Stimulus): string {
  switch (stimulus.type) {
    case 'deliver':
      return `gets ${describeMessage(stimulus)}`;
    case 'elect':
      return `hears a quorum ask for term ${stimulus.term}`;
    case 'propose':
      return 'proposes a payload';
    case 'patience':
      return 'does not wait for the highest lock any longer';
    case 'crash':
      return 'loses power and restarts';
    case 'torn':
      return `${describe(stimulus.cause)} and loses power after write ${stimulus.writes}`;
  }
}

function describeMessage({ from, message }: Extract<Stimulus, { type: 'deliver' }>): string {
  const entry = (id: { index: number; hash: string }): string =>
    `${id.index}:${id.hash.slice(0, 6)}`;
  switch (message.type) {
    case 'term-vote': {
      const { voter, term, lock } = message.termVote;
      return `term vote T${term} of ${voter.slice(0, 4)} via n${from}, lock ${lock.term}/${entry(lock)}`;
    }
    case 'propose':
      return `proposal ${message.entry.kind} T${message.entry.term} ${entry(message.entry)} from n${from}`;
    case 'vote':
      return `vote T${message.vote.term} ${entry(message.vote)} from n${from}`;
    case 'certificate':
      return `certificate T${message.certificate.term} ${entry(message.certificate)} from n${from}`;
    case 'fetch':
      return `fetch up to ${entry(message.tip)} from n${from}`;
    case 'entries':
      return `entries ${message.entries.map(entry).join(' ')} from n${from}`;
    default:
      return `${message.type} from n${from}`;
  }
}
