/**
 * A copy of this package's sources with one rule read wrongly, in a temporary folder. Production code has no switch for it:
 * the sources themselves are edited, and an edit that no longer fits is an error.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One replacement; `find` occurs once in the file. */
export interface Edit {
  /** Below `src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface MutantTree {
  /** The copy of `src`. */
  readonly sources: string;
  /** The folder that holds it, with `package.json` and `node_modules`. */
  readonly root: string;
  remove(): Promise<void>;
}

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../../..', import.meta.url));

/** Throws when an edit does not fit exactly once. */
export async function growMutant(edits: readonly Edit[]): Promise<MutantTree> {
  const root = await mkdtemp(join(tmpdir(), 'mokka-mutant-'));
  const sources = join(root, 'src');
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true });
  try {
    await cp(join(PACKAGE, 'src'), sources, { recursive: true });
    await cp(join(PACKAGE, 'package.json'), join(root, 'package.json'));
    await symlink(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
    for (const edit of edits) await applyEdit(sources, edit);
  } catch (error) {
    await remove();
    throw error;
  }
  return { sources, root, remove };
}

/** Throws when an edit does not fit these sources exactly once, after those before it. */
export async function checkEdits(edits: readonly Edit[]): Promise<void> {
  const texts = new Map<string, string>();
  for (const edit of edits) {
    const { file } = edit;
    const text = texts.get(file) ?? (await readFile(join(PACKAGE, 'src', file), 'utf8'));
    texts.set(file, edited(text, edit));
  }
}

async function applyEdit(sources: string, edit: Edit): Promise<void> {
  const path = join(sources, edit.file);
  await writeFile(path, edited(await readFile(path, 'utf8'), edit));
}

function edited(text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new RangeError(`${file} holds ${parts.length - 1} times, not once: ${find}`);
  }
  return parts.join(replace);
}
