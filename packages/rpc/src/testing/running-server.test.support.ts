/** A server on a free port with its clients, for tests over real sockets. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../server/rpc-server.ts';
import { type PlainBackend, plainBackend } from './plain-backend.test.support.ts';
import { PlainChain } from './plain-chain.test.support.ts';

export interface RunningServer {
  readonly server: RpcServer;
  readonly backend: PlainBackend;
  readonly url: string;
  /** Sends a body as it is; answers status and text. */
  post(body: string | Buffer, headers?: Record<string, string>): Promise<PostAnswer>;
  /** One request; answers the whole response object. */
  request(method: string, params?: unknown): Promise<RpcResponse>;
  /** The result of one request; throws for an error. */
  result(method: string, ...params: unknown[]): Promise<unknown>;
  connect(headers?: Record<string, string>): Promise<SocketClient>;
  close(): Promise<void>;
}

export interface PostAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export interface RpcResponse {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export async function startServer({
  development,
  ...options
}: RpcServerOptions & { readonly development?: null } = {}): Promise<RunningServer> {
  const plain = plainBackend(new PlainChain());
  const backend = development === null ? { ...plain, development } : plain;
  const server = createRpcServer(backend, { port: 0, ...options });
  await server.listen();
  const url = `http://127.0.0.1:${server.address.port}`;
  const sockets: SocketClient[] = [];

  const post: RunningServer['post'] = async (body, headers = {}) => {
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const request: RunningServer['request'] = async (method, params = []) => {
    const { text } = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    return JSON.parse(text);
  };
  return {
    server,
    backend,
    url,
    post,
    request,
    result: async (method, ...params) => {
      const response = await request(method, params);
      if (response.error !== undefined) throw new Error(JSON.stringify(response.error));
      return response.result;
    },
    connect: async (headers = {}) => {
      const client = await SocketClient.open(url.replace('http', 'ws'), headers);
      sockets.push(client);
      return client;
    },
    close: async () => {
      for (const socket of sockets) socket.webSocket.terminate();
      await server.close();
    },
  };
}

interface Waiting {
  readonly accepts: (message: SocketMessage) => boolean;
  readonly resolve: (message: SocketMessage) => void;
}

export interface SocketMessage extends RpcResponse {
  readonly params?: { readonly subscription: string; readonly result: unknown };
}

/** A WebSocket that remembers what it got, in order. */
export class SocketClient {
  readonly webSocket: WebSocket;
  readonly received: SocketMessage[] = [];
  readonly #waiting = new Set<Waiting>();
  #nextId = 1;

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    webSocket.on('message', (data) => {
      const message: SocketMessage = JSON.parse(data.toString());
      this.received.push(message);
      for (const waiting of this.#waiting) {
        if (!waiting.accepts(message)) continue;
        this.#waiting.delete(waiting);
        waiting.resolve(message);
      }
    });
  }

  static async open(url: string, headers: Record<string, string>): Promise<SocketClient> {
    const webSocket = new WebSocket(url, { headers });
    const client = new SocketClient(webSocket);
    await once(webSocket, 'open');
    return client;
  }

  /** The first message that fits, already here or still to come. */
  next(accepts: (message: SocketMessage) => boolean): Promise<SocketMessage> {
    const here = this.received.find(accepts);
    if (here !== undefined) return Promise.resolve(here);
    return new Promise((resolve) => this.#waiting.add({ accepts, resolve }));
  }

  async request(method: string, ...params: unknown[]): Promise<SocketMessage> {
    // Of a form that no generated message has.
    const id = `request ${this.#nextId++}`;
    this.webSocket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.next((message) => message.id === id);
  }

  /** Results that a subscription has delivered so far. */
  delivered(subscription: unknown): unknown[] {
    return this.received
      .filter(({ params }) => params?.subscription === subscription)
      .map(({ params }) => params?.result);
  }
}
