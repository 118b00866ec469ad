/**
 * Each row of the table of pitfalls names what would catch the mistake: a test or a mutant that exists. Text in quotes must stand in
 * the file named before it, or, behind the word mutant, in one of the mutants.
 */
import type { Finding } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';

const PAGE = 'docs/pitfalls.md';
const MUTANTS = 'packages/mokka/src/simulator/mutants/';
/** A named file, the word mutant, a text in quotes, or another row. */
const WORDS = /`([^`]+\.test\.ts)`|\b(mutants?) |"([^"]+)"|\b(row) \d+/g;

export function checkPitfalls(tree: RepositoryTree): readonly Finding[] {
  if (!tree.files.includes(PAGE)) return [];
  const mutants = tree.files
    .filter((path) => path.startsWith(MUTANTS))
    .map((path) => tree.read(path))
    .join('\n');
  return tree
    .read(PAGE)
    .split('\n')
    .flatMap((line, at) =>
      isRow(line)
        ? problemsOf(tree, mutants, line).map(
            (message): Finding => ({ file: PAGE, line: at + 1, rule: 'pitfall', message }),
          )
        : [],
    );
}

/** Headings of tables have a line of dashes below and name no number or text of their own. */
function isRow(line: string): boolean {
  return line.startsWith('| ') && !line.startsWith('| ---') && !line.endsWith('| caught by |');
}

function problemsOf(tree: RepositoryTree, mutants: string, line: string): string[] {
  const cell = line.split(' | ').at(-1) ?? '';
  const problems: string[] = [];
  let source: { readonly name: string; readonly text: string } | null = null;
  let isCaught = false;
  for (const [, path, mutant, quoted, row] of cell.matchAll(WORDS)) {
    if (row !== undefined) isCaught = true;
    if (mutant !== undefined) source = { name: MUTANTS, text: mutants };
    if (path !== undefined) {
      if (!tree.files.includes(path))
        problems.push(`${path} is no file; name the test that is there`);
      else isCaught = true;
      source = { name: path, text: tree.files.includes(path) ? tree.read(path) : '' };
    }
    if (quoted === undefined) continue;
    if (source?.text.includes(quoted) === true) isCaught = true;
    else problems.push(`"${quoted}" is not in ${source?.name ?? 'a file named before it'}`);
  }
  return isCaught ? problems : [...problems, 'name the test or the mutant that would catch this'];
}
