/** What this node knows of the others: links from Mokka, the rest from what they tell every second. */
import { type CrashModel, faultsTolerated, type NodeId, quorumSize, type Role } from 'mokka';
import type { PeerStatus } from '../gossip/peer-message.ts';
import type { QuorumView } from '../gossip/peer-network.ts';
import type { NetworkView } from '../threads/thread-contracts.ts';

export interface KnownPeer {
  readonly connected: boolean;
  /** Null before the first. */
  readonly status: PeerStatus | null;
  /** Monotonic milliseconds of the last status. */
  readonly heardAt: number | null;
}

export class PeerView {
  readonly #self: NodeId;
  readonly #validators: readonly NodeId[];
  readonly #quorum: number;
  /** Nodes that may say what is not so. */
  readonly #liars: number;
  readonly #connected = new Set<NodeId>();
  readonly #statuses = new Map<NodeId, { readonly status: PeerStatus; readonly at: number }>();
  role: Role = 'follower';
  term = 0;
  leader: NodeId | null = null;

  constructor(options: {
    readonly self: NodeId;
    readonly validators: readonly NodeId[];
    readonly crashModel: CrashModel;
  }) {
    this.#self = options.self;
    this.#validators = options.validators;
    const { crashModel, validators } = options;
    this.#quorum = quorumSize(crashModel, validators.length);
    this.#liars = crashModel === 'BFT' ? faultsTolerated(crashModel, validators.length) : 0;
  }

  connected(peer: NodeId): void {
    this.#connected.add(peer);
  }

  disconnected(peer: NodeId): void {
    this.#connected.delete(peer);
    this.#statuses.delete(peer);
  }

  /** `now`: monotonic milliseconds. */
  told(peer: NodeId, status: PeerStatus, now: number): void {
    if (this.#connected.has(peer)) {
      this.#statuses.set(peer, { status, at: now });
    }
  }

  peer(id: NodeId): KnownPeer {
    const known = this.#statuses.get(id);
    return {
      connected: this.#connected.has(id),
      status: known?.status ?? null,
      heardAt: known?.at ?? null,
    };
  }

  quorum(): QuorumView {
    const connected = this.#validators.filter(
      (id) => id === this.#self || this.#connected.has(id),
    ).length;
    return { connected, needed: this.#quorum, validators: this.#validators.length };
  }

  /** For the RPC thread. */
  network(): NetworkView {
    const { connected, needed, validators } = this.quorum();
    return {
      connectedValidators: connected,
      quorum: needed,
      validators,
      leader: this.leader,
      role: this.role,
      term: this.term,
      highestBlock: this.#highestBlock(),
    };
  }

  /** Highest block that at least one honest validator told of, since clients are sent elsewhere by nodes that lag. */
  #highestBlock(): number {
    const told = this.#validators.flatMap((id) => this.#statuses.get(id)?.status.blockNumber ?? []);
    return told.sort((left, right) => right - left)[this.#liars] ?? 0;
  }
}
