/**
 * Lock files name every dependency of every package they hold. `npm ci` refuses others, and an install from a registry
 * that lacks some platform's package silently leaves it out.
 */
import { z } from 'zod';
import type { Finding } from '../finding.ts';
import type { RepositoryTree } from '../repository-tree.ts';

const names = z.record(z.string(), z.string()).default({});
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ dependencies: names, optionalDependencies: names })),
});

export function checkLockFiles(tree: RepositoryTree): readonly Finding[] {
  return tree.files
    .filter((path) => /(?:^|\/)package-lock\.json$/.test(path))
    .flatMap((path) => checkLockFile(path, tree.read(path)));
}

function checkLockFile(file: string, text: string): readonly Finding[] {
  const { packages } = lockSchema.parse(JSON.parse(text));
  const lines = text.split('\n');
  return Object.entries(packages).flatMap(([place, { dependencies, optionalDependencies }]) =>
    Object.entries({ ...dependencies, ...optionalDependencies })
      .filter(([name]) => !isReachable(packages, place, name))
      .map(([name, version]) => ({
        file,
        line: lines.findIndex((line) => line.includes(`"${place}":`)) + 1,
        rule: 'dependency' as const,
        message: `${place} needs ${name} ${version}, which the lock does not name, so npm ci refuses it; add its entry (version, os, cpu, optional)`,
      })),
  );
}

/** As Node.js looks for a package: in each `node_modules` from here to the root. */
function isReachable(
  packages: Readonly<Record<string, unknown>>,
  place: string,
  name: string,
): boolean {
  for (let from = place; ; from = from.slice(0, Math.max(from.lastIndexOf('node_modules/'), 0))) {
    const folder = from.replace(/\/$/, '');
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true;
    // A workspace's folder has the root's `node_modules` above it.
    if (folder === '') return false;
  }
}
