/** Every bound of the TLS transport, with its unit. */

export interface TlsTransportLimits {
  /** Largest frame of the consensus channel in bytes. Both ends of a link must agree. */
  readonly consensusFrameMaxBytes: number;
  /** Largest frame of the application channel in bytes. Both ends of a link must agree. */
  readonly applicationFrameMaxBytes: number;
  /** Frames and bytes that wait for one peer, per channel; a frame beyond either is dropped. */
  readonly consensusQueueMaxFrames: number;
  readonly consensusQueueMaxBytes: number;
  readonly applicationQueueMaxFrames: number;
  readonly applicationQueueMaxBytes: number;
  /**
   * Application bytes that may be on their way to one peer, besides one more frame. What waits in the buffers of
   * operating systems and routers can not be overtaken, so this bounds how long a vote waits behind application data.
   */
  readonly applicationWindowBytes: number;
  /** Inbound connections whose key is not yet known; beyond it the oldest is dropped. */
  readonly unauthenticatedMax: number;
  /** Inbound connections of one member that are not open yet; beyond it the oldest is dropped. */
  readonly unopenedPerPeerMax: number;
  /** From TCP connect to an open link, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** A link on which nothing arrived for this many milliseconds is closed. */
  readonly idleTimeoutMs: number;
  /** First pause before dialling again, in milliseconds; doubles up to the maximum, jittered down to a half. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
}

export const DEFAULT_TLS_TRANSPORT_LIMITS: TlsTransportLimits = {
  consensusFrameMaxBytes: 16 * 1024 * 1024,
  applicationFrameMaxBytes: 1024 * 1024,
  consensusQueueMaxFrames: 4096,
  consensusQueueMaxBytes: 64 * 1024 * 1024,
  applicationQueueMaxFrames: 16_384,
  applicationQueueMaxBytes: 16 * 1024 * 1024,
  applicationWindowBytes: 256 * 1024,
  unauthenticatedMax: 64,
  unopenedPerPeerMax: 8,
  handshakeTimeoutMs: 5000,
  pingIntervalMs: 1000,
  idleTimeoutMs: 5000,
  reconnectMinMs: 50,
  reconnectMaxMs: 2000,
};
