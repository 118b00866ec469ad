import type { PeerAddress } from '../transport.ts';

/**
 * What a user writes to carry Mokka over any messaging library: two methods that move bytes. Nothing is asked of it
 * but whole messages, of up to 17 MiB: they may be lost, doubled, seen or changed on the way. `SignedTransport` adds identity,
 * secrecy and order.
 */
export interface MessagePipe {
  /**
   * Binds and hands every message that arrives to `receive`, until the function it resolves with is called, which
   * closes everything. Rejects when the address is taken.
   */
  listen(receive: (message: Uint8Array) => void): Promise<() => Promise<void>>;
  /**
   * Begins to carry a message to a peer and connects to it where needed; what waits is the pipe's to bound. False when it was
   * dropped at once. Never throws for a peer that is away.
   */
  write(to: PeerAddress, message: Uint8Array): boolean;
}
