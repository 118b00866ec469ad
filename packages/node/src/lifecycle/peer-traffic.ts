/** Everything nodes tell each other beside consensus, over Mokka's application channel. */
import { performance } from 'node:perf_hooks';
import type { CrashModel, Mokka, NodeId } from 'mokka';
import { LeaderRequests } from '../gossip/leader-requests.ts';
import { LeadershipTransfer } from '../gossip/leadership-transfer.ts';
import type { PeerMessage, PeerStatus } from '../gossip/peer-message.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
  PeerMessageError,
} from '../gossip/peer-message-codec.ts';
import type { PeerNetwork } from '../gossip/peer-network.ts';
import { SignedAnswers } from '../gossip/signed-answers.ts';
import { TransactionGossip } from '../gossip/transaction-gossip.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { ChainForMain } from '../threads/thread-contracts.ts';
import type { PeerView } from './peer-view.ts';

/** How often this node tells the others how it is, in milliseconds. */
const STATUS_INTERVAL_MS = 1_000;
/** How often malformed messages of one member are logged, in milliseconds. */
const REFUSAL_LOG_INTERVAL_MS = 10_000;

export interface PeerTrafficModules {
  readonly mokka: Mokka;
  readonly chain: RemoteThread<ChainForMain>;
  readonly view: PeerView;
  readonly crashModel: CrashModel;
  readonly logger: Logger;
  /** How this node is. */
  readonly status: () => PeerStatus;
  /** The chain thread failed. */
  readonly onFailure: (error: unknown) => void;
}

export class PeerTraffic {
  readonly requests: LeaderRequests;
  readonly gossip: TransactionGossip;
  readonly transfer: LeadershipTransfer;
  readonly #modules: PeerTrafficModules;
  readonly #answers = new SignedAnswers();
  readonly #refusalsLoggedAgainAt = new Map<NodeId, number>();
  #statusDueAt = 0;

  constructor(self: NodeId, modules: PeerTrafficModules) {
    const { mokka, chain, view, onFailure } = modules;
    const trustsMembers = modules.crashModel === 'CFT';
    this.#modules = modules;
    const network: PeerNetwork = {
      self,
      leader: () => view.leader,
      send: (to, message) => mokka.send(to, encodePeerMessage(message)),
      broadcast: (message) => mokka.broadcast(encodePeerMessage(message)),
      quorum: () => view.quorum(),
    };
    this.requests = new LeaderRequests({
      network,
      duties: {
        sign: (requestId, request) => chain.sign(requestId, request),
        mine: () => chain.mine(),
        develop: (requestId, operation) => chain.develop(requestId, operation),
      },
      answers: this.#answers,
      trustsMembers,
      now: () => performance.now(),
    });
    this.transfer = new LeadershipTransfer({
      network,
      term: () => view.term,
      transfer: (to) => mokka.transferLeadership(to),
      trustsMembers,
      now: () => performance.now(),
    });
    this.gossip = new TransactionGossip({
      network,
      pool: {
        receive: (transactions) => chain.receive(transactions),
        pooledForGossip: (maxBytes) => chain.pooledForGossip(maxBytes),
        nextForGossip: (maxBytes) => chain.nextForGossip(maxBytes),
      },
      onError: onFailure,
    });
  }

  /** A frame of a member; what is malformed is dropped. */
  received(from: NodeId, bytes: Uint8Array): void {
    let message: PeerMessage;
    try {
      message = decodePeerMessage(bytes);
    } catch (error) {
      if (error instanceof PeerMessageError) {
        this.#logRefused(from, error.message);
        return;
      }
      throw error;
    }
    switch (message.type) {
      case 'transactions':
        for (const { raw, requestId } of message.transactions) {
          if (requestId !== null) {
            this.#answers.remember(requestId, raw);
          }
        }
        this.gossip.received(from, message.transactions);
        return;
      case 'status':
        this.#modules.view.told(from, message.status, performance.now());
        return;
      case 'transfer':
        this.transfer.received(message);
        return;
      default:
        this.requests.received(from, message);
    }
  }

  /** Now and then only: a faulty member could fill the disk with lines. */
  #logRefused(peer: NodeId, reason: string): void {
    const now = performance.now();
    if (now >= (this.#refusalsLoggedAgainAt.get(peer) ?? 0)) {
      this.#refusalsLoggedAgainAt.set(peer, now + REFUSAL_LOG_INTERVAL_MS);
      this.#modules.logger.warn({ peer, reason }, 'peer message refused');
    }
  }

  /** The link to a member came up. */
  joined(peer: NodeId): void {
    this.#statusDueAt = 0;
    this.gossip.offerAll(peer);
  }

  leaderChanged(leader: NodeId): void {
    this.gossip.offerAll(leader);
    this.requests.leaderChanged();
    this.transfer.leaderChanged();
  }

  /** What waits for other nodes is given up. */
  close(): void {
    this.requests.close();
    this.transfer.close();
  }

  /** Called often. */
  tick(): void {
    const now = performance.now();
    this.requests.tick();
    this.transfer.tick();
    this.gossip.tick(now);
    if (now >= this.#statusDueAt) {
      this.#statusDueAt = now + STATUS_INTERVAL_MS;
      this.#modules.mokka.broadcast(
        encodePeerMessage({ type: 'status', status: this.#modules.status() }),
      );
    }
  }
}
