/**
 * Mokka over WebSockets: the two methods of a pipe. It moves bytes; who sent them and that nobody changed them is the business
 * of the `SignedTransport` around it.
 */
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';

/** The largest frame of Mokka and what sealing adds. */
const MESSAGE_MAX_BYTES = 17 * 1024 * 1024;
/** Bytes that may wait for one peer; what comes on top is dropped. */
const WAITING_MAX_BYTES = 64 * 1024 * 1024;

export class WebSocketPipe {
  #port;
  #isClosed = false;
  /** @type {Map<string, WebSocket>} One outgoing connection per peer. */
  #sockets = new Map();

  /** @param {number} port */
  constructor(port) {
    this.#port = port;
  }

  /** @type {import('mokka').MessagePipe['listen']} */
  async listen(receive) {
    const server = new WebSocketServer({ port: this.#port, maxPayload: MESSAGE_MAX_BYTES });
    server.on('connection', (socket) => {
      socket.on('message', (data) => receive(/** @type {Buffer} */ (data)));
      socket.on('error', () => socket.terminate());
    });
    await once(server, 'listening');
    return async () => {
      this.#isClosed = true;
      for (const socket of this.#sockets.values()) socket.close();
      for (const socket of server.clients) socket.close();
      await new Promise((resolve) => server.close(resolve));
    };
  }

  /** @type {import('mokka').MessagePipe['write']} */
  write({ id, host, port }, message) {
    if (this.#isClosed) return false;
    const socket = this.#sockets.get(id) ?? this.#connect(id, `ws://${host}:${port}`);
    if (socket.readyState !== WebSocket.OPEN) return false;
    if (socket.bufferedAmount + message.length > WAITING_MAX_BYTES) return false;
    socket.send(message);
    return true;
  }

  /**
   * @param {string} id
   * @param {string} url
   */
  #connect(id, url) {
    const socket = new WebSocket(url, { maxPayload: MESSAGE_MAX_BYTES, perMessageDeflate: false });
    this.#sockets.set(id, socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(id));
    return socket;
  }
}
