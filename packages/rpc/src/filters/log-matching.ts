/** Whether a log is one a client asked for. */
import type { LogData } from '@praline/chain';
import type { LogCriteria } from '../parameters/log-filter.ts';

export function matchesCriteria(log: LogData, { addresses, topics }: LogCriteria): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  if (topics.length > log.topics.length) return false;
  return topics.every((wanted, position) => {
    const topic = log.topics[position];
    return wanted === null || (topic !== undefined && wanted.includes(topic));
  });
}
