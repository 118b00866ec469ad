/**
 * Rule *snapshot*: an entry that the operator knows to be right. The keys of validators that left long ago may have leaked, and with
 * them another history could be signed: one that does not hold the trusted entry is refused.
 */
import type { CoreContext } from './context.ts';
import type { Entry } from './entry.ts';
import type { EntryId } from './types.ts';

/** Whether the trusted entry is still to come: then nothing may be taken that does not show it. */
function trustedAhead({ options, log }: CoreContext): EntryId | null {
  const trusted = options.trustedEntry ?? null;
  return trusted === null || trusted.index <= log.committed.index ? null : trusted;
}

/** Stops the node when the trusted entry's place is taken by another one of these, which a certificate proves. */
export function checkTrusted(context: CoreContext, entries: readonly Entry[]): boolean {
  const trusted = trustedAhead(context);
  const found = trusted && entries.find(({ index }) => index === trusted.index);
  if (trusted === null || !found || found.hash === trusted.hash) return true;
  context.halt(
    'trusted-entry-mismatch',
    `entry ${trusted.index} is ${found.hash} and not the trusted ${trusted.hash}: ` +
      'the trusted entry is of another cluster, or the peers show a forged history',
  );
  return false;
}

/** As {@link checkTrusted}, of the log's entries up to one that a certificate names. */
export function checkTrustedUpTo(context: CoreContext, index: number): boolean {
  const trusted = trustedAhead(context);
  const entry = trusted && trusted.index <= index ? context.log.get(trusted.index) : undefined;
  return entry === undefined || checkTrusted(context, [entry]);
}

/**
 * Whether a snapshot shows the trusted entry among the entries that prove it. One from above does not show what it was built on,
 * one from below not what it leads to: entries are fetched instead.
 */
export function showsTrusted(context: CoreContext, entries: readonly Entry[]): boolean {
  const trusted = trustedAhead(context);
  return trusted === null || entries.some(({ index }) => index === trusted.index);
}
