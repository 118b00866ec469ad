/**
 * Who may import whom. The table of `docs/architecture.md` decides between packages; a package's manifest decides
 * about everything else, so that what is imported is always declared and what is declared is used.
 */
import { builtinModules } from 'node:module';
import type { Finding } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';
import { packageOf, resolveRelative, type SourceFile } from '../source-file.ts';
import {
  ARCHITECTURE_PAGE,
  type Manifest,
  type PackageRow,
  packageFolders,
  packageTable,
  readManifest,
} from '../workspace.ts';

/** Starts networks of real processes, for everything outside `packages/`. */
const SHARED_FOLDER = 'harness/';

/** Use the library as its users do: by its name. */
const EXAMPLES_FOLDER = 'examples/';

/**
 * `bench/` may also time a layer inside a package by itself, `spec/` compares the consensus core with its model, `ethereum-tests/`
 * runs states, transactions and tries by themselves, `rpc-compat/` replays requests as the package's tests do, `reference/` reads
 * the definitions that pages are made of, `hostile-input/` spoils the examples of all methods, and the liar puts lies around the
 * core.
 */
const INSIDE_FOLDERS = [
  'bench/',
  'spec/',
  'ethereum-tests/',
  'rpc-compat/',
  'reference/',
  'hostile-input/',
  'e2e/faults/liar/',
];

interface Package {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly row: PackageRow;
}

/** Imports and manifests against the table. */
export function checkImportEdges(
  tree: RepositoryTree,
  sources: readonly SourceFile[],
): readonly Finding[] {
  const table = packageTable(tree);
  const folders = packageFolders(tree);
  const findings: Finding[] = [];
  const packages: Package[] = [];
  for (const folder of folders) {
    const manifest = readManifest(tree, `${folder}/package.json`);
    const row = table.find((candidate) => candidate.folder === folder);
    if (manifest === undefined) continue;
    if (row === undefined) {
      findings.push({
        file: `${folder}/package.json`,
        line: 1,
        rule: 'import-edge',
        message: `add a row for ${folder} to the table in ${ARCHITECTURE_PAGE}`,
      });
    } else packages.push({ folder, manifest, row });
  }
  for (const row of table) {
    if (!folders.includes(row.folder)) {
      findings.push({
        file: ARCHITECTURE_PAGE,
        line: row.line,
        rule: 'import-edge',
        message: `${row.folder} has no package.json; drop the row or add the package`,
      });
    }
  }
  return [
    ...findings,
    ...packages.flatMap((subject) => checkManifest(tree, subject, packages)),
    ...sources.flatMap((source) => checkSource(tree, source, packages)),
  ];
}

/** Manifest and compiler references name exactly the packages of the row. */
function checkManifest(
  tree: RepositoryTree,
  subject: Package,
  packages: readonly Package[],
): readonly Finding[] {
  const findings: Finding[] = [];
  const configPath = `${subject.folder}/tsconfig.json`;
  const config = tree.files.includes(configPath) ? tree.read(configPath) : '';
  for (const other of packages) {
    if (other === subject) continue;
    const allowed = subject.row.mayImport.includes(other.folder);
    const declared = subject.manifest.dependencies.includes(other.manifest.name);
    const referenced = config.includes(`"../${other.folder.slice('packages/'.length)}"`);
    for (const [has, file, place] of [
      [declared, subject.manifest.path, 'dependencies'],
      [referenced, configPath, 'references'],
    ] as const) {
      if (has === allowed) continue;
      const action = allowed ? 'add it' : 'remove it';
      findings.push({
        file,
        line: 1,
        rule: 'import-edge',
        message: `${place} and ${ARCHITECTURE_PAGE}:${subject.row.line} differ about ${other.folder}; ${action}, or change the table`,
      });
    }
  }
  return findings;
}

function checkSource(
  tree: RepositoryTree,
  source: SourceFile,
  packages: readonly Package[],
): readonly Finding[] {
  const home = packages.find((candidate) => source.path.startsWith(`${candidate.folder}/`));
  return source.imports.flatMap((reference): readonly Finding[] => {
    const at = { file: source.path, line: reference.line };
    const { specifier } = reference;
    const target = resolveRelative(source.path, specifier);
    if (target !== undefined) {
      return relativeProblem(tree, source, target, home).map((message) => ({
        ...at,
        rule: 'import-edge',
        message: `${specifier} ${message}`,
      }));
    }
    if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return [];
    const own = packages.find((candidate) => candidate.manifest.name === packageOf(specifier));
    if (own !== undefined && own !== home) return checkOwnPackage(source, reference, own, home);
    const declared = declaredFor(tree, source, home);
    if (declared.has(packageOf(specifier))) return [];
    const manifest = home?.manifest.path ?? nearestManifest(tree, source.path);
    const message = `add ${packageOf(specifier)} to ${manifest}, or import something declared there`;
    return [{ ...at, rule: 'dependency', message }];
  });
}

function relativeProblem(
  tree: RepositoryTree,
  source: SourceFile,
  target: string,
  home: Package | undefined,
): readonly string[] {
  const folder = home?.folder ?? source.path.split('/').slice(0, -1)[0] ?? '';
  const inside = isInside(source) && target.startsWith('packages/');
  const shared = inside || (home === undefined && target.startsWith(SHARED_FOLDER));
  if (folder !== '' && !shared && !target.startsWith(`${folder}/`)) {
    return ['leaves its folder; import the package by its name, or move the code'];
  }
  if (!tree.files.includes(target)) return ['names no file; relative imports end in .ts'];
  return [];
}

function isInside(source: SourceFile): boolean {
  return INSIDE_FOLDERS.some((folder) => source.path.startsWith(folder));
}

function checkOwnPackage(
  source: SourceFile,
  reference: SourceFile['imports'][number],
  target: Package,
  home: Package | undefined,
): readonly Finding[] {
  const at = { file: source.path, line: reference.line, rule: 'import-edge' as const };
  if (home === undefined && isInside(source)) return [];
  const isEntry = target.manifest.entries.includes(reference.specifier);
  if (source.path.startsWith(EXAMPLES_FOLDER) && isEntry) return [];
  if (home === undefined) {
    const message = `${source.path.split('/')[0]}/ uses the product through the command line and JSON-RPC only; do not import ${target.manifest.name}`;
    return [{ ...at, message }];
  }
  if (!home.row.mayImport.includes(target.folder)) {
    const message = `${home.folder} may not import ${target.folder}; move the code, or hand it in through an interface (${ARCHITECTURE_PAGE}:${home.row.line})`;
    return [{ ...at, message }];
  }
  if (!isEntry) {
    const message = `import ${target.manifest.name} or what it exports, not a file inside it`;
    return [{ ...at, message }];
  }
  return [];
}

/** Tests and everything outside `packages/` may use the workspace's development dependencies too. */
function declaredFor(
  tree: RepositoryTree,
  source: SourceFile,
  home: Package | undefined,
): ReadonlySet<string> {
  const manifest = home?.manifest ?? readManifest(tree, nearestManifest(tree, source.path));
  const root = readManifest(tree, 'package.json');
  const product = home !== undefined && !isTestCode(source);
  return new Set([
    ...(manifest?.dependencies ?? []),
    ...(product ? [] : (manifest?.devDependencies ?? [])),
    ...(product ? [] : (root?.devDependencies ?? [])),
    ...(home === undefined ? [] : [home.manifest.name]),
  ]);
}

function isTestCode(source: SourceFile): boolean {
  return source.isTest || source.path.includes('/testing/');
}

function nearestManifest(tree: RepositoryTree, path: string): string {
  const candidate = `${path.split('/')[0]}/package.json`;
  return tree.files.includes(candidate) ? candidate : 'package.json';
}
