/**
 * What one node shows never goes back, whoever asks and however often the node was restarted; it shows only what was
 * committed; and it shows what it has acknowledged.
 */
import { type FinalState, locate, referenceChain } from '../final-state.ts';
import { type History, type Query, type Read, transactionSpans } from '../history.ts';
import { type CheckResult, checkResult } from './check-result.ts';

type AnsweredRead = Extract<Read, { outcome: 'ok' }>;

/** A read that began after another of the same thing on the same node had ended saw at least as much. */
export function checkMonotonicReads(history: History): CheckResult {
  const violations: string[] = [];
  const reads = answered(history);
  for (const [what, group] of grouped(
    reads,
    (read) => `${subject(read.query)}, node ${read.node}`,
  )) {
    const ended = group.toSorted((left, right) => left.completedAt - right.completedAt);
    let next = 0;
    let newest: AnsweredRead | null = null;
    for (const read of group.toSorted((left, right) => left.invokedAt - right.invokedAt)) {
      for (; next < ended.length; next++) {
        const earlier = ended[next];
        if (earlier === undefined || earlier.completedAt >= read.invokedAt) break;
        if (newest === null || earlier.answer.version > newest.answer.version) newest = earlier;
      }
      if (newest !== null && read.answer.version < newest.answer.version) {
        violations.push(
          `${what}: ${read.answer.version} at ${read.invokedAt} ms, after ${newest.answer.version} was read by ${newest.completedAt} ms`,
        );
      }
    }
  }
  return checkResult('monotonic-reads', `${reads.length} reads`, violations);
}

/** Every value that was read is one that the chain held at some time; none is from a block that was dropped. */
export function checkReadsAreCommitted(history: History, state: FinalState): CheckResult {
  const violations: string[] = [];
  const { writes, increments } = effects(history, state);
  const height = referenceChain(state).blocks.length - 1;
  const reads = answered(history);
  for (const read of reads) {
    const { version, value } = read.answer;
    const told = `node ${read.node} showed ${subject(read.query)} as ${version} (value ${value}) at ${read.completedAt} ms`;
    if (read.query.kind === 'height') {
      if (version > height) violations.push(`${told}, and the chain has ${height} blocks`);
    } else if (read.query.kind === 'counter') {
      if (version > increments.length) violations.push(`${told}, of ${increments.length} in all`);
    } else {
      const written = version === 0 ? 0 : writes.get(read.query.key)?.[version - 1]?.value;
      if (written !== value) {
        violations.push(`${told}, where the chain has ${written ?? 'no such write'}`);
      }
    }
  }
  if (state.counter !== increments.length) {
    violations.push(
      `the counter is ${state.counter ?? 'gone'} after ${increments.length} increments`,
    );
  }
  return checkResult('committed-reads', `${reads.length} reads`, violations);
}

/** A read that began after the node had acknowledged a transaction shows that transaction. */
export function checkReadYourWrites(history: History, state: FinalState): CheckResult {
  const violations: string[] = [];
  const { writes, increments } = effects(history, state);
  const reads = answered(history);
  const changes = (query: Query): readonly Change[] => {
    if (query.kind === 'counter') return increments;
    return query.kind === 'register' ? (writes.get(query.key) ?? []) : [];
  };
  const heights = history.attempts.flatMap((attempt): Change[] =>
    attempt.outcome === 'ok'
      ? [
          {
            version: attempt.position.blockNumber,
            value: 0,
            node: attempt.node,
            at: attempt.completedAt,
          },
        ]
      : [],
  );
  for (const read of reads) {
    const known = read.query.kind === 'height' ? heights : changes(read.query);
    const missed = known.find(
      (change) =>
        change.node === read.node &&
        change.at < read.invokedAt &&
        change.version > read.answer.version,
    );
    if (missed !== undefined) {
      violations.push(
        `node ${read.node} acknowledged ${subject(read.query)} ${missed.version} at ${missed.at} ms and showed ${read.answer.version} to a read of ${read.invokedAt} ms`,
      );
    }
  }
  return checkResult('read-your-writes', `${reads.length} reads`, violations);
}

/** An effect on a register or the counter, in the chain's order; `node` acknowledged it at `at`, if any did. */
interface Change {
  readonly version: number;
  readonly value: number;
  readonly node: number;
  readonly at: number;
}

function effects(
  history: History,
  state: FinalState,
): { writes: ReadonlyMap<number, readonly Change[]>; increments: readonly Change[] } {
  const spans = transactionSpans(history);
  const writes = new Map<number, Change[]>();
  const increments: Change[] = [];
  for (const { transaction } of locate(referenceChain(state))) {
    const span = spans.get(transaction.hash);
    if (span === undefined || !transaction.succeeded) continue;
    const { node, at } = span.acknowledged ?? { node: 0, at: Number.POSITIVE_INFINITY };
    const { intent } = span.transaction;
    if (intent.kind === 'increment') {
      increments.push({ version: increments.length + 1, value: 0, node, at });
    } else if (intent.kind === 'write') {
      const earlier = writes.get(intent.key) ?? [];
      earlier.push({ version: earlier.length + 1, value: intent.value, node, at });
      writes.set(intent.key, earlier);
    }
  }
  return { writes, increments };
}

function answered(history: History): readonly AnsweredRead[] {
  return history.reads.filter((read) => read.outcome === 'ok');
}

function subject(query: Query): string {
  return query.kind === 'register' ? `register ${query.key}` : query.kind;
}

function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
