/**
 * What waits to be written to one peer: the link's own frames first, then consensus, then application frames, each in
 * order and bounded. Application frames also wait for the receiver's window.
 */
import type { Channel } from '../transport.ts';
import { FRAME_KIND, type Frame } from './frame.ts';
import type { TlsTransportLimits } from './limits.ts';

/** The link's own frames that may wait; a peer that makes us answer more without reading them is closed. */
export const CONTROL_QUEUE_MAX_FRAMES = 64;

/** Frames in order, with the bytes of their bodies. */
class FrameQueue {
  #frames: Frame[] = [];
  /** Frames before this position are taken; they are cut off now and then, so that taking one costs no shift. */
  #next = 0;
  bytes = 0;

  get length(): number {
    return this.#frames.length - this.#next;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    this.bytes += frame.body.length;
  }

  take(): Frame | undefined {
    const frame = this.#frames[this.#next];
    if (frame === undefined) return undefined;
    this.#next += 1;
    this.bytes -= frame.body.length;
    if (this.#next > 1024 || this.#next === this.#frames.length) {
      this.#frames = this.#frames.slice(this.#next);
      this.#next = 0;
    }
    return frame;
  }
}

export class SendQueue {
  readonly #limits: TlsTransportLimits;
  readonly #control = new FrameQueue();
  readonly #consensus = new FrameQueue();
  readonly #application = new FrameQueue();
  /** Application bytes sent and not yet reported as received. */
  #unreceived = 0;

  constructor(limits: TlsTransportLimits) {
    this.#limits = limits;
  }

  /** Bytes of frames that wait, per channel. */
  get consensusBytes(): number {
    return this.#consensus.bytes;
  }

  get applicationBytes(): number {
    return this.#application.bytes;
  }

  /** False when the queue of the channel is full. */
  push(channel: Channel, body: Uint8Array): boolean {
    const limits = this.#limits;
    const [queue, maxFrames, maxBytes] =
      channel === 'consensus'
        ? [this.#consensus, limits.consensusQueueMaxFrames, limits.consensusQueueMaxBytes]
        : [this.#application, limits.applicationQueueMaxFrames, limits.applicationQueueMaxBytes];
    if (queue.length >= maxFrames || queue.bytes + body.length > maxBytes) return false;
    queue.push({ kind: FRAME_KIND[channel], body });
    return true;
  }

  /** False when too many of them wait already. */
  pushControl(kind: number, body: Uint8Array): boolean {
    if (this.#control.length >= CONTROL_QUEUE_MAX_FRAMES) return false;
    this.#control.push({ kind, body });
    return true;
  }

  /** The next frame to write, if one may be written now. */
  take(): Frame | undefined {
    const urgent = this.#control.take() ?? this.#consensus.take();
    if (urgent !== undefined) return urgent;
    if (this.#unreceived >= this.#limits.applicationWindowBytes) return undefined;
    const frame = this.#application.take();
    if (frame !== undefined) this.#unreceived += frame.body.length;
    return frame;
  }

  /** The peer has received application bytes. False when it claims more than were sent. */
  received(bytes: number): boolean {
    if (bytes > this.#unreceived) return false;
    this.#unreceived -= bytes;
    return true;
  }
}
