/** Serving entries to those that fetch them, from memory or through the host's storage, within bounds. */
import type { CommitCertificate } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import type { Entry } from './entry.ts';
import type { Message } from './message.ts';
import type { LogIndex, NodeId, Ticket } from './types.ts';

export function onFetch(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'fetch' }>,
): Done {
  const { log } = context;
  const { maxFetchEntries, maxFetchBytes } = context.options.limits;
  if (message.from === 0) return context.ignore('fetch-of-root');
  const allowance = context.crashModel === 'BFT' ? context.peers.get(from)?.fetches : undefined;
  if (allowance?.isLeft(context.now) === false) return context.ignore('fetches-too-much');
  if (message.from < context.pruning.lowest) {
    const { lowest } = context.pruning;
    const { request } = message;
    return context.send(from, { type: 'entries', request, entries: [], certificate: null, lowest });
  }
  const last = Math.min(
    lastToServe(context, message.tip),
    message.from + maxFetchEntries - 1,
    context.epochs.firstFrom(message.from)?.since ?? Number.POSITIVE_INFINITY,
  );
  if (message.from > last) return answer(context, from, message.request, [], null);
  if (log.get(message.from) !== undefined) {
    const entries: Entry[] = [];
    let certificate: CommitCertificate | null = null;
    let bytes = 0;
    for (let index: number = message.from; index <= last; index += 1) {
      const entry = log.get(index);
      if (
        entry === undefined ||
        (entries.length > 0 && bytes + entry.payload.length > maxFetchBytes)
      ) {
        break;
      }
      entries.push(entry);
      bytes += entry.payload.length;
      certificate = log.certificateAt(index) ?? certificate;
    }
    allowance?.spend(bytes);
    return answer(context, from, message.request, entries, certificate);
  }
  for (const serving of context.serving.values()) {
    if (serving.to === from) return context.ignore('fetch-under-way');
  }
  allowance?.spend(maxFetchBytes);
  const ticket = context.ticket();
  context.serving.set(ticket, { to: from, request: message.request });
  context.emit({
    type: 'read-entries',
    ticket,
    from: message.from,
    to: last as LogIndex,
    maxBytes: maxFetchBytes,
  });
}

/** Of another chain than the asked one only what is committed is of use. */
function lastToServe(context: CoreContext, tip: { index: LogIndex; hash: string }): LogIndex {
  const { log } = context;
  if (tip.index <= log.committed.index) return tip.index;
  return log.hashAt(tip.index) === tip.hash ? tip.index : log.committed.index;
}

/** The disk answered; false when the ticket is not one of this service. */
export function onServedRead(
  context: CoreContext,
  ticket: Ticket,
  entries: readonly Entry[],
  certificate: CommitCertificate | null,
): boolean {
  const serving = context.serving.get(ticket);
  if (serving === undefined) return false;
  context.serving.delete(ticket);
  answer(context, serving.to, serving.request, entries, certificate);
  return true;
}

function answer(
  context: CoreContext,
  to: NodeId,
  request: number,
  entries: readonly Entry[],
  certificate: CommitCertificate | null,
): Done {
  const [first] = entries;
  const last = entries[entries.length - 1];
  // Rule *membership*: where an epoch ends, the certificate is the one of exactly that entry.
  const ended = first === undefined ? null : context.epochs.firstFrom(first.index);
  const exact = ended !== null && ended.since === last?.index ? ended.certificate : certificate;
  context.send(to, { type: 'entries', request, entries, certificate: exact });
}
