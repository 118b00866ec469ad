/**
 * Every bound of the server in one place: what a client may make this process hold or do. Those of a WebSocket are of an
 * IPC connection too, apart from pings.
 */

export interface RpcLimits {
  /** Body of an HTTP request or one WebSocket message, bytes. */
  readonly requestBytesMax: number;
  /** Bodies of all HTTP requests that are arriving or being worked on, bytes; further ones are answered with 503. */
  readonly heldRequestBytesMax: number;
  /** Answer to one HTTP request or WebSocket message, a whole batch included, bytes. */
  readonly responseBytesMax: number;
  /** Requests in one batch. */
  readonly batchLengthMax: number;
  /** Open sockets of one port, HTTP and WebSocket together, or of the IPC socket; further ones are refused at accept. */
  readonly connectionsMax: number;
  /**
   * Messages of one WebSocket worked on at a time, and of `requestBytesMax` in all; further ones wait, and reading
   * pauses.
   */
  readonly webSocketRequestsInFlightMax: number;
  /** Bytes waiting to be taken by one WebSocket client; beyond it the client is disconnected. */
  readonly webSocketBufferedBytesMax: number;
  /** Between two pings of a WebSocket, ms; a client that missed one is disconnected. */
  readonly webSocketPingIntervalMs: number;
  /** Subscriptions of one WebSocket. */
  readonly subscriptionsPerConnectionMax: number;
  /** Filters made through one connection. */
  readonly filtersPerConnectionMax: number;
  /** Filters of the whole server. */
  readonly filtersMax: number;
  /** A filter that nobody polls for this long is removed, ms. */
  readonly filterIdleMs: number;
  /** Transaction hashes a pending transaction filter may be behind; beyond it the filter is removed. */
  readonly filterPendingHashesMax: number;
  /** Logs in one answer, and block hashes in one poll of a block filter. */
  readonly resultsMax: number;
  /** Until the header of a request is complete, ms. */
  readonly headersTimeoutMs: number;
  /** Until a whole request has arrived, ms. */
  readonly requestTimeoutMs: number;
  /** An idle HTTP connection is kept this long, ms. */
  readonly keepAliveMs: number;
  /** A batch gives other clients a turn at least this often, ms of work. */
  readonly batchTurnMs: number;
  /** On close, requests under way may finish this long, ms. */
  readonly drainTimeoutMs: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: RpcLimits = {
  requestBytesMax: 5 * MEBIBYTE,
  heldRequestBytesMax: 256 * MEBIBYTE,
  responseBytesMax: 25 * MEBIBYTE,
  batchLengthMax: 1000,
  connectionsMax: 1024,
  webSocketRequestsInFlightMax: 64,
  webSocketBufferedBytesMax: 32 * MEBIBYTE,
  webSocketPingIntervalMs: 30_000,
  subscriptionsPerConnectionMax: 128,
  filtersPerConnectionMax: 1000,
  filtersMax: 10_000,
  filterIdleMs: 5 * 60_000,
  filterPendingHashesMax: 10_000,
  resultsMax: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveMs: 60_000,
  batchTurnMs: 10,
  drainTimeoutMs: 5_000,
};
