/**
 * The packages as their manifests and `docs/architecture.md` describe them. The table there is the rule itself: it is
 * parsed, so that the page and the check can not differ.
 */
import { z } from 'zod';
import type { RepositoryTree } from './repository-tree.ts';

export const ARCHITECTURE_PAGE = 'docs/architecture.md';

const manifestSchema = z.object({
  name: z.string(),
  exports: z.record(z.string(), z.unknown()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

export interface Manifest {
  readonly path: string;
  readonly name: string;
  /** What others may import of it: its name, and its name with a path that the manifest exports. */
  readonly entries: readonly string[];
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

export interface PackageRow {
  /** `packages/mokka`. */
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Line of the row in the architecture page. */
  readonly line: number;
}

export function readManifest(tree: RepositoryTree, path: string): Manifest | undefined {
  if (!tree.files.includes(path)) return undefined;
  const manifest = manifestSchema.parse(JSON.parse(tree.read(path)));
  return {
    path,
    name: manifest.name,
    entries: [
      manifest.name,
      ...Object.keys(manifest.exports).map((path) => manifest.name + path.slice(1)),
    ],
    dependencies: Object.keys(manifest.dependencies),
    devDependencies: Object.keys(manifest.devDependencies),
  };
}

/** Folders under `packages/` that have a manifest, sorted. */
export function packageFolders(tree: RepositoryTree): readonly string[] {
  return tree.files.flatMap((path) => {
    const match = /^(packages\/[^/]+)\/package\.json$/.exec(path);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

/**
 * Rows of the table whose header has `may import`. Throws when the page or the table is missing: without it no edge
 * could be judged.
 */
export function packageTable(tree: RepositoryTree): readonly PackageRow[] {
  if (!tree.files.includes(ARCHITECTURE_PAGE)) {
    throw new Error(`${ARCHITECTURE_PAGE} is missing: it holds the table of allowed imports`);
  }
  const lines = tree.read(ARCHITECTURE_PAGE).split('\n');
  const header = lines.findIndex((line) => /\|\s*may import\s*\|/i.test(line));
  if (header === -1) throw new Error(`${ARCHITECTURE_PAGE} has no table with "may import"`);
  const column = cells(lines[header] ?? '').findIndex((cell) => /^may import$/i.test(cell));
  const rows: PackageRow[] = [];
  for (let at = header + 2; lines[at]?.startsWith('|') === true; at++) {
    const row = cells(lines[at] ?? '');
    const folder = /`(packages\/[^`]+)`/.exec(row[0] ?? '')?.[1];
    if (folder === undefined) continue;
    const mayImport = [...(row[column] ?? '').matchAll(/`([^`]+)`/g)].map(
      (match) => `packages/${match[1]}`,
    );
    rows.push({ folder, mayImport, line: at + 1 });
  }
  return rows;
}

function cells(row: string): readonly string[] {
  return row
    .replace(/^\||\|\s*$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}
