/**
 * Remembers what validators signed, to notice when one contradicts itself.
 *
 * Bounded for each signer apart, so that none can push out what others signed by signing much.
 */
import { type Attributable, contradiction, type Evidence, placeOf } from './evidence.ts';
import type { NodeId } from './types.ts';

/** Statements of one signer: far more than are in flight. */
const MAX_STATEMENTS = 256;

export class StatementMemory {
  readonly #bySigner = new Map<NodeId, Map<string, Attributable>>();

  /** What this statement proves together with an earlier one of its place; null when nothing. */
  compare(statement: Attributable): Evidence | null {
    const known = this.#bySigner.get(statement.voter)?.get(placeOf(statement));
    return known === undefined ? null : contradiction(known, statement);
  }

  /** Whether the same was said before, validly signed. */
  knows(statement: Attributable): boolean {
    const known = this.#bySigner.get(statement.voter)?.get(placeOf(statement));
    return known !== undefined && contradiction(known, statement) === null;
  }

  clear(): void {
    this.#bySigner.clear();
  }

  /** Takes a statement whose signature was verified; the first of its place stays. */
  note(statement: Attributable): void {
    const statements = this.#bySigner.get(statement.voter) ?? new Map<string, Attributable>();
    this.#bySigner.set(statement.voter, statements);
    const place = placeOf(statement);
    if (statements.has(place)) return;
    statements.set(place, statement);
    const [oldest] = statements.keys();
    if (statements.size > MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest);
  }
}
