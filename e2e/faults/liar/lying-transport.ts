/**
 * Stands for the TLS transport in the liar's process: what arrives from certain senders is kept from the node, and what the node
 * says beside consensus is changed, held back and added to.
 */
import { randomBytes } from 'node:crypto';
import type { NodeId } from '../../../packages/mokka/src/core/types.ts';
import { TlsTransport as RealTransport } from '../../../packages/mokka/src/transport/tls/tls-transport.ts';
import type {
  Channel,
  PeerAddress,
  TransportHandlers,
} from '../../../packages/mokka/src/transport/transport.ts';
import { corruptGossip, forgedGossip } from './false-gossip.ts';
import { liar } from './liar-process.ts';
import { withoutSenders } from './sender-censorship.ts';

export {
  type TlsTransportModules,
  type TlsTransportOptions,
  TransportError,
  type TransportErrorCode,
} from '../../../packages/mokka/src/transport/tls/tls-transport.ts';

const FLOOD_INTERVAL_MS = 500;
const FLOOD_FRAMES = 40;
const NOISE_BYTES_MAX = 4_096;

export class TlsTransport extends RealTransport {
  readonly #random = liar.random('transport');
  #peers: readonly NodeId[] = [];

  override async listen(handlers: TransportHandlers): Promise<void> {
    await super.listen({
      ...handlers,
      onFrame: (from, channel, frame) => {
        const { censored } = liar;
        const rest =
          channel === 'application'
            ? withoutSenders(frame, censored, () => liar.note('censors-senders'))
            : frame;
        if (rest !== null) handlers.onFrame(from, channel, rest);
      },
    });
    setInterval(() => this.#flood(), FLOOD_INTERVAL_MS).unref();
  }

  override setPeers(peers: readonly PeerAddress[]): void {
    this.#peers = peers.map(({ id }) => id);
    super.setPeers(peers);
  }

  override write(to: NodeId, channel: Channel, frame: Uint8Array): boolean {
    const random = this.#random;
    if (channel === 'consensus') {
      if (!liar.lies('garbles-frames', random, 0.1)) return super.write(to, channel, frame);
      return super.write(to, channel, this.#garbled(frame));
    }
    if (!liar.lies('corrupts-gossip', random, 0.6)) return super.write(to, channel, frame);
    for (const each of corruptGossip(frame, random)) super.write(to, channel, each);
    return true;
  }

  #garbled(frame: Uint8Array): Uint8Array {
    const copy = new Uint8Array(frame);
    const place = this.#random.integer(0, Math.max(0, copy.length - 1));
    copy[place] = (copy[place] ?? 0) ^ this.#random.integer(1, 255);
    return this.#random.chance(0.5) ? copy : copy.slice(0, place);
  }

  #flood(): void {
    if (!liar.lies('floods-gossip', this.#random)) return;
    for (let sent = 0; sent < FLOOD_FRAMES; sent++) {
      const frame = this.#random.chance(0.5)
        ? forgedGossip(this.#random)
        : randomBytes(this.#random.integer(1, NOISE_BYTES_MAX));
      for (const peer of this.#peers) super.write(peer, 'application', frame);
    }
  }
}
