/**
 * One TLS connection between two nodes that know each other's key.
 *
 * Both say hello; then the *arbiter*, the node with the smaller id, opens the connection or closes it. Since only
 * one side decides, two nodes that dial each other at once can not settle on different connections.
 */
import type { TLSSocket } from 'node:tls';
import type { NodeId } from '../../core/types.ts';
import type { Channel } from '../transport.ts';
import {
  CONTROL_FRAME_MAX_BYTES,
  encodeFrameHeader,
  FRAME_KIND,
  type Frame,
  FrameDecoder,
  FrameError,
} from './frame.ts';
import { decodeHello, encodeHello, type Hello } from './hello.ts';
import type { TlsTransportLimits } from './limits.ts';
import { SendQueue } from './send-queue.ts';

/** Application bytes are reported as received in steps of this many; a window is at least twice as large. */
export const APPLICATION_REPORT_BYTES = 32 * 1024;
/** Bodies up to this size are copied behind their header, which is cheaper than a write of two parts. */
const COPY_MAX_BYTES = 4096;
/** After `close`, how long the last bytes may take to leave, in milliseconds. */
const CLOSE_GRACE_MS = 250;

/** What the owner of a connection decides and learns. */
export interface ConnectionHandlers {
  /** Arbiter: whether to open the connection; a text is the reason to close it. */
  onHello(connection: Connection): { readonly open: number } | { readonly refuse: string };
  /** Not the arbiter: the arbiter opened this connection as its `number`th; a text is the reason to close it. */
  onOpen(connection: Connection, number: number): string | undefined;
  /** Frames can be written from now on. */
  onOpened(connection: Connection): void;
  onFrame(connection: Connection, channel: Channel, body: Uint8Array): void;
  /** Once, with the reason. */
  onClose(connection: Connection, reason: string): void;
}

export interface ConnectionOptions {
  readonly socket: TLSSocket;
  readonly peer: NodeId;
  readonly isArbiter: boolean;
  readonly hello: Hello;
  readonly limits: TlsTransportLimits;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class Connection {
  readonly peer: NodeId;
  readonly queue: SendQueue;
  /** Of the last ping in milliseconds. */
  roundTripMs: number | null = null;
  /** The peer sent what no node of this cluster and protocol sends. */
  hasViolatedProtocol = false;
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #socket: TLSSocket;
  readonly #decoder: FrameDecoder;
  #phase: 'hello' | 'deciding' | 'open' | 'closed' = 'hello';
  #peerInstance = '';
  #blocked = false;
  #corked = false;
  #unreported = 0;
  #receivedAt: number;
  #pingNumber = 0;
  #pingSentAt = 0;
  #pingTimer: NodeJS.Timeout | undefined;
  #peerReason: string | undefined;

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#socket = options.socket;
    this.peer = options.peer;
    this.queue = new SendQueue(options.limits);
    this.#receivedAt = options.now();
    this.#decoder = new FrameDecoder((kind) => this.#maxBytesOf(kind));
  }

  /** Run of the peer's process, known after its hello. */
  get peerInstance(): string {
    return this.#peerInstance;
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Says hello and begins to read. */
  start(): void {
    const socket = this.#socket;
    socket.on('drain', () => {
      this.#blocked = false;
      this.#pump();
    });
    socket.on('close', () => this.#closed(this.#peerReason ?? 'connection lost'));
    socket.on('end', () => this.close(this.#peerReason ?? 'closed by the peer'));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#control(FRAME_KIND.hello, encodeHello(this.#options.hello));
  }

  /** An error of the socket, which its owner listens to from the beginning. */
  fail(error: Error): void {
    this.#peerReason ??= `connection failed: ${error.message}`;
  }

  /** False when the queue is full or the connection is not open. */
  write(channel: Channel, body: Uint8Array): boolean {
    if (this.#phase !== 'open' || !this.queue.push(channel, body)) return false;
    this.#pump();
    return true;
  }

  /** Tells the peer why, as far as it still listens, and closes. */
  close(reason: string): void {
    if (this.#phase === 'closed') return;
    const text = Buffer.from(reason).subarray(0, CONTROL_FRAME_MAX_BYTES);
    if (!this.#socket.destroyed && this.#socket.writable) this.#send(FRAME_KIND.goodbye, text);
    this.#closed(reason);
    this.#socket.destroySoon();
    if (!this.#socket.destroyed) {
      const timer = setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS);
      this.#socket.once('close', () => clearTimeout(timer));
    }
  }

  #closed(reason: string): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    clearInterval(this.#pingTimer);
    this.#handlers.onClose(this, reason);
  }

  #read(chunk: Buffer): void {
    if (this.#phase === 'closed') return;
    this.#receivedAt = this.#options.now();
    try {
      for (const frame of this.#decoder.decode(chunk)) {
        if (this.isClosed) return;
        this.#take(frame);
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#violated(`${error.code}: ${error.message}`);
    }
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case FRAME_KIND.goodbye:
        this.#peerReason = `closed by the peer: ${printable(frame.body)}`;
        this.close(this.#peerReason);
        return;
      case FRAME_KIND.hello:
        this.#takeHello(frame.body);
        return;
      case FRAME_KIND.open:
        this.#takeOpen(frame.body);
        return;
      default:
        if (this.#phase === 'open') this.#takeOpened(frame);
        else this.#violated('a frame before the connection is open');
    }
  }

  #takeHello(body: Uint8Array): void {
    const hello = decodeHello(body);
    if (this.#phase !== 'hello' || hello === undefined) {
      this.#violated('unexpected hello');
      return;
    }
    if (hello.clusterId !== this.#options.hello.clusterId) {
      this.#violated(`another cluster: ${this.#options.hello.clusterId} is not ${hello.clusterId}`);
      return;
    }
    this.#peerInstance = hello.instance;
    this.#phase = 'deciding';
    if (!this.#options.isArbiter) return;
    const decision = this.#handlers.onHello(this);
    if ('refuse' in decision) {
      this.close(decision.refuse);
      return;
    }
    const number = Buffer.alloc(6);
    number.writeUIntBE(decision.open, 0, 6);
    this.#control(FRAME_KIND.open, number);
    this.#opened();
  }

  #takeOpen(body: Uint8Array): void {
    if (this.#phase !== 'deciding' || this.#options.isArbiter || body.length !== 6) {
      this.#violated('unexpected open');
      return;
    }
    const refusal = this.#handlers.onOpen(this, Buffer.from(body).readUIntBE(0, 6));
    if (refusal === undefined) this.#opened();
    else this.close(refusal);
  }

  #opened(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'open';
    this.#pingTimer = setInterval(() => this.#ping(), this.#options.limits.pingIntervalMs);
    this.#ping();
    this.#handlers.onOpened(this);
  }

  #takeOpened({ kind, body }: Frame): void {
    switch (kind) {
      case FRAME_KIND.consensus:
        this.#handlers.onFrame(this, 'consensus', body);
        return;
      case FRAME_KIND.application:
        this.#reportReceived(body.length);
        this.#handlers.onFrame(this, 'application', body);
        return;
      case FRAME_KIND.ping:
        this.#control(FRAME_KIND.pong, body);
        return;
      case FRAME_KIND.pong:
        if (body.length === 4 && Buffer.from(body).readUInt32BE() === this.#pingNumber) {
          this.roundTripMs = this.#options.now() - this.#pingSentAt;
        }
        return;
      case FRAME_KIND.applicationReceived:
        if (body.length === 4 && this.queue.received(Buffer.from(body).readUInt32BE()))
          this.#pump();
        else this.#violated('more received than sent');
        return;
    }
  }

  #ping(): void {
    const { now, limits } = this.#options;
    if (now() - this.#receivedAt > limits.idleTimeoutMs) {
      this.close(`nothing arrived for ${limits.idleTimeoutMs} ms`);
      return;
    }
    this.#pingNumber = (this.#pingNumber + 1) >>> 0;
    this.#pingSentAt = now();
    const number = Buffer.alloc(4);
    number.writeUInt32BE(this.#pingNumber);
    this.#control(FRAME_KIND.ping, number);
  }

  #reportReceived(bytes: number): void {
    this.#unreported += bytes;
    if (this.#unreported < APPLICATION_REPORT_BYTES) return;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.#unreported);
    this.#unreported = 0;
    this.#control(FRAME_KIND.applicationReceived, count);
  }

  #control(kind: number, body: Uint8Array): void {
    if (this.queue.pushControl(kind, body)) this.#pump();
    else this.close('the peer asks for answers and does not read them');
  }

  /** Writes while the socket takes more. */
  #pump(): void {
    while (!this.#blocked && this.#phase !== 'closed') {
      const frame = this.queue.take();
      if (frame === undefined) return;
      this.#send(frame.kind, frame.body);
    }
  }

  #send(kind: number, body: Uint8Array): void {
    const socket = this.#socket;
    if (!this.#corked) {
      // Frames of one turn of the event loop leave together.
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    const header = encodeFrameHeader(kind, body.length);
    if (body.length <= COPY_MAX_BYTES) {
      this.#blocked = !socket.write(Buffer.concat([header, body]));
    } else {
      socket.write(header);
      this.#blocked = !socket.write(body);
    }
  }

  /** The peer broke the protocol. */
  #violated(reason: string): void {
    this.hasViolatedProtocol = true;
    this.close(reason);
  }

  #maxBytesOf(kind: number): number | undefined {
    switch (kind) {
      case FRAME_KIND.consensus:
        return this.#options.limits.consensusFrameMaxBytes;
      case FRAME_KIND.application:
        return this.#options.limits.applicationFrameMaxBytes;
      default:
        return kind >= FRAME_KIND.hello && kind <= FRAME_KIND.applicationReceived
          ? CONTROL_FRAME_MAX_BYTES
          : undefined;
    }
  }
}

/** A peer's words for our log: plain characters only. */
function printable(body: Uint8Array): string {
  return Buffer.from(body)
    .toString('latin1')
    .replaceAll(/[^ -~]/g, '?');
}
