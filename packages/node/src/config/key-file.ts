/**
 * Secret key files: one Ed25519 seed of 64 hexadecimal digits each, readable by their owner alone.
 *
 * The tutorial's form, seed and public key together (128 digits, as `tweetnacl` prints them), is read as well.
 */
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { NodeKey } from 'mokka';
import { ConfigError } from './config-error.ts';
import { writeFileDurably } from './durable-file.ts';

/** Permission bits of users other than the owner. */
const OTHERS_MASK = 0o077;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
/** Bytes of a key file beyond which it can not be one. */
const MAX_KEY_FILE_BYTES = 4096;

/** Writes a new key file, durably; its folder is made where missing. Throws `ConfigError` when the file exists. */
export function writeKeyFile(path: string, key: NodeKey): void {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  try {
    writeFileDurably(path, `${key.revealSeedHex()}\n`, { mode: OWNER_ONLY_FILE, isNew: true });
  } catch (error) {
    throw new ConfigError(
      'folder-occupied',
      path,
      `Can not write the key file ${path}: it exists or its folder is not writable.`,
      { cause: error },
    );
  }
}

/** Reads a key file. Throws `ConfigError`; its message never shows the content. */
export function readKeyFile(path: string): NodeKey {
  const text = readOwnerOnlyFile(path, 'key file', MAX_KEY_FILE_BYTES).trim();
  const match = /^([0-9a-f]{64})([0-9a-f]{64})?$/i.exec(text);
  const [, seed, publicKey] = match ?? [];
  if (seed === undefined) {
    throw new ConfigError(
      'key-invalid',
      path,
      `The key file ${path} does not hold a secret key: 64 hexadecimal digits, or 128 with the public key behind.`,
    );
  }
  const key = NodeKey.fromSeedHex(seed.toLowerCase());
  if (publicKey !== undefined && publicKey.toLowerCase() !== key.id) {
    throw new ConfigError(
      'key-invalid',
      path,
      `The key file ${path} holds a secret key and a public key that do not belong together.`,
    );
  }
  return key;
}

/**
 * Text of a file with a secret; `what` it is, for messages. Empty for a file beyond `bytesMax`. Throws `ConfigError`
 * `key-missing`, or `key-exposed` when other users can read it.
 */
export function readOwnerOnlyFile(path: string, what: string, bytesMax: number): string {
  try {
    const { mode, size } = statSync(path);
    if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
      throw new ConfigError(
        'key-exposed',
        path,
        `The ${what} ${path} can be read by other users (mode 0${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`,
      );
    }
    return size > bytesMax ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) {
      throw error;
    }
    throw new ConfigError('key-missing', path, `Can not read the ${what} ${path}.`, {
      cause: error,
    });
  }
}
