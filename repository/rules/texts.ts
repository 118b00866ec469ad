/** What no text of the project may contain, whatever its kind, and how long a source file may be. */
import type { Finding, RuleName } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';

/** Lines. A file beyond it holds more than one subject. */
export const FILE_LINES_MAX = 450;

const BINARY = /\.(?:png|jpe?g|gif|ico|woff2?|gz|zip|rlp|wasm|pdf)$/;
const LOCK_FILE = /(?:^|\/)package-lock\.json$/;

interface Ban {
  readonly pattern: RegExp;
  readonly rule: RuleName;
  readonly message: string;
}

/** The patterns are written so that this file does not match itself. */
const BANS: readonly Ban[] = [
  {
    pattern: /\b(?:FIX[M]E|TOD[O]|XX[X]|HAC[K])\b/,
    rule: 'leftover',
    message: 'finish it, or describe it in an issue; no marker stays in the tree',
  },
  {
    pattern: /\bnot (?:yet )?implement[e]d\b/i,
    rule: 'leftover',
    message: 'implement it, or say what is supported instead',
  },
  {
    pattern: /(?<![\w.~/:-])\/(?:hom[e]|Use[r]s|roo[t]|wor[k]|mn[t]|workspac[e]s?)\/[\w.]/,
    rule: 'foreign-word',
    message: 'a path of one machine; use a path from the repository, or os.tmpdir()',
  },
  {
    pattern: /\bregistr[y]\.(?!json\b|ts\b|md\b)[a-z0-9-]+\.[a-z]{2,}/i,
    rule: 'foreign-word',
    message: 'a package registry belongs to the machine; npm knows its own',
  },
];

/** Everyone reads these; they hold addresses of where a package came from only by mistake. */
const LOCK_BAN: Ban = {
  pattern: /"resolved":\s*"https?:/,
  rule: 'foreign-word',
  message: 'run npm install with omit-lockfile-registry-resolved (see .npmrc)',
};

export function checkTexts(tree: RepositoryTree): readonly Finding[] {
  return tree.files
    .filter((path) => !BINARY.test(path))
    .flatMap((path) => {
      const lines = tree.read(path).split('\n');
      const bans = LOCK_FILE.test(path) ? [LOCK_BAN] : BANS;
      return [...checkLines(path, lines, bans), ...checkLength(path, lines)];
    });
}

function checkLines(
  file: string,
  lines: readonly string[],
  bans: readonly Ban[],
): readonly Finding[] {
  return lines.flatMap((text, index) =>
    bans.flatMap((ban) => {
      const match = ban.pattern.exec(text);
      if (match === null) return [];
      const message = `"${match[0]}": ${ban.message}`;
      return [{ file, line: index + 1, rule: ban.rule, message }];
    }),
  );
}

function checkLength(file: string, lines: readonly string[]): readonly Finding[] {
  const count = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  if (!file.endsWith('.ts') || count <= FILE_LINES_MAX) return [];
  const message = `${count} lines, at most ${FILE_LINES_MAX}; give each subject its own file`;
  return [{ file, line: FILE_LINES_MAX + 1, rule: 'file-length', message }];
}
