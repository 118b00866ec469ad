/**
 * One process per data folder.
 *
 * The lock is a Unix socket on which its holder listens, so the operating system frees it with the process, however that
 * ends: no process id is compared, and containers that share the folder on one machine see each other.
 *
 * Each contender first listens on a socket of its own name in the folder, then looks at all others. One that
 * can be connected to belongs to a living process, and the contender withdraws; one that refuses was left by a dead
 * process and is removed. Of two contenders, the one that looks last sees the other, so never both succeed (both may
 * withdraw). A socket that is removed between its binding and its listening does no harm: its owner has yet to look,
 * and then sees whoever removed it.
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

import { makeFolder } from './make-folder.ts';

export type FolderLockErrorCode =
  /** Another process holds the folder. */
  | 'locked'
  /** The lock can not be taken, for instance because the file system has no sockets. */
  | 'lock-failed';

export class FolderLockError extends Error {
  override readonly name = 'FolderLockError';
  readonly code: FolderLockErrorCode;

  constructor(code: FolderLockErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const LOCK_FOLDER = 'lock';
const SOCKET_SUFFIX = '.sock';
/** How long a living holder may take to name its process id, in milliseconds; it is only for the message. */
const HOLDER_ANSWER_MS = 500;
/** Longest path of a Unix socket in bytes that all supported systems take. */
const SOCKET_PATH_MAX_BYTES = 103;
const HOLDER_ANSWER_MAX_BYTES = 32;

export class FolderLock {
  readonly #server: Server;
  readonly #path: string;
  #released: Promise<void> | undefined;

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /**
   * Takes the lock of an existing folder, or makes the folder with mode 0700.
   *
   * @throws {FolderLockError} `locked` while another living process (or this one) holds it; `lock-failed`.
   */
  static async acquire(folder: string): Promise<FolderLock> {
    const lockFolder = join(folder, LOCK_FOLDER);
    try {
      await makeFolder(lockFolder, 0o700);
      const own = `${randomUUID().slice(0, 13)}${SOCKET_SUFFIX}`;
      return await withShortPath(lockFolder, async (shortFolder) => {
        const server = await listen(join(shortFolder, own));
        const lock = new FolderLock(server, join(lockFolder, own));
        try {
          await refuseIfHeld(folder, shortFolder, own);
        } catch (error) {
          await lock.release();
          throw error;
        }
        return lock;
      });
    } catch (cause) {
      if (cause instanceof FolderLockError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FolderLockError(
        'lock-failed',
        `the data folder ${folder} can not be locked (${reason}): it must be writable and on a local file system`,
        { cause },
      );
    }
  }

  /** Gives the folder free. Safe to call twice. */
  async release(): Promise<void> {
    this.#released ??= (async () => {
      await rm(this.#path, { force: true });
      await new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
      });
    })();
    return this.#released;
  }
}

async function refuseIfHeld(folder: string, shortFolder: string, own: string): Promise<void> {
  const names = await readdir(shortFolder);
  for (const name of names) {
    if (name === own || !name.endsWith(SOCKET_SUFFIX)) continue;
    const holder = await holderOf(join(shortFolder, name));
    if (holder !== null) {
      throw new FolderLockError(
        'locked',
        `the data folder ${folder} is in use by ${holder}: stop that process, or give this one another folder`,
      );
    }
    await rm(join(shortFolder, name), { force: true });
  }
}

/** Who listens on a socket, or null when nobody does any more. */
function holderOf(path: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(HOLDER_ANSWER_MS, () => socket.destroy());
    let connected = false;
    socket.on('connect', () => {
      connected = true;
    });
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > HOLDER_ANSWER_MAX_BYTES) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (connected) return;
      // Gone or refused: nobody listens. Anything else (a full backlog, no permission) may well be a living holder.
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(null);
      else if (error.code === 'EAGAIN') resolve('another process');
      else reject(error);
    });
    socket.on('close', () => {
      resolve(/^[0-9]+$/.test(answer) ? `process ${answer}` : 'another process');
    });
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`${process.pid}`);
    });
    server.on('error', reject);
    server.listen(path, () => {
      // The lock must not keep a process alive that has nothing else to do.
      server.unref();
      resolve(server);
    });
  });
}

/** Sockets have short paths; a long one is reached through an open handle of its folder where the system has /proc. */
async function withShortPath<T>(folder: string, body: (short: string) => Promise<T>): Promise<T> {
  const longestName = 13 + SOCKET_SUFFIX.length + 1;
  if (Buffer.byteLength(folder) + longestName <= SOCKET_PATH_MAX_BYTES) return body(folder);
  const handle = await open(folder, 'r');
  try {
    return await body(`/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}
