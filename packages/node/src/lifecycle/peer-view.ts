/** What this node knows of the others: members and links from Mokka, the rest from what they tell every second. */
import {
  type CrashModel,
  faultsTolerated,
  type Member,
  type NodeId,
  quorumSize,
  type Role,
} from 'mokka';
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
  readonly #crashModel: CrashModel;
  #validators: readonly NodeId[];
  #isMember: boolean;
  readonly #connected = new Set<NodeId>();
  readonly #statuses = new Map<NodeId, { readonly status: PeerStatus; readonly at: number }>();
  epoch = 0;
  role: Role = 'follower';
  term = 0;
  leader: NodeId | null = null;

  constructor(options: {
    readonly self: NodeId;
    readonly validators: readonly NodeId[];
    readonly crashModel: CrashModel;
  }) {
    this.#self = options.self;
    this.#crashModel = options.crashModel;
    this.#validators = options.validators;
    this.#isMember = options.validators.includes(options.self);
  }

  /** Another epoch began, or the node has read from its log in which one it is. */
  membersChanged(epoch: number, members: readonly Member[]): void {
    this.epoch = epoch;
    this.#validators = members.filter(({ role }) => role === 'validator').map(({ id }) => id);
    this.#isMember = members.some(({ id }) => id === this.#self);
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
    const validators = this.#validators.length;
    return { connected, needed: quorumSize(this.#crashModel, validators), validators };
  }

  /** For the RPC thread. */
  network(): NetworkView {
    const { connected, needed, validators } = this.quorum();
    return {
      connectedValidators: connected,
      quorum: needed,
      validators,
      peers: this.#connected.size,
      isMember: this.#isMember,
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

  /** Validators that may say what is not so. */
  get #liars(): number {
    const { length } = this.#validators;
    return this.#crashModel === 'BFT' ? faultsTolerated(this.#crashModel, length) : 0;
  }
}
