/**
 * A TypeScript file, parsed once for all rules: its imports, its exports, its comments and its syntax nodes.
 * The parser is the one the test runner brings (`vite`), so the rules see what the tools see.
 */
import { posix } from 'node:path';
import { parseSync } from 'vite';
import type { RepositoryTree } from './repository-tree.ts';

/** A node of the ESTree syntax tree, with TypeScript's additions. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

interface ImportReference {
  readonly specifier: string;
  readonly line: number;
  /** Names taken from the module; `*` for the whole module or for its effects only. */
  readonly names: readonly string[];
}

interface ExportedName {
  readonly name: string;
  readonly line: number;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly imports: readonly ImportReference[];
  /** Values declared in this file. Types belong to the shape of what uses them; re-exports are imports. */
  readonly exports: readonly ExportedName[];
  readonly comments: readonly { readonly text: string; readonly line: number }[];
  readonly syntaxErrors: readonly string[];
  readonly nodes: readonly SyntaxNode[];
  lineOf(offset: number): number;
}

/** Every TypeScript file of the tree. */
export function sourceFiles(tree: RepositoryTree): readonly SourceFile[] {
  return tree.files
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => parseSourceFile(path, tree.read(path)));
}

export function parseSourceFile(path: string, text: string): SourceFile {
  const parsed = parseSync(path, text, {});
  const lineOf = lineIndex(text);
  const nodes: SyntaxNode[] = [];
  collect(parsed.program, nodes);
  return {
    path,
    text,
    isTest: /\.test(?:\.\w+)?\.ts$/.test(path),
    imports: nodes.flatMap((node) => importReference(node, lineOf)),
    exports: nodes.flatMap((node) => exportedNames(node, lineOf)),
    comments: parsed.comments.map((comment) => ({
      text: comment.value,
      line: lineOf(comment.start),
    })),
    syntaxErrors: parsed.errors.map((error) => error.message),
    nodes,
    lineOf,
  };
}

/** The path a relative import means, or undefined when the specifier is a package's. */
export function resolveRelative(importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(importer), specifier));
}

/** `viem/chains` is of `viem`, `@scope/name/sub` of `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The node in a field, when there is one and it is of `type`. */
export function child(node: SyntaxNode, field: string, type?: string): SyntaxNode | undefined {
  const value = node[field];
  if (!isSyntaxNode(value)) return undefined;
  return type === undefined || value.type === type ? value : undefined;
}

/** The nodes in a list field. */
export function children(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isSyntaxNode) : [];
}

/** The name of an identifier, or the text of a literal. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === 'Identifier' && typeof node['name'] === 'string') return node['name'];
  if (node?.type === 'Literal' && typeof node['value'] === 'string') return node['value'];
  return undefined;
}

/** All nodes below and including `value`, in source order. */
export function collect(value: unknown, into: SyntaxNode[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, into);
  } else if (isSyntaxNode(value)) {
    into.push(value);
    for (const field of Object.values(value)) collect(field, into);
  }
}

function lineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function importReference(
  node: SyntaxNode,
  lineOf: (offset: number) => number,
): readonly ImportReference[] {
  const source = child(node, 'source');
  const specifier = nameOf(source);
  if (specifier === undefined) return [];
  const line = lineOf(node.start);
  switch (node.type) {
    case 'ImportDeclaration': {
      const names = children(node, 'specifiers').map(
        (item) =>
          nameOf(child(item, 'imported')) ??
          (item.type === 'ImportDefaultSpecifier' ? 'default' : '*'),
      );
      return [{ specifier, line, names: names.length === 0 ? ['*'] : names }];
    }
    case 'ExportNamedDeclaration': {
      const names = children(node, 'specifiers').map((item) => nameOf(child(item, 'local')) ?? '*');
      return [{ specifier, line, names }];
    }
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return [{ specifier, line, names: ['*'] }];
    default:
      return [];
  }
}

const TYPE_DECLARATIONS: ReadonlySet<string> = new Set([
  'TSInterfaceDeclaration',
  'TSTypeAliasDeclaration',
]);

function exportedNames(
  node: SyntaxNode,
  lineOf: (offset: number) => number,
): readonly ExportedName[] {
  const line = lineOf(node.start);
  if (node.type === 'ExportDefaultDeclaration') return [{ name: 'default', line }];
  if (node.type !== 'ExportNamedDeclaration' || isSyntaxNode(node['source'])) return [];
  if (node['exportKind'] === 'type') return [];
  const declaration = child(node, 'declaration');
  if (declaration !== undefined && TYPE_DECLARATIONS.has(declaration.type)) return [];
  const declared =
    declaration === undefined
      ? children(node, 'specifiers').map((item) => nameOf(child(item, 'exported')))
      : declaration.type === 'VariableDeclaration'
        ? children(declaration, 'declarations').map((item) => nameOf(child(item, 'id')))
        : [nameOf(child(declaration, 'id'))];
  return declared.flatMap((name) => (name === undefined ? [] : [{ name, line }]));
}
