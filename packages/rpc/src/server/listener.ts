/** One place where a server takes clients: a port or a socket file. */
export interface Listener {
  readonly connections: number;
  readonly webSockets: number;
  /** Clients disconnected because they did not take what was sent. */
  readonly slowDisconnected: number;
  listen(): Promise<void>;
  /** Stops accepting and lets requests under way finish. */
  close(): Promise<void>;
  /** Ends what is still open, at once. */
  terminate(): void;
}
