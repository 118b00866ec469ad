/**
 * The way from one node to another: the first connects here instead, and both directions can be slowed down, blocked
 * and broken without either node knowing of it.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { DirectedPipe, type LinkState } from './directed-pipe.ts';

export interface LinkProxyOptions {
  /** Where the connecting node finds this proxy. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where the other node really is. */
  readonly target: { readonly host: string; readonly port: number };
  /** Traffic from the connecting node to the target, and back. Shared with the proxy of the opposite pair. */
  readonly outward: LinkState;
  readonly inward: LinkState;
}

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
  readonly pipes: readonly DirectedPipe[];
}

export class LinkProxy {
  readonly #options: LinkProxyOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Connections that wait for the way out to open. */
  readonly #unconnected = new Set<Socket>();

  private constructor(options: LinkProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) =>
      this.#accept(near),
    );
  }

  static async listen(options: LinkProxyOptions): Promise<LinkProxy> {
    const proxy = new LinkProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(options.listen.port, options.listen.host, () => resolve());
    });
    return proxy;
  }

  /** To be called when a state has changed. */
  flush(): void {
    if (!this.#options.outward.isBlocked) {
      for (const near of this.#unconnected) this.#connect(near);
      this.#unconnected.clear();
    }
    for (const { pipes } of this.#connections) {
      for (const pipe of pipes) pipe.flush();
    }
  }

  /** Breaks every connection, as a faulty device on the way does. */
  reset(): void {
    for (const connection of [...this.#connections]) this.#drop(connection);
  }

  close(): void {
    this.#server.close();
    for (const near of this.#unconnected) near.destroy();
    this.reset();
  }

  #accept(near: Socket): void {
    near.on('error', () => undefined);
    if (this.#options.outward.isBlocked) this.#unconnected.add(near);
    else this.#connect(near);
  }

  #connect(near: Socket): void {
    const { target, outward, inward } = this.#options;
    const far = connect({ ...target, allowHalfOpen: true });
    near.setNoDelay(true);
    far.setNoDelay(true);
    const connection: Connection = {
      near,
      far,
      pipes: [new DirectedPipe(near, far, outward), new DirectedPipe(far, near, inward)],
    };
    this.#connections.add(connection);
    // Nobody listens there: the connecting node learns it, unless the answer can not reach it.
    far.once('error', () => {
      if (!inward.isBlocked) this.#drop(connection);
    });
    for (const socket of [near, far]) {
      socket.once('close', () => {
        if (near.destroyed && far.destroyed) this.#drop(connection);
      });
    }
    near.resume();
  }

  #drop(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    for (const pipe of connection.pipes) pipe.close();
    for (const socket of [connection.near, connection.far]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }
}
