/** Registers under reads that were asked to be linearizable, each register by itself. */
import { type History, type Read, transactionSpans } from '../history.ts';
import { type CheckResult, checkResult, skippedCheck } from './check-result.ts';
import { checkRegister, type RegisterOperation } from './linearizability.ts';

const NAME = 'linearizable-reads';
/** Configurations one register's search may visit; a few dozen operations need a few hundred. */
const CONFIGURATIONS_MAX = 500_000;

export function checkLinearizableReads(history: History): CheckResult {
  const reads = history.reads.filter(isAnswered);
  if (reads.length === 0) return skippedCheck(NAME, 'no node offers linearizable reads');
  const operations = new Map<number, RegisterOperation[]>();
  const add = (key: number, operation: RegisterOperation): void => {
    const others = operations.get(key);
    if (others === undefined) operations.set(key, [operation]);
    else others.push(operation);
  };
  for (const { transaction, invokedAt, acknowledged, wasSent } of transactionSpans(
    history,
  ).values()) {
    const { intent } = transaction;
    if (intent.kind !== 'write' || !wasSent) continue;
    const completedAt = acknowledged?.at ?? null;
    add(intent.key, { kind: 'write', value: intent.value, invokedAt, completedAt });
  }
  for (const { query, answer, invokedAt, completedAt } of reads) {
    add(query.key, { kind: 'read', value: answer.value, invokedAt, completedAt });
  }
  const violations = [...operations].flatMap(([key, own]) => {
    const found = checkRegister(own, { initial: 0, configurationsMax: CONFIGURATIONS_MAX });
    return found.outcome === 'linearizable'
      ? []
      : [`register ${key} is ${found.outcome}: ${found.explanation}`];
  });
  const examined = `${reads.length} linearizable reads of ${operations.size} registers`;
  return checkResult(NAME, examined, violations);
}

type LinearizableRead = Extract<Read, { outcome: 'ok' }> & {
  readonly query: { readonly kind: 'register'; readonly key: number };
};

function isAnswered(read: Read): read is LinearizableRead {
  return read.outcome === 'ok' && read.query.kind === 'register' && read.query.linearizable;
}
