/**
 * Everything a core knows, as one text: two cores with the same text react alike for ever in this model. Whatever a core gains
 * is part of it by itself; what is left out is named here with the reason.
 */
import type { CoreContext } from '../core/context.ts';
import { Log } from '../core/log.ts';

/** Fields that no reaction of the model depends on. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  // The same in all states.
  'options',
  'signer',
  'random',
  'unixTime',
  'validators',
  // Counters and times for operators.
  'ignoredCounts',
  'waiting',
  'lastHeard',
  // Only heartbeats, hand-overs and step-down ask for these; the model has none.
  'followedAt',
  'repeatAt',
  'last',
  // Only how long timers take.
  'failedTerms',
  'lastProgressAt',
  // Which quorum of equal weight justified a promise: receivers ask whether it is valid, and all are.
  'justification',
  'signature',
  'changed',
  // Who is known to lie: only heartbeats and hand-overs ask.
  'misbehaviour',
  // What was verified once is valid again.
  'certificates',
]);

export function fingerprintOf(context: CoreContext): string {
  const parts: string[] = [];
  // Of term votes only those count that are above the own term, or of it while this node is a candidate.
  write(context, parts, context.candidacy === null ? context.term + 1 : context.term);
  return parts.join('');
}

function write(value: unknown, parts: string[], term: number): void {
  if (value === null || typeof value !== 'object') parts.push(String(value), ';');
  else if (value instanceof Uint8Array) parts.push(Buffer.from(value).toString('latin1'), ';');
  else if (value instanceof Log) writeLog(value, parts, term);
  else if (value instanceof Map) writeMap(value, parts, term);
  else if (value instanceof Set || Array.isArray(value)) {
    parts.push('[');
    for (const one of value) write(one, parts, term);
    parts.push(']');
  } else writeObject(value as Record<string, unknown>, parts, term);
}

function writeObject(value: Record<string, unknown>, parts: string[], term: number): void {
  // An entry is named by its hash.
  if ('parentHash' in value && 'hash' in value) {
    parts.push(String(value['hash']), ';');
    return;
  }
  parts.push('{');
  for (const key of Object.keys(value)) {
    if (LEFT_OUT.has(key)) continue;
    parts.push(key, ':');
    write(value[key], parts, term);
  }
  parts.push('}');
}

function writeMap(map: ReadonlyMap<unknown, unknown>, parts: string[], term: number): void {
  parts.push('<');
  const entries = [...map].map(([key, value]): [string, unknown] => [String(key), value]);
  for (const [key, value] of entries.sort(([left], [right]) => (left < right ? -1 : 1))) {
    if (isTermVote(value) && value.term < term) continue;
    parts.push(key, '=');
    // The signatures in a tally follow from its hash.
    write(value instanceof Uint8Array ? null : value, parts, term);
  }
  parts.push('>');
}

function isTermVote(value: unknown): value is { term: number } {
  return typeof value === 'object' && value !== null && 'lock' in value && 'voter' in value;
}

function writeLog(log: Log, parts: string[], term: number): void {
  for (let index = 1; index <= log.tip.index; index += 1) parts.push(log.hashAt(index) ?? '?', ',');
  parts.push(`synced ${log.syncedIndex} committed `);
  write(log.committed, parts, term);
  for (let index = 1; index <= log.tip.index; index += 1) {
    write(log.certificateAt(index), parts, term);
  }
}
