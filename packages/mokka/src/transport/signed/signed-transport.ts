/**
 * A transport over any carrier of messages (`MessagePipe`): members prove their node keys to each other, and what they send is
 * sealed for the other alone.
 *
 * A link is up while its session lives: both sides name each other, and something was heard within `idleTimeoutMs`. Unlike in
 * `TlsTransport` both channels share the pipe, so application frames may delay votes where the pipe lets them queue.
 */
import { DecodeError } from '../../codec/decode-error.ts';
import { fromHex, HASH_BYTES, toHex } from '../../core/bytes.ts';
import type { ClusterId, NodeId } from '../../core/types.ts';
import { Ed25519Scheme } from '../../identity/ed25519-scheme.ts';
import type { NodeKey } from '../../identity/node-key.ts';
import type { Channel, PeerAddress, Transport, TransportHandlers } from '../transport.ts';
import {
  createOffer,
  decodeHello,
  deriveKeys,
  encodeHello,
  type Hello,
  type Offer,
} from './hello.ts';
import type { MessagePipe } from './message-pipe.ts';
import { SEALED_KIND, Session } from './session.ts';

/** Every bound of the signed transport, with its unit. */
export interface SignedTransportLimits {
  /** Largest frames in bytes. Both ends of a link must agree. */
  readonly consensusFrameMaxBytes: number;
  readonly applicationFrameMaxBytes: number;
  /** Between two hellos to a peer without a link, and between looks at the links, in milliseconds. */
  readonly helloIntervalMs: number;
  /** A link on which nothing was sent for so long carries a ping. */
  readonly pingIntervalMs: number;
  /** A link on which nothing was heard for so long is down. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_SIGNED_TRANSPORT_LIMITS: SignedTransportLimits = {
  consensusFrameMaxBytes: 16 * 1024 * 1024,
  applicationFrameMaxBytes: 1024 * 1024,
  helloIntervalMs: 200,
  pingIntervalMs: 1000,
  idleTimeoutMs: 5000,
};

export interface SignedTransportOptions {
  readonly key: NodeKey;
  readonly clusterId: ClusterId;
  readonly pipe: MessagePipe;
  readonly limits?: Partial<SignedTransportLimits>;
}

/** First byte of a message. */
const HELLO = 0;
const SEALED = 1;

interface Link {
  address: PeerAddress;
  /** For the next session. */
  offer: Offer;
  session: Session | null;
  /** Monotonic milliseconds. */
  sentAt: number;
  heardAt: number;
}

/** Mokka over what a {@link MessagePipe} carries. */
export class SignedTransport implements Transport {
  readonly #options: SignedTransportOptions;
  readonly #limits: SignedTransportLimits;
  readonly #signatures: Ed25519Scheme;
  readonly #links = new Map<NodeId, Link>();
  #handlers: TransportHandlers | null = null;
  #closePipe: (() => Promise<void>) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: SignedTransportOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_SIGNED_TRANSPORT_LIMITS, ...options.limits };
    this.#signatures = new Ed25519Scheme(options.key);
  }

  /** Throws what the pipe throws when its address is taken. */
  async listen(handlers: TransportHandlers): Promise<void> {
    if (this.#isClosed || this.#handlers !== null) throw new Error('a transport listens once');
    this.#handlers = handlers;
    this.#closePipe = await this.#options.pipe.listen((message) => this.#receive(message));
    this.#timer = setInterval(() => this.#tick(), this.#limits.helloIntervalMs);
    this.#tick();
  }

  setPeers(peers: readonly PeerAddress[]): void {
    if (this.#isClosed) return;
    const wanted = new Map(peers.map((peer) => [peer.id, peer]));
    wanted.delete(this.#options.key.id);
    for (const [id, link] of this.#links) {
      if (wanted.has(id)) continue;
      this.#part(link);
      this.#links.delete(id);
      this.#drop(link, 'no longer a member');
    }
    for (const [id, address] of wanted) {
      const known = this.#links.get(id);
      if (known !== undefined) known.address = address;
      else this.#addLink(address);
    }
  }

  write(to: NodeId, channel: Channel, frame: Uint8Array): boolean {
    const link = this.#links.get(to);
    const limit =
      channel === 'consensus'
        ? this.#limits.consensusFrameMaxBytes
        : this.#limits.applicationFrameMaxBytes;
    if (this.#isClosed || link === undefined || frame.length > limit) return false;
    return this.#seal(link, SEALED_KIND[channel], frame);
  }

  /** Tells the peers, then closes the pipe. No handler is called any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    for (const link of this.#links.values()) this.#part(link);
    this.#isClosed = true;
    this.#handlers = null;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#links.clear();
    await this.#closePipe?.();
  }

  #addLink(address: PeerAddress): void {
    const link: Link = {
      ...{ address, offer: createOffer(), session: null },
      ...{ sentAt: 0, heardAt: 0 },
    };
    this.#links.set(address.id, link);
    if (this.#timer !== null) this.#sendHello(link);
  }

  #tick(): void {
    const now = performance.now();
    for (const link of this.#links.values()) {
      if (link.session !== null && now - link.heardAt > this.#limits.idleTimeoutMs) {
        this.#drop(link, 'nothing was heard');
      }
      if (link.session === null) this.#sendHello(link);
      else if (now - link.sentAt >= this.#limits.pingIntervalMs) {
        this.#seal(link, SEALED_KIND.ping, new Uint8Array());
      }
    }
  }

  #receive(message: Uint8Array): void {
    if (this.#isClosed || message.length === 0) return;
    if (message[0] === HELLO) this.#onHelloBytes(message.subarray(1));
    else if (message[0] === SEALED) this.#onSealed(message.subarray(1));
  }

  #onHelloBytes(bytes: Uint8Array): void {
    const { key, clusterId } = this.#options;
    try {
      const hello = decodeHello(
        bytes,
        this.#signatures,
        (one) => one.to === key.id && one.clusterId === clusterId && this.#links.has(one.from),
      );
      const link = hello === null ? undefined : this.#links.get(hello.from);
      if (hello !== null && link !== undefined) this.#onHello(link, hello);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }

  #onHello(link: Link, hello: Hello): void {
    const { session } = link;
    if (session !== null && hello.offer === session.peerOffer) {
      // It has not heard that the session is made.
      if (!hello.isEstablished) this.#sendHello(link, session);
    } else if (hello.heard === link.offer.id) {
      const made = this.#makeSession(link, hello.offer);
      if (made !== null && !hello.isEstablished) this.#sendHello(link, made);
      if (made !== null) this.#establish(link, made);
    } else if (session === null || hello.heard === null) {
      this.#sendHello(link, null, hello.offer);
    }
    // Else it answers an offer of the past, which somebody has sent again: the link that is up stays.
  }

  /** Null when the peer offered what is no key. */
  #makeSession(link: Link, peerOffer: string): Session | null {
    const { key, clusterId } = this.#options;
    const own = { id: key.id, offer: link.offer };
    const peer = { id: link.address.id, offer: peerOffer };
    try {
      return new Session(link.offer, peerOffer, deriveKeys(clusterId, own, peer));
    } catch {
      return null;
    }
  }

  #establish(link: Link, session: Session): void {
    this.#drop(link, 'the peer began another link');
    link.session = session;
    link.heardAt = performance.now();
    this.#handlers?.onConnected(link.address.id);
  }

  #onSealed(message: Uint8Array): void {
    const from = toHex(message.subarray(0, HASH_BYTES)) as NodeId;
    const link = this.#links.get(from);
    const opened = link?.session?.open(message.subarray(HASH_BYTES)) ?? null;
    if (link === undefined || opened === null) return;
    link.heardAt = performance.now();
    if (opened.kind === SEALED_KIND.consensus) {
      this.#handlers?.onFrame(from, 'consensus', opened.body);
    } else if (opened.kind === SEALED_KIND.application) {
      this.#handlers?.onFrame(from, 'application', opened.body);
    } else if (opened.kind === SEALED_KIND.close) {
      this.#drop(link, 'the peer closed the link');
    }
  }

  /** Ends a session here; the next one needs a fresh offer. */
  #drop(link: Link, reason: string): void {
    const had = link.session !== null;
    link.session = null;
    link.offer = createOffer();
    if (had) this.#handlers?.onDisconnected(link.address.id, reason);
  }

  #part(link: Link): void {
    this.#seal(link, SEALED_KIND.close, new Uint8Array());
  }

  #seal(link: Link, kind: number, body: Uint8Array): boolean {
    if (link.session === null || this.#closePipe === null) return false;
    link.sentAt = performance.now();
    const { key, pipe } = this.#options;
    const sealed = link.session.seal(kind, body);
    const message = Buffer.concat([Uint8Array.of(SEALED), fromHex(key.id), sealed]);
    return pipe.write(link.address, message);
  }

  /** With a session: that it is made. Without: the offer for the next one, as an answer to `heard` or to begin. */
  #sendHello(link: Link, session: Session | null = null, heard: string | null = null): void {
    const { key, clusterId, pipe } = this.#options;
    const hello: Hello = {
      clusterId,
      from: key.id,
      to: link.address.id,
      offer: session?.ownOffer.id ?? link.offer.id,
      heard: session?.peerOffer ?? heard,
      isEstablished: session !== null,
    };
    const bytes = encodeHello(hello, this.#signatures);
    pipe.write(link.address, Buffer.concat([Uint8Array.of(HELLO), bytes]));
  }
}
