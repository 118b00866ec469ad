/**
 * One direction of one connection: what arrives at one socket leaves by the other, in order, late when the link is
 * slow, and not at all while it is blocked. Reading pauses when too much waits, so that the sender feels it as it would
 * feel a network that takes nothing.
 */
import type { Socket } from 'node:net';

/** Bytes that wait in a pipe before reading pauses, as in the buffers of a network. */
const WAITING_BYTES_MAX = 256 * 1024;

/** What a slow link adds. */
export interface Delay {
  readonly ms: number;
  /** Largest random addition to each piece of data; the order within a connection stays. */
  readonly jitterMs: number;
}

/** How a direction of traffic is at present. */
export interface LinkState {
  isBlocked: boolean;
  delay: Delay | null;
}

interface Waiting {
  /** Null is the end of the stream. */
  readonly data: Buffer | null;
  readonly dueAt: number;
}

export class DirectedPipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #state: LinkState;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #lastDueAt = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(from: Socket, to: Socket, state: LinkState) {
    this.#from = from;
    this.#to = to;
    this.#state = state;
    from.on('data', (data: Buffer) => {
      this.#waitingBytes += data.length;
      this.#push(data);
      if (this.#waitingBytes > WAITING_BYTES_MAX) from.pause();
    });
    // The end of a process is news too: it does not pass a blocked link.
    from.on('end', () => this.#push(null));
    from.on('error', () => undefined);
    from.on('close', () => this.#push(null));
  }

  /** Sends on what is due. To be called when the state of the link has changed. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const now = performance.now();
    while (!this.#state.isBlocked) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      if (next.dueAt > now) {
        this.#timer = setTimeout(() => this.flush(), Math.max(1, next.dueAt - now));
        return;
      }
      this.#waiting.shift();
      if (next.data === null) {
        this.#to.end();
        continue;
      }
      this.#waitingBytes -= next.data.length;
      if (this.#waitingBytes <= WAITING_BYTES_MAX) this.#from.resume();
      this.#to.write(next.data);
    }
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting.length = 0;
  }

  #push(data: Buffer | null): void {
    const { delay } = this.#state;
    const late = delay === null ? 0 : delay.ms + Math.random() * delay.jitterMs;
    this.#lastDueAt = Math.max(this.#lastDueAt, performance.now() + late);
    this.#waiting.push({ data, dueAt: this.#lastDueAt });
    if (this.#timer === null) this.flush();
  }
}
