/**
 * The reference of a package's exports, made from their declarations and docstrings: what the entry exports is in it, and
 * nothing else.
 */
import { posix } from 'node:path';
import type { RepositoryTree } from './repository-tree.ts';
import {
  child,
  children,
  nameOf,
  parseSourceFile,
  resolveRelative,
  type SourceFile,
  type SyntaxNode,
} from './source-file.ts';

/** One section per folder of the package, in the order in which a reader wants them. */
export interface ReferenceSection {
  /** Below `src`; the empty text for files beside the entry. */
  readonly folder: string;
  readonly title: string;
}

export interface ExportedDeclaration {
  readonly name: string;
  /** Below `src`. */
  readonly folder: string;
  /** The docstring in plain words; empty without one. */
  readonly description: string;
  /** The declaration without what is private and without bodies. */
  readonly code: string;
}

/** Everything that the file `entry` exports. Throws when a name leads to no declaration. */
export function exportedDeclarations(
  tree: RepositoryTree,
  entry: string,
): readonly ExportedDeclaration[] {
  const source = parseSourceFile(entry, tree.read(entry));
  return statementsOf(source).flatMap((statement) => {
    const target = resolveRelative(entry, nameOf(child(statement, 'source')) ?? '');
    if (target === undefined) return [];
    const file = parseSourceFile(target, tree.read(target));
    const folder = posix.relative(posix.dirname(entry), posix.dirname(target)).split('/')[0] ?? '';
    const all = declarationsOf(file).map((one) => ({ ...one, folder }));
    if (statement.type === 'ExportAllDeclaration') return all;
    return children(statement, 'specifiers').map((specifier) => {
      const name = nameOf(child(specifier, 'local')) ?? '';
      const found = all.find((one) => one.name === name);
      if (found === undefined) throw new Error(`${target} does not declare ${name}`);
      return found;
    });
  });
}

/** The page, sections in the order given. Throws for an export whose folder has no section. */
export function formatReference(
  introduction: string,
  sections: readonly ReferenceSection[],
  declarations: readonly ExportedDeclaration[],
): string {
  const homeless = declarations.find((one) =>
    sections.every(({ folder }) => folder !== one.folder),
  );
  if (homeless !== undefined)
    throw new Error(`no section for ${homeless.folder}/: ${homeless.name}`);
  const parts = sections.flatMap(({ folder, title }) => {
    const own = declarations.filter((one) => one.folder === folder);
    return own.length === 0 ? [] : [`## ${title}`, ...own.map(formatDeclaration)];
  });
  return `${[introduction, ...parts].join('\n\n')}\n`;
}

function formatDeclaration({ name, description, code }: ExportedDeclaration): string {
  const block = `\`\`\`ts\n${code.replace(/\{@link ([^}]+)\}/g, '$1')}\n\`\`\``;
  return [`### ${name}`, description, block].filter((part) => part !== '').join('\n\n');
}

function statementsOf(source: SourceFile): readonly SyntaxNode[] {
  return source.nodes.filter(({ type }) => /^Export(?:Named|All)Declaration$/.test(type));
}

type FileDeclaration = Omit<ExportedDeclaration, 'folder'>;

function declarationsOf(source: SourceFile): readonly FileDeclaration[] {
  return statementsOf(source).flatMap((statement) => {
    const declaration = child(statement, 'declaration');
    if (declaration === undefined) return [];
    const variable = children(declaration, 'declarations')[0];
    const name = nameOf(child(variable ?? declaration, 'id'));
    if (name === undefined) return [];
    const description = plainWords(docstringBefore(source.text, statement.start));
    return [{ name, description, code: codeOf(source, declaration) }];
  });
}

function codeOf(source: SourceFile, declaration: SyntaxNode): string {
  const { text } = source;
  if (declaration.type === 'FunctionDeclaration') {
    const end = child(declaration, 'body')?.start ?? declaration.end;
    return text.slice(declaration.start, end).trim();
  }
  if (declaration.type === 'VariableDeclaration') return constantCode(text, declaration);
  if (declaration.type !== 'ClassDeclaration') {
    return text.slice(declaration.start, declaration.end);
  }
  const body = child(declaration, 'body');
  if (body === undefined) throw new Error('a class has a body');
  const members = children(body, 'body').flatMap((member) => memberCode(text, member));
  return [text.slice(declaration.start, body.start + 1), ...members, '}'].join('\n');
}

/** With its value, unless that holds code. */
function constantCode(text: string, declaration: SyntaxNode): string {
  const whole = text.slice(declaration.start, declaration.end);
  const identifier = child(children(declaration, 'declarations')[0] ?? declaration, 'id');
  const type = identifier === undefined ? undefined : child(identifier, 'typeAnnotation');
  if (type === undefined || !whole.slice(type.end - declaration.start).includes('=>')) return whole;
  return `${text.slice(declaration.start, type.end)};`;
}

/** Nothing for what is private or marked as internal. */
function memberCode(text: string, member: SyntaxNode): readonly string[] {
  const isPrivate =
    child(member, 'key')?.type === 'PrivateIdentifier' || member['accessibility'] === 'private';
  const docstring = docstringBefore(text, member.start);
  if (isPrivate || docstring.includes('@internal')) return [];
  const value = child(member, 'value');
  const bodyStart = value === undefined ? undefined : child(value, 'body')?.start;
  const isMethod = member.type === 'MethodDefinition';
  const type = child(member, 'typeAnnotation');
  const end = isMethod ? bodyStart : type?.end;
  const code = text
    .slice(member.start, end ?? member.end)
    .trim()
    .replace(/;$/, '');
  return [...(docstring === '' ? [] : [`  ${docstring}`]), `  ${code};`];
}

/** The whole comment that ends just before `start`, or nothing. */
function docstringBefore(text: string, start: number): string {
  return /\/\*\*(?:(?!\*\/)[\s\S])*\*\/(?=\s*$)/.exec(text.slice(0, start))?.[0] ?? '';
}

/** A docstring as Markdown: without its stars, its tags as words. */
function plainWords(docstring: string): string {
  return docstring
    .replace(/^\/\*\*\s*|\s*\*\/$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/@throws \{([^}]+)\}/g, 'Throws `$1`')
    .trim();
}
