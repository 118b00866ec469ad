/**
 * Whether a register's history has one order that every client could have seen: the search of Wing and Gong, with
 * Lowe's memory of configurations that led nowhere. Each operation takes effect at one moment between its call and its
 * answer; one whose outcome is unknown at any later moment, or never.
 */

export interface RegisterOperation {
  readonly kind: 'write' | 'read';
  /** What was written, or read. */
  readonly value: number;
  readonly invokedAt: number;
  /** Null for a write whose outcome is unknown. A read without an answer says nothing and is left out. */
  readonly completedAt: number | null;
}

export type Linearizability =
  | { readonly outcome: 'linearizable' }
  | { readonly outcome: 'not-linearizable'; readonly explanation: string }
  /** The search was given up; nothing is known. */
  | { readonly outcome: 'undecided'; readonly explanation: string };

export interface LinearizabilityOptions {
  readonly initial: number;
  /** Configurations the search may visit. */
  readonly configurationsMax: number;
}

interface Frame {
  /** Which operations have taken effect. */
  readonly done: bigint;
  readonly value: number;
  readonly count: number;
}

export function checkRegister(
  operations: readonly RegisterOperation[],
  options: LinearizabilityOptions,
): Linearizability {
  const relevant = withoutUnseen(operations).toSorted(
    (left, right) => left.invokedAt - right.invokedAt,
  );
  const required = relevant.reduce(
    (mask, { completedAt }, position) =>
      completedAt === null ? mask : mask | (1n << BigInt(position)),
    0n,
  );
  const visited = new Set<string>();
  const stack: Frame[] = [{ done: 0n, value: options.initial, count: 0 }];
  let furthest: Frame = { done: 0n, value: options.initial, count: 0 };
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if ((frame.done & required) === required) return { outcome: 'linearizable' };
    const key = `${frame.done.toString(36)}:${frame.value}`;
    if (visited.has(key)) continue;
    if (visited.size >= options.configurationsMax) {
      const explanation = `no answer after ${visited.size} configurations of ${relevant.length} operations`;
      return { outcome: 'undecided', explanation };
    }
    visited.add(key);
    if (frame.count > furthest.count) furthest = frame;
    stack.push(...successors(frame, relevant));
  }
  return { outcome: 'not-linearizable', explanation: explain(furthest, relevant) };
}

/** What may take effect next: operations that began before any other remaining one had ended. */
function successors(frame: Frame, operations: readonly RegisterOperation[]): readonly Frame[] {
  const next: Frame[] = [];
  for (const position of candidates(frame, operations)) {
    const operation = operations[position];
    if (operation === undefined) continue;
    if (operation.kind === 'read' && operation.value !== frame.value) continue;
    const done = frame.done | (1n << BigInt(position));
    next.push({ done, value: operation.value, count: frame.count + 1 });
  }
  // The stack is taken from its end: operations that began first are tried first.
  return next.reverse();
}

function candidates(frame: Frame, operations: readonly RegisterOperation[]): readonly number[] {
  const remaining: number[] = [];
  let firstEnd = Number.POSITIVE_INFINITY;
  for (let position = 0; position < operations.length; position++) {
    const operation = operations[position];
    if (operation === undefined || ((frame.done >> BigInt(position)) & 1n) === 1n) continue;
    // Sorted by beginning, so nothing after this one can be a candidate.
    if (operation.invokedAt > firstEnd) break;
    remaining.push(position);
    firstEnd = Math.min(firstEnd, operation.completedAt ?? Number.POSITIVE_INFINITY);
  }
  return remaining.filter((position) => (operations[position]?.invokedAt ?? 0) <= firstEnd);
}

/** An unknown write that nobody read need not have happened: without it there are far fewer configurations. */
function withoutUnseen(operations: readonly RegisterOperation[]): readonly RegisterOperation[] {
  const seen = new Set(operations.flatMap(({ kind, value }) => (kind === 'read' ? [value] : [])));
  return operations.filter(({ completedAt, value }) => completedAt !== null || seen.has(value));
}

function explain(furthest: Frame, operations: readonly RegisterOperation[]): string {
  const stuck = candidates(furthest, operations)
    .map((position) => operations[position])
    .filter((operation) => operation !== undefined)
    .map(
      ({ kind, value, invokedAt, completedAt }) =>
        `${kind} ${value} (${invokedAt} to ${completedAt ?? 'unknown'})`,
    );
  return `with ${furthest.count} of ${operations.length} operations in order the register holds ${furthest.value}, and none of these can be next: ${stuck.join(', ')}`;
}
