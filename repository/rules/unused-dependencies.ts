/** A dependency that nothing imports is one more thing to install and to trust. */
import type { Finding } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';
import { nameOf, packageOf, type SourceFile } from '../source-file.ts';
import { packageFolders, readManifest } from '../workspace.ts';

export function checkUnusedDependencies(
  tree: RepositoryTree,
  sources: readonly SourceFile[],
): readonly Finding[] {
  return packageFolders(tree).flatMap((folder) => {
    const path = `${folder}/package.json`;
    const imported = new Set(
      sources
        .filter((source) => source.path.startsWith(`${folder}/`) && !source.isTest)
        .flatMap((source) => [
          ...source.imports.map((reference) => packageOf(reference.specifier)),
          // `require` of a module that may be missing, and plug-ins that are named.
          ...source.nodes.flatMap((node) =>
            node.type === 'Literal' ? packageOf(nameOf(node) ?? '') : [],
          ),
        ]),
    );
    const lines = tree.read(path).split('\n');
    return (readManifest(tree, path)?.dependencies ?? [])
      .filter((name) => !imported.has(name))
      .map((name) => ({
        file: path,
        line: lines.findIndex((line) => line.includes(`"${name}":`)) + 1,
        rule: 'dependency' as const,
        message: `nothing in ${folder} but its tests imports ${name}; remove it, or move it to the workspace's devDependencies`,
      }));
  });
}
