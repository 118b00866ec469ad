/** Exports that nobody takes and files that nobody reaches. What a package's entry hands on is its interface. */
import type { Finding } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';
import { nameOf, resolveRelative, type SourceFile } from '../source-file.ts';

export function checkUnusedCode(
  tree: RepositoryTree,
  sources: readonly SourceFile[],
): readonly Finding[] {
  const taken = takenNames(sources);
  const named = namedFiles(tree, sources);
  return sources
    .filter((source) => !isEntry(source))
    .flatMap((source): readonly Finding[] => {
      const names = taken.get(source.path);
      if (names === undefined) {
        if (named.has(source.path.split('/').at(-1) ?? '')) return [];
        const message = 'nothing imports or starts this file; remove it';
        return [{ file: source.path, line: 1, rule: 'unused-file', message }];
      }
      if (names.has('*')) return [];
      return source.exports
        .filter((exported) => !names.has(exported.name))
        .map((exported) => ({
          file: source.path,
          line: exported.line,
          rule: 'unused-export',
          message: `no other file imports ${exported.name}; drop "export", or remove it`,
        }));
    });
}

/** Tests, package entries and tool configurations are started by others. */
function isEntry(source: SourceFile): boolean {
  return (
    source.isTest ||
    /^packages\/[^/]+\/src\/index\.ts$/.test(source.path) ||
    /\.config\.ts$/.test(source.path)
  );
}

/** Per file the names that other files import from it. */
function takenNames(sources: readonly SourceFile[]): ReadonlyMap<string, ReadonlySet<string>> {
  const taken = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const reference of source.imports) {
      const target = resolveRelative(source.path, reference.specifier);
      if (target === undefined) continue;
      const names = taken.get(target) ?? new Set();
      for (const name of reference.names) names.add(name);
      taken.set(target, names);
    }
  }
  return taken;
}

/** File names, also without their ending, that stand in a string, a manifest or a script: workers, set-up files, commands. */
function namedFiles(tree: RepositoryTree, sources: readonly SourceFile[]): ReadonlySet<string> {
  const texts = sources.flatMap((source) =>
    source.nodes.flatMap((node) => (node.type === 'Literal' ? (nameOf(node) ?? []) : [])),
  );
  const manifests = tree.files
    .filter((path) => path.endsWith('package.json'))
    .map((path) => tree.read(path));
  const inTexts = texts
    .filter((text) => /^\.{1,2}\/|\.[jt]s$/.test(text))
    .flatMap((text) => [...text.matchAll(/([\w.-]+?)(?:\.[jt]s)?$/g)]);
  const inManifests = manifests.flatMap((text) => [...text.matchAll(/([\w.-]+)\.[jt]s\b/g)]);
  // Plain JavaScript that starts TypeScript, before anything else can.
  const inScripts = tree.files
    .filter((path) => path.endsWith('.mjs'))
    .flatMap((path) => [...tree.read(path).matchAll(/'\.{1,2}\/(?:[^'\s]*\/)?([\w.-]+)\.[jt]s'/g)]);
  return new Set([...inTexts, ...inManifests, ...inScripts].map((match) => `${match[1]}.ts`));
}
