/** What methods know of the client's socket. */
import type { FilterOwner } from '../filters/filter-registry.ts';
import type { ConnectionSubscriptions } from '../subscriptions/connection-subscriptions.ts';

export interface Connection extends FilterOwner {
  /** Undefined over HTTP, where a server can not speak first. */
  readonly subscriptions: ConnectionSubscriptions | undefined;
  /** Whether anybody is left to answer. */
  isOpen(): boolean;
}
