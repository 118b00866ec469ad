/**
 * Giving leadership away without a gap. Rule *expiry*: before its proof expires, or when asked, a leader lets what is in flight
 * commit, then signs a hand-over to a connected validator that is caught up.
 */
import type { CoreContext, Done } from './context.ts';
import type { HandOver } from './statements.ts';
import type { NodeId, Term } from './types.ts';

/** Starts a transfer; null chooses any validator that is ready. */
export function beginTransfer(context: CoreContext, to: NodeId | null): Done {
  const { leading } = context;
  if (leading === null) return context.ignore('not-leading');
  const others = context.otherValidators();
  if (to === context.self || (to !== null && !others.includes(to))) {
    return context.ignore('not-a-validator');
  }
  if (others.length === 0 || leading.transfer !== null) return context.ignore('transfer-refused');
  const { electionTimeout } = context.options.timing;
  leading.transfer = { to, deadline: context.now + electionTimeout, sent: false };
  context.changed = true;
}

/** Sends the hand-over as soon as nothing is in flight and somebody is ready for it. */
export function driveTransfer(context: CoreContext): Done {
  const { leading, log, execution } = context;
  const transfer = leading?.transfer ?? null;
  if (leading === null || transfer === null || transfer.sent || !leading.announced) return;
  if (execution.request?.kind === 'prepare' || log.tip.index !== log.committed.index) return;
  // A payload of its own that the application judges is in flight too.
  if (context.incoming.size > 0) return;
  const to = chooseSuccessor(context, transfer.to);
  if (to === null) return;
  transfer.sent = true;
  const toTerm = termLedBy(context, to);
  const handOver = context.signer.sign<HandOver>({
    type: 'hand-over',
    epoch: context.epoch,
    fromTerm: context.term,
    toTerm,
    leader: context.self,
  });
  context.send(to, { type: 'hand-over', handOver });
}

/** The transfer took too long: this node goes on leading. */
export function endTransfer(context: CoreContext): Done {
  if (context.leading === null) return;
  context.leading.transfer = null;
  context.changed = true;
}

function chooseSuccessor(context: CoreContext, wanted: NodeId | null): NodeId | null {
  const ready: NodeId[] = [];
  for (const id of context.otherValidators()) {
    const peer = context.peers.get(id);
    if (peer === undefined) continue;
    const caughtUp = peer.last !== null && peer.last.index >= context.log.tip.index;
    if (peer.connected && caughtUp && (wanted === null || wanted === id)) ready.push(id);
  }
  const next = ready.sort((left, right) => termLedBy(context, left) - termLedBy(context, right));
  return next[0] ?? null;
}

/** The first term after the present one that this validator leads; at most n above. */
function termLedBy(context: CoreContext, validator: NodeId): Term {
  for (let term = context.term + 1; term <= context.term + context.validators.length; term += 1) {
    if (context.leaderOf(term as Term) === validator) return term as Term;
  }
  return (context.term + context.validators.length) as Term;
}
