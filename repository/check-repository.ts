/** Runs every rule over a tree. The rules that people hold are in `CONTRIBUTING.md`; these a machine holds. */
import { type Finding, formatFinding } from './finding.ts';
import type { RepositoryTree } from './repository-tree.ts';
import { checkDocuments } from './rules/documents.ts';
import { checkEscapeHatches } from './rules/escape-hatches.ts';
import { checkImportEdges } from './rules/import-edges.ts';
import { checkLockFiles } from './rules/lock-files.ts';
import { checkPitfalls } from './rules/pitfalls.ts';
import { checkPureCode } from './rules/pure-code.ts';
import { checkTests } from './rules/tests.ts';
import { checkTexts } from './rules/texts.ts';
import { checkUnusedCode } from './rules/unused-code.ts';
import { checkUnusedDependencies } from './rules/unused-dependencies.ts';
import { type SourceFile, sourceFiles } from './source-file.ts';

/** All findings, by file and line, in the form `file:line rule: what to do`. */
export function checkRepository(tree: RepositoryTree): readonly string[] {
  const sources = sourceFiles(tree);
  const findings = [
    ...checkSyntax(sources),
    ...checkImportEdges(tree, sources),
    ...checkPureCode(sources),
    ...checkTests(sources),
    ...checkEscapeHatches(sources),
    ...checkTexts(tree),
    ...checkLockFiles(tree),
    ...checkDocuments(tree),
    ...checkPitfalls(tree),
    ...checkUnusedCode(tree, sources),
    ...checkUnusedDependencies(tree, sources),
  ];
  return findings
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
    .map(formatFinding);
}

/** The other rules would see nothing in a file that does not parse. */
function checkSyntax(sources: readonly SourceFile[]): readonly Finding[] {
  return sources.flatMap((source) =>
    source.syntaxErrors.map((message) => ({
      file: source.path,
      line: 1,
      rule: 'syntax' as const,
      message: `does not parse: ${message}`,
    })),
  );
}
