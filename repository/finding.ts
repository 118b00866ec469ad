/** What a rule reports: where, which rule, and what to do about it. */
export interface Finding {
  /** Path inside the repository, with forward slashes. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly rule: RuleName;
  /** What is wrong and what to write instead. */
  readonly message: string;
}

export type RuleName =
  | 'import-edge'
  | 'dependency'
  | 'pure-code'
  | 'test-sleep'
  | 'focused-test'
  | 'escape-hatch'
  | 'leftover'
  | 'foreign-word'
  | 'file-length'
  | 'dead-link'
  | 'dead-path'
  | 'unlisted-page'
  | 'pitfall'
  | 'unused-export'
  | 'unused-file'
  | 'syntax';

/** The form editors and terminals make clickable. */
export function formatFinding(finding: Finding): string {
  return `${finding.file}:${finding.line} ${finding.rule}: ${finding.message}`;
}
