/**
 * JSON-RPC over a Unix domain socket, as geth's IPC: values one after the other both ways, each answer on a line of its
 * own, subscriptions included. Who may open the file is who may talk: it is its owner's alone (mode 0600).
 */
import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { RPC_ERROR_CODES } from '../errors.ts';
import type { RpcLimits } from '../limits.ts';
import type { RpcLogger } from '../logger.ts';
import type { SubscriptionFeed } from '../subscriptions/subscription-feed.ts';
import { type Dispatcher, failure } from './dispatcher.ts';
import { IpcError } from './ipc-error.ts';
import { JsonStreamError, JsonValues } from './json-values.ts';
import type { Listener } from './listener.ts';
import { MessageClient } from './message-client.ts';

export interface IpcListenerModules {
  readonly dispatcher: Dispatcher;
  readonly feed: SubscriptionFeed;
  readonly logger: RpcLogger;
}

const OWNER_ONLY = 0o600;
/** Bytes of a socket's path: what Linux and macOS both allow, less the end of the temporary name. */
const PATH_BYTES_MAX = 90;
/** The socket while nobody may find it yet. */
const UNFINISHED_NAME = 's';

export class IpcListener implements Listener {
  readonly webSockets = 0;
  readonly #path: string;
  readonly #limits: RpcLimits;
  readonly #modules: IpcListenerModules;
  readonly #server: Server;
  readonly #clients = new Set<MessageClient>();
  #slowDisconnected = 0;
  /** Of the file that is ours. */
  #inode: number | undefined;

  constructor(path: string, limits: RpcLimits, modules: IpcListenerModules) {
    this.#path = path;
    this.#limits = limits;
    this.#modules = modules;
    // A client that has said all it wants, such as `echo ... | nc -U`, still gets its answers.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = limits.connectionsMax;
  }

  get connections(): number {
    return this.#clients.size;
  }

  get slowDisconnected(): number {
    return this.#slowDisconnected;
  }

  /** Rejects with `IpcError`. */
  async listen(): Promise<void> {
    if (Buffer.byteLength(this.#path) > PATH_BYTES_MAX) throw new IpcError('too-long', this.#path);
    await requireReplaceable(this.#path);
    let folder: string;
    try {
      // Made where nobody else looks, so that at no moment others may connect, and moved in one step.
      folder = mkdtempSync(join(dirname(this.#path), '.ipc-'));
    } catch (error) {
      throw new IpcError('unusable', this.#path, error);
    }
    try {
      const unfinished = join(folder, UNFINISHED_NAME);
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen(unfinished, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
      chmodSync(unfinished, OWNER_ONLY);
      this.#inode = lstatSync(unfinished).ino;
      renameSync(unfinished, this.#path);
    } catch (error) {
      throw new IpcError('unusable', this.#path, error);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    this.#removeFile();
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    await Promise.all([closed, ...[...this.#clients].map((client) => client.drain())]);
  }

  terminate(): void {
    for (const client of this.#clients) client.terminate();
  }

  #removeFile(): void {
    const found = lstatSync(this.#path, { throwIfNoEntry: false });
    // Another node may have made its own there since somebody removed ours.
    if (found !== undefined && found.ino === this.#inode) rmSync(this.#path, { force: true });
  }

  #accept(socket: Socket): void {
    const values = new JsonValues({ bytesMax: this.#limits.requestBytesMax });
    const client = new MessageClient(this.#limits, {
      ...this.#modules,
      socket: {
        get bufferedAmount() {
          return socket.writableLength;
        },
        isOpen: () => socket.writable,
        send: (text) => void socket.write(`${text}\n`),
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        close: () => void socket.end(),
        terminate: () => void socket.destroy(),
      },
      onSlow: (bufferedBytes) => {
        this.#slowDisconnected++;
        this.#modules.logger.warn({ bufferedBytes }, 'slow IPC client disconnected');
      },
    });
    this.#clients.add(client);
    const onData = (chunk: Buffer): void => {
      try {
        for (const value of values.add(chunk)) client.receive(value.toString('utf8'));
      } catch (error) {
        if (!(error instanceof JsonStreamError)) throw error;
        // Where the next value begins can not be told any more.
        socket.off('data', onData);
        client.send(this.#failureOf(error));
        void client.drain();
      }
    };
    socket.on('data', onData);
    socket.on('end', () => void client.drain());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#clients.delete(client);
      client.closed();
    });
  }

  #failureOf({ code }: JsonStreamError): string {
    return code === 'too-large'
      ? failure(
          null,
          RPC_ERROR_CODES.invalidRequest,
          `request too large, at most ${this.#limits.requestBytesMax} bytes`,
        )
      : failure(null, RPC_ERROR_CODES.parseError, 'parse error');
  }
}

/** Nothing, or a socket that nobody listens on, may be replaced. Rejects with `IpcError` for all else. */
async function requireReplaceable(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new IpcError('not-a-socket', path);
  if (await isListenedTo(path)) throw new IpcError('taken', path);
}

function isListenedTo(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // What can not be asked, such as another user's, counts as used.
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
