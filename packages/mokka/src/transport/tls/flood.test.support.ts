/** What strangers and a broken member do to a node's port, many times over. Imported by tests only. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { NodeKey } from '../../identity/node-key.ts';
import { createTlsCredentials } from '../../identity/node-x509.ts';

/** Connections that one stranger holds at the same time. */
const AT_ONCE = 50;
const DRIBBLE_MS = 50;

/** What somebody does with a connection of its own; it is dropped sooner or later. */
export type Misdeed = (port: number) => Socket;

export const silent: Misdeed = (port) => connectTcp(port, '127.0.0.1');

/** Says that it has nothing more to say, and stays. */
export const halfOpen: Misdeed = (port) => {
  const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end();
  return socket;
};

export const garbage: Misdeed = (port) => {
  const socket = silent(port);
  socket.write(Buffer.alloc(2_000, 'garbage'));
  return socket;
};

/** The start of a TLS record, byte by byte. */
export const slow: Misdeed = (port) => {
  const socket = silent(port);
  const timer = setInterval(() => socket.write(Buffer.of(22)), DRIBBLE_MS);
  socket.once('close', () => clearInterval(timer));
  return socket;
};

/** What somebody else once sent: the same bytes each time. */
export function replayed(bytes: Buffer): Misdeed {
  return (port) => {
    const socket = silent(port);
    socket.write(bytes);
    return socket;
  };
}

/** Proves that it holds a key, and says nothing after that. */
export async function keyHolder(key: NodeKey): Promise<Misdeed> {
  const { certificatePem, privateKeyPem } = await createTlsCredentials(key);
  return (port) =>
    connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ['mokka/1'],
      cert: certificatePem,
      key: privateKeyPem,
    });
}

/** Opens so many connections, some at a time; each slot opens the next when its connection is dropped. */
export function flood(
  misdeed: Misdeed,
  port: number,
  count: number,
  atOnce = AT_ONCE,
): { readonly ended: Promise<void>; stop(): void } {
  const open = new Set<Socket>();
  let left = count;
  const ended = new Promise<void>((resolve) => {
    const next = (): void => {
      if (left === 0) {
        if (open.size === 0) resolve();
        return;
      }
      left -= 1;
      const socket = misdeed(port);
      open.add(socket);
      socket.on('error', () => undefined);
      socket.resume();
      socket.once('close', () => {
        open.delete(socket);
        next();
      });
    };
    for (let slot = 0; slot < Math.min(atOnce, count); slot += 1) next();
  });
  return {
    ended,
    stop: () => {
      left = 0;
      for (const socket of open) socket.destroy();
    },
  };
}
