/**
 * The official Ethereum tests on disk (github.com/ethereum/tests): JSON files under a folder, or the same packed as
 * `*.tar.gz`, which are unpacked into a temporary folder.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';

export interface FixtureFile {
  /** Absolute, or relative to the working directory. */
  readonly path: string;
  /** Below the folder that was opened, with `/`: `GeneralStateTests/stCallCodes/callcall_00_OOGE.json`. */
  readonly name: string;
  readonly bytes: number;
}

export interface FixtureFolder {
  /** By name. */
  readonly files: readonly FixtureFile[];
  /** Removes what was unpacked. */
  close(): void;
}

export class FixturesMissingError extends Error {
  override readonly name = 'FixturesMissingError';
}

/** Kept beside the fixtures in the suite's repository; no tests. */
const NO_TESTS = /(^|\/)(\.meta|index\.json$|package(-lock)?\.json$)/;

/** The shared fixtures; undefined when $PRALINE_FIXTURES is not set. */
export function defaultFolder(): string | undefined {
  const { PRALINE_FIXTURES: root } = process.env;
  return root === undefined ? undefined : join(root, 'ethereum-tests');
}

/** Throws `FixturesMissingError` when the folder is missing or holds no fixture. */
export function openFixtures(folder: string): FixtureFolder {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new FixturesMissingError(`${folder} is no folder.`);
  }
  const archives = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));
  if (archives.length === 0) return { files: filesIn(folder), close: () => undefined };
  const unpacked = mkdtempSync(join(tmpdir(), 'ethereum-tests-'));
  const close = () => rmSync(unpacked, { recursive: true, force: true });
  try {
    for (const archive of archives) {
      execFileSync('tar', ['-xzf', join(folder, archive), '-C', unpacked]);
    }
    const loose = filesIn(folder, true).filter(({ name }) => !NO_TESTS.test(name));
    return { files: byName([...filesIn(unpacked), ...loose]), close };
  } catch (error) {
    close();
    throw error;
  }
}

function filesIn(folder: string, mayBeEmpty = false): FixtureFile[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ path: join(folder, name), name: name.split(sep).join('/') }))
    .filter(({ name }) => !NO_TESTS.test(name))
    .map((file) => ({ ...file, bytes: statSync(file.path).size }));
  if (files.length > 0 || mayBeEmpty) return byName(files);
  throw new FixturesMissingError(
    `${folder} holds no fixtures: neither .json nor .tar.gz. Get them from github.com/ethereum/tests.`,
  );
}

function byName(files: readonly FixtureFile[]): FixtureFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder that counts are reported for: two levels, such as `GeneralStateTests/stCallCodes`. */
export function reportedFolder(name: string): string {
  const parts = name.split('/').slice(0, -1);
  return parts.slice(0, 2).join('/') || basename(name, '.json');
}
