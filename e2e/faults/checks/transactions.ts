/** Nothing acknowledged is lost, nothing is mined twice, nothing is mined that nobody sent. */
import { type FinalState, type Located, locate, referenceChain } from '../final-state.ts';
import { type History, type TransactionSpan, transactionSpans } from '../history.ts';
import { type CheckResult, checkResult } from './check-result.ts';

/** Every answer that a transaction is mined names the block where it still stands, and it succeeded there. */
export function checkAcknowledged(history: History, state: FinalState): CheckResult {
  const violations: string[] = [];
  const located = byHash(state);
  const acknowledged = new Set<string>();
  for (const attempt of history.attempts) {
    if (attempt.outcome !== 'ok') continue;
    acknowledged.add(attempt.hash);
    const places = located.get(attempt.hash) ?? [];
    const told = `node ${attempt.node} acknowledged ${attempt.hash} in block ${attempt.position.blockNumber}`;
    const [place] = places;
    if (place === undefined) violations.push(`lost: ${told}, and no block has it`);
    else if (places.length > 1) violations.push(`duplicated: ${told}, and it is mined more often`);
    else if (
      place.block.hash !== attempt.position.blockHash ||
      place.index !== attempt.position.index
    ) {
      violations.push(`moved: ${told}, and it is in block ${place.block.number} now`);
    } else if (!place.transaction.succeeded) violations.push(`reverted: ${told}`);
  }
  return checkResult('acknowledged', `${acknowledged.size} acknowledged transactions`, violations);
}

/** What was not acknowledged is mined at most once; what was never sent, or comes from nowhere, is not mined. */
export function checkAtMostOnce(history: History, state: FinalState): CheckResult {
  const violations: string[] = [];
  const spans = transactionSpans(history);
  for (const [hash, places] of byHash(state)) {
    const span = spans.get(hash);
    if (places.length > 1) violations.push(`duplicated: ${hash} is in ${places.length} places`);
    if (span === undefined) violations.push(`invented: nobody sent ${hash}, and it is mined`);
    else if (!span.wasSent) violations.push(`invented: no attempt of ${hash} reached a node`);
  }
  return checkResult('at-most-once', `${spans.size} transactions sent`, violations);
}

/** The nonces of every account that sent something are 0, 1, 2 and so on, in the chain's order. */
export function checkNonces(state: FinalState): CheckResult {
  const violations: string[] = [];
  const next = new Map<string, number>();
  for (const { transaction, block } of locate(referenceChain(state))) {
    const expected = next.get(transaction.from) ?? 0;
    if (transaction.nonce !== expected) {
      violations.push(
        `${transaction.from} has nonce ${transaction.nonce} in block ${block.number}, where ${expected} is next`,
      );
    }
    next.set(transaction.from, transaction.nonce + 1);
  }
  return checkResult('nonces', `${next.size} accounts`, violations);
}

/** A transaction that was acknowledged before another was first sent stands before it in the chain. */
export function checkRealTimeOrder(history: History, state: FinalState): CheckResult {
  const violations: string[] = [];
  const spans = transactionSpans(history);
  const mined = locate(referenceChain(state)).flatMap((located): Mined[] => {
    const span = spans.get(located.transaction.hash);
    return span === undefined ? [] : [{ located, span }];
  });
  // From the end of the chain: the earliest acknowledgement of anything that stands later.
  let earliest: { readonly at: number; readonly hash: string } | null = null;
  for (const { located, span } of mined.toReversed()) {
    const { hash } = span.transaction;
    if (earliest !== null && earliest.at < span.invokedAt) {
      violations.push(
        `${hash} was first sent at ${span.invokedAt} ms, when ${earliest.hash} was acknowledged already (${earliest.at} ms), and stands before it in block ${located.block.number}`,
      );
    }
    const at = span.acknowledged?.at;
    if (at !== undefined && (earliest === null || at < earliest.at)) earliest = { at, hash };
  }
  return checkResult('real-time-order', `${mined.length} mined transactions`, violations);
}

interface Mined {
  readonly located: Located;
  readonly span: TransactionSpan;
}

function byHash(state: FinalState): ReadonlyMap<string, readonly Located[]> {
  const places = new Map<string, Located[]>();
  for (const located of locate(referenceChain(state))) {
    const { hash } = located.transaction;
    places.set(hash, [...(places.get(hash) ?? []), located]);
  }
  return places;
}
