import { createHash } from 'node:crypto';

/** Which tests are run, by their file and name. */
export interface Selection {
  /** Only tests whose file and name contain this text; all when absent. */
  readonly filter?: string;
  /** One of so many, spread over all files; 1 for all. The same ones in every run. */
  readonly oneOf: number;
}

/** `name`: file and test with a blank between them. */
export function isSelected(name: string, { filter, oneOf }: Selection): boolean {
  if (filter !== undefined && !name.includes(filter)) return false;
  return oneOf === 1 || createHash('sha256').update(name).digest().readUInt32BE(0) % oneOf === 0;
}
