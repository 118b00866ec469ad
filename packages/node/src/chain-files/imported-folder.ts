/**
 * A folder with a chain that was imported from a file: `chain/` as in a node's data folder, and the genesis file it was made
 * with. It has no log, so no node runs from it; it is read.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ImportedChain, type ImportProgress, importChainFile } from '@praline/chain';
import { createGenesis } from '@praline/chain/reading';
import { FolderLock, FolderLockError } from 'mokka';
import { ConfigError } from '../config/config-error.ts';
import { readGenesisJson } from '../config/genesis-source.ts';
import { folderError, nodeFolder } from '../config/node-folder.ts';

const OWNER_ONLY_FOLDER = 0o700;
const GENESIS_FILE_NAME = 'genesis.json';

export interface ImportFolderOptions {
  /** The chain file. */
  readonly file: string;
  readonly data: string;
  /** The genesis file; needed where the folder is new. */
  readonly genesis?: string;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
}

/** The genesis file in an imported folder; undefined in another folder. */
export function importedGenesisPath(data: string): string | undefined {
  const path = join(data, GENESIS_FILE_NAME);
  return existsSync(path) ? path : undefined;
}

/**
 * Executes a chain file into a folder, or goes on with it. Throws `ChainFileError` where the file can not be followed, and
 * `ConfigError`: `file-missing`, `invalid`, `folder-occupied`, `folder-locked`, `genesis-mismatch`, `data-unusable`.
 */
export async function importIntoFolder(options: ImportFolderOptions): Promise<ImportedChain> {
  const { data, file, onProgress, signal } = options;
  const folder = nodeFolder(data);
  if (existsSync(folder.consensus)) throw occupied(data);
  const genesisPath = options.genesis ?? importedGenesisPath(data);
  if (genesisPath === undefined) {
    throw new ConfigError(
      'file-missing',
      data,
      'Name the genesis file of the chain with --genesis, in the format of geth.',
    );
  }
  const json = readGenesisJson(genesisPath);
  mkdirSync(data, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const lock = await lockFolder(data);
  try {
    const genesis = createGenesis(json);
    const imported = await importChainFile({
      file,
      directory: folder.chain,
      genesis,
      origin: isOfNetwork(json) ? 'network' : 'import',
      ...(onProgress === undefined ? {} : { onProgress }),
      ...(signal === undefined ? {} : { signal }),
      onOpened: () => keepGenesis(data, genesisPath),
    });
    return imported;
  } catch (error) {
    const isNodes = error instanceof Error && 'code' in error && error.code === 'chain-exists';
    throw isNodes ? occupied(data) : folderError(data, error);
  } finally {
    await lock.release();
  }
}

/** A genesis file with a section for this network: its blocks were made by these rules, and may share a second. */
function isOfNetwork(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'praline' in json;
}

/** For later imports and exports; complete or not there. */
function keepGenesis(data: string, from: string): void {
  const path = join(data, GENESIS_FILE_NAME);
  if (existsSync(path)) return;
  writeFileSync(`${path}.unfinished`, readFileSync(from));
  renameSync(`${path}.unfinished`, path);
}

async function lockFolder(data: string): Promise<FolderLock> {
  try {
    return await FolderLock.acquire(data);
  } catch (error) {
    if (!(error instanceof FolderLockError)) throw error;
    const code = error.code === 'locked' ? 'folder-locked' : 'data-unusable';
    throw new ConfigError(code, data, `${data}: ${error.message}.`, { cause: error });
  }
}

function occupied(data: string): ConfigError {
  return new ConfigError(
    'folder-occupied',
    data,
    `${data} holds a node's chain, which only its log extends. Import into another folder.`,
  );
}
