import type { StartOptions } from '@praline/node';
import { InvalidArgumentError } from 'commander';

export type Retention = NonNullable<StartOptions['retention']>;

export const RETENTION_HELP =
  'entries of the log to keep behind what is applied, such as 100000; "archive" keeps all (default)';

/** Parser of `--retention`: `archive`, or a number of entries. */
export function parseRetention(text: string): Retention {
  if (text === 'archive') {
    return 'archive';
  }
  const entries = Number(text);
  if (!/^\d+$/.test(text) || entries < 1 || !Number.isSafeInteger(entries)) {
    throw new InvalidArgumentError('Write "archive" or a whole number of entries, 1 or more.');
  }
  return { entries };
}

/** As `praline node` takes it. */
export function formatRetention(retention: Retention): string {
  return retention === 'archive' ? retention : String(retention.entries);
}
