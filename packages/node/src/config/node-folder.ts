/**
 * The data folder of one node: `consensus/` (Mokka's log and promises), `chain/` (blocks and state), a lock, a log file.
 *
 * Two LMDB environments, so that a vote never waits for a block's write; see `docs/decisions/0001-two-lmdb-environments.md`.
 */
import { existsSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ChainError } from '@praline/chain/configuration';
import {
  checkLmdbFile,
  createStore,
  FolderLock,
  FolderLockError,
  LmdbStorage,
  makeFolder,
  type StoreIdentity,
} from 'mokka';
import { ConfigError } from './config-error.ts';
import { syncFolder } from './durable-file.ts';

const OWNER_ONLY_FOLDER = 0o700;
/** In a node's data folder while it is being made. */
const STAGING_FOLDER = 'unfinished';
/** The chain's environment in its folder. */
const CHAIN_FILE_NAME = 'chain.mdb';
/** Where `FolderLock` keeps its sockets in a locked folder. */
export const LOCK_FOLDER = 'lock';

export interface NodeFolder {
  readonly path: string;
  readonly consensus: string;
  readonly chain: string;
  /** JSON log of the node. */
  readonly logFile: string;
}

export function nodeFolder(path: string): NodeFolder {
  return {
    path,
    consensus: join(path, 'consensus'),
    chain: join(path, 'chain'),
    logFile: join(path, 'node.log'),
  };
}

/**
 * Makes the data folder of a node whose key was never used. Throws `ConfigError` with code `folder-occupied` when
 * there is one.
 *
 * Both environments are made beside their places and moved there when they are complete, so that a crash on the way
 * leaves nothing that looks like a used node: the same call makes or completes the folder.
 */
export async function createNodeFolder(
  path: string,
  genesisJson: unknown,
  identity: StoreIdentity,
): Promise<void> {
  const folder = nodeFolder(path);
  if (isHalfMoved(path)) {
    rmSync(folder.chain, { recursive: true });
  }
  if (existsSync(folder.consensus) || existsSync(folder.chain)) {
    throw new ConfigError(
      'folder-occupied',
      path,
      `${path} holds a node's data already; it is left as it is.`,
    );
  }
  await makeFolder(path, OWNER_ONLY_FOLDER);
  const lock = await takeLock(path);
  try {
    const staging = join(path, STAGING_FOLDER);
    rmSync(staging, { recursive: true, force: true });
    await createEnvironments(nodeFolder(staging), genesisJson, identity);
    renameSync(nodeFolder(staging).chain, folder.chain);
    renameSync(nodeFolder(staging).consensus, folder.consensus);
    rmdirSync(staging);
    syncFolder(path);
    syncFolder(dirname(path));
  } finally {
    await lock.release();
  }
}

/** Both environments are made, and one of them has been moved: then the other was never opened. */
function isHalfMoved(path: string): boolean {
  const folder = nodeFolder(path);
  return (
    existsSync(folder.chain) &&
    !existsSync(folder.consensus) &&
    existsSync(nodeFolder(join(path, STAGING_FOLDER)).consensus)
  );
}

async function createEnvironments(
  folder: NodeFolder,
  genesisJson: unknown,
  identity: StoreIdentity,
): Promise<void> {
  // Only where a folder is made: a node that starts does without what this loads.
  const { createChainFolder, createGenesis } = await import('@praline/chain/reading');
  try {
    await createChainFolder(folder.chain, createGenesis(genesisJson));
    syncFolder(folder.chain);
  } catch (error) {
    throw folderError(folder.path, error);
  }
  const storage = await LmdbStorage.create(folder.consensus);
  try {
    await createStore(storage, identity);
  } finally {
    await storage.close();
  }
}

/** Takes the folder for this process. Throws `ConfigError`: `data-missing`, `folder-locked`, `data-unusable`. */
export async function lockNodeFolder(path: string): Promise<FolderLock> {
  const folder = nodeFolder(path);
  if (!existsSync(folder.consensus) || !existsSync(folder.chain)) {
    throw new ConfigError(
      'data-missing',
      path,
      `${path} holds no node's data. For a key that was never used, make it with "praline node --init"; a node whose data was lost must come back with a new key.`,
    );
  }
  return takeLock(path);
}

async function takeLock(path: string): Promise<FolderLock> {
  try {
    return await FolderLock.acquire(path);
  } catch (error) {
    if (error instanceof FolderLockError) {
      const code = error.code === 'locked' ? 'folder-locked' : 'data-unusable';
      throw new ConfigError(code, path, `${capitalised(error.message)}.`, { cause: error });
    }
    throw error;
  }
}

/**
 * Looks at the chain's file before any thread opens it, as `LmdbStorage.open` does with the log's. Throws `ConfigError`
 * `data-unusable`: a damaged file could end the process.
 */
export async function requireIntactChain(path: string): Promise<void> {
  const file = join(nodeFolder(path).chain, CHAIN_FILE_NAME);
  if (!existsSync(file)) {
    return;
  }
  try {
    await checkLmdbFile(file);
  } catch (error) {
    throw folderError(path, error);
  }
}

/** What the chain's environment says about itself, as a `ConfigError` where the operator must act. */
export function folderError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'genesis-mismatch') {
    return new ConfigError(
      'genesis-mismatch',
      path,
      `${path} belongs to a chain with another genesis. Use the genesis and cluster file it was made with, or another data folder.`,
      { cause: error },
    );
  }
  if (code === 'invalid-genesis' && error instanceof Error) {
    return new ConfigError('invalid', path, `${capitalised(error.message)}.`, { cause: error });
  }
  const isUnusable =
    error instanceof ChainError || (typeof code === 'string' && UNUSABLE_CODES.has(code));
  return isUnusable && error instanceof Error
    ? new ConfigError('data-unusable', path, `${path}: ${error.message}`, { cause: error })
    : error;
}

/** Codes of `ChainError`, `StorageError` and `RestoreError`; errors from threads have lost their class. */
const UNUSABLE_CODES = new Set([
  'no-chain',
  'unsupported-format',
  'corrupt-store',
  'corrupt',
  'missing',
  'newer-format',
  'store-not-created',
  'store-of-another',
  'store-damaged',
]);

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
