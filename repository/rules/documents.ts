/**
 * Links and paths in every Markdown page lead somewhere: relative links with their headings, `paths` of this
 * repository, and symbols written as `path.ts#symbol`.
 */
import { posix } from 'node:path';
import type { Finding } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';

/** Folders that a build or an install makes; git does not list them. */
const MADE_LATER = /(?:^|\/)(?:dist|node_modules|\.praline)(?:\/|$)/;

const INDEX = 'docs/README.md';

export function checkDocuments(tree: RepositoryTree): readonly Finding[] {
  const pages = tree.files.filter((path) => path.endsWith('.md'));
  return [...pages.flatMap((path) => checkPage(tree, path)), ...checkIndex(tree, pages)];
}

/** A page that the index does not name is found by nobody. */
function checkIndex(tree: RepositoryTree, pages: readonly string[]): readonly Finding[] {
  if (!pages.includes(INDEX)) return [];
  const listed = new Set(
    proseLines(tree.read(INDEX))
      .flatMap(({ text }) => links(text))
      .map((target) => posix.normalize(posix.join('docs', target.split('#')[0] ?? ''))),
  );
  return pages
    .filter((page) => page.startsWith('docs/') && page !== INDEX && !listed.has(page))
    .map((page) => {
      const message = `add a line for this page to ${INDEX}`;
      return { file: page, line: 1, rule: 'unlisted-page', message };
    });
}

function checkPage(tree: RepositoryTree, page: string): readonly Finding[] {
  return proseLines(tree.read(page)).flatMap(({ text, line }) => [
    ...links(text).flatMap((target) => {
      const message = linkProblem(tree, page, target);
      return message === undefined
        ? []
        : [{ file: page, line, rule: 'dead-link' as const, message }];
    }),
    ...codeSpans(text).flatMap((span) => {
      const message = pathProblem(tree, page, span);
      return message === undefined
        ? []
        : [{ file: page, line, rule: 'dead-path' as const, message }];
    }),
  ]);
}

/** Lines outside fenced code, with their numbers. */
function proseLines(text: string): readonly { text: string; line: number }[] {
  let fenced = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*(?:```|~~~)/.test(line)) {
      fenced = !fenced;
      return [];
    }
    return fenced ? [] : [{ text: line, line: index + 1 }];
  });
}

function links(text: string): readonly string[] {
  const withoutCode = text.replace(/`[^`]*`/g, '');
  const inline = [...withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)/g)];
  const references = [...withoutCode.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g)];
  return [...inline, ...references].flatMap((match) => (match[1] === undefined ? [] : [match[1]]));
}

function codeSpans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].flatMap((match) =>
    match[1] === undefined ? [] : [match[1]],
  );
}

function linkProblem(tree: RepositoryTree, page: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), path));
  if (!exists(tree, file)) return `${target} leads to no file; correct or remove the link`;
  if (heading === undefined || heading === '' || !file.endsWith('.md')) return undefined;
  return headings(tree.read(file)).has(heading) ? undefined : `${file} has no heading #${heading}`;
}

/** Anchors as GitHub makes them from headings. */
function headings(text: string): ReadonlySet<string> {
  return new Set(
    proseLines(text).flatMap(({ text: line }) => {
      const title = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
      if (title === undefined) return [];
      return [
        title
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, '')
          .trim()
          .replace(/\s/g, '-'),
      ];
    }),
  );
}

/** A span is taken for a path when it starts in a folder of the repository's root or of the page. */
function pathProblem(tree: RepositoryTree, page: string, span: string): string | undefined {
  const match = /^([\w@.-]+(?:\/[\w@.*-]+)*\/?)(?:#([\w$]+))?$/.exec(span);
  const path = match?.[1];
  if (path === undefined || !(path.includes('/') || path.endsWith('.md'))) return undefined;
  if (MADE_LATER.test(path)) return undefined;
  const bases = ['', posix.dirname(page)].filter((base) => base !== '.');
  const first = path.split('/')[0] ?? '';
  const isOurs =
    path.endsWith('.md') || bases.some((base) => exists(tree, posix.join(base, first)));
  if (!isOurs) return undefined;
  const file = bases.map((base) => posix.join(base, path)).find((one) => exists(tree, one));
  if (file === undefined) return `${path} is no file or folder; name what is there now`;
  const symbol = match?.[2];
  if (symbol === undefined || !tree.files.includes(file)) return undefined;
  return hasSymbol(file, tree.read(file), symbol) ? undefined : `${file} has no ${symbol}`;
}

/** In the models a rule is a definition; a word in a comment is none. */
function hasSymbol(file: string, text: string, symbol: string): boolean {
  const name = symbol.replaceAll('$', '\\$');
  const isModel = file.endsWith('.qnt');
  const pattern = isModel ? `\\b(?:def|val|action|run|type|module) ${name}\\b` : `\\b${name}\\b`;
  return new RegExp(pattern).test(text);
}

/** A file, a folder with files, or a pattern with `*` that matches one. */
function exists(tree: RepositoryTree, path: string): boolean {
  const clean = path.replace(/\/$/, '');
  if (clean === '.' || clean === '') return true;
  if (clean.includes('*')) {
    const source = clean.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
    const pattern = new RegExp(`^${source}(?:/|$)`);
    return tree.files.some((file) => pattern.test(file));
  }
  return tree.files.some((file) => file === clean || file.startsWith(`${clean}/`));
}
