/** What a run knows of its liar at the end, as the checks read it. */
import type { LieCounts } from './lie-record.ts';

export interface LiarFindings {
  readonly node: number;
  /** Accounts whose transactions it keeps out of its blocks, in lower case; none when it is not known to. */
  readonly censored: readonly string[];
  /** Null for a liar that does not count. */
  readonly counts: LieCounts | null;
  /** By honest node. */
  readonly evidence: readonly NodeEvidence[];
}

/** What one honest node holds against others. */
export interface NodeEvidence {
  readonly node: number;
  /** Numbers of the convicted nodes, one per proof; null for a key that is no node's. */
  readonly offenders: readonly (number | null)[];
  /** The metric `praline_evidence`, read after the proofs. */
  readonly counted: number;
}
