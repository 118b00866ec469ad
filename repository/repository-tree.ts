/** The files under version control, as the rules see them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RepositoryTree {
  /** Paths from the root, with forward slashes, sorted. */
  readonly files: readonly string[];
  /** Text of a file of `files`. */
  read(path: string): string;
}

/**
 * Files that git tracks, and new ones it does not ignore, so that a mistake shows before it is committed.
 * Throws when `root` is no git work tree.
 */
export function gitTree(root: string): RepositoryTree {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const files = [...new Set(listed.split('\0'))].filter(
    (path) => path !== '' && existsSync(join(root, path)),
  );
  return { files: files.sort(), read: (path) => readFileSync(join(root, path), 'utf8') };
}

/** A tree made of the given texts: what the rules' own tests run on. */
export function memoryTree(texts: Readonly<Record<string, string>>): RepositoryTree {
  const files = new Map(Object.entries(texts));
  return {
    files: [...files.keys()].sort(),
    read(path) {
      const text = files.get(path);
      if (text === undefined) throw new Error(`no file ${path} in this tree`);
      return text;
    },
  };
}
