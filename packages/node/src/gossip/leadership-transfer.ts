/**
 * Giving leadership to another node on an operator's request, made at any node: the request goes to the leader, is repeated
 * while nothing happens, and ends when the node asked for leads.
 */
import { ChainError } from '@praline/chain/configuration';
import type { NodeId } from 'mokka';
import type { PeerMessage } from './peer-message.ts';
import type { PeerNetwork } from './peer-network.ts';

/** The leader is asked again when nothing happened for this long. */
const REPEAT_AFTER_MS = 300;
const GIVE_UP_AFTER_MS = 5_000;
/** Requests waiting at a time. */
const MAX_WAITING = 64;

export interface Leadership {
  readonly leader: NodeId;
  readonly term: number;
}

interface Waiting {
  /** Null: any other than the leader there was. */
  readonly to: NodeId | null;
  readonly from: NodeId | null;
  readonly since: number;
  repeatAt: number;
  resolve(leadership: Leadership): void;
  reject(error: Error): void;
}

export interface LeadershipTransferModules {
  readonly network: PeerNetwork;
  readonly term: () => number;
  /** Asks consensus on this node, which leads. */
  readonly transfer: (to: NodeId | null) => void;
  /**
   * Whether requests of other members are served. In a Byzantine network any of them could have a leader give way again and
   * again, so there the operator asks the leader itself.
   */
  readonly trustsMembers: boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class LeadershipTransfer {
  readonly #modules: LeadershipTransferModules;
  #waiting: Waiting[] = [];

  constructor(modules: LeadershipTransferModules) {
    this.#modules = modules;
  }

  /** Rejects with `ChainError`: `no-quorum` when it did not happen in time, `invalid-request` where only the leader may be asked. */
  request(to: NodeId | null): Promise<Leadership> {
    const { network, term, trustsMembers, now } = this.#modules;
    const leader = network.leader();
    if (leader !== null && leader === to) {
      return Promise.resolve({ leader, term: term() });
    }
    if (!trustsMembers && leader !== network.self) {
      return Promise.reject(
        new ChainError(
          'invalid-request',
          'in a Byzantine network only the leader itself hands leadership over: ask that node',
        ),
      );
    }
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new ChainError('pool-full', 'too many requests of this kind wait'));
    }
    return new Promise((resolve, reject) => {
      const since = now();
      this.#waiting.push({ to, from: leader, since, repeatAt: since, resolve, reject });
      this.tick();
    });
  }

  /** A member asks this node to hand over. */
  received(message: PeerMessage & { readonly type: 'transfer' }): void {
    const { network, trustsMembers, transfer } = this.#modules;
    if (trustsMembers && network.leader() === network.self) {
      transfer(message.to);
    }
  }

  leaderChanged(): void {
    const { network, term } = this.#modules;
    const leader = network.leader();
    if (leader === null) {
      return;
    }
    this.#end(
      ({ to, from }) => (to === null ? leader !== from : leader === to),
      ({ resolve }) => resolve({ leader, term: term() }),
    );
  }

  /** Called often: repeats and gives up. */
  tick(): void {
    const now = this.#modules.now();
    this.#end(
      ({ since }) => now - since >= GIVE_UP_AFTER_MS,
      ({ reject }) =>
        reject(
          new ChainError(
            'no-quorum',
            `leadership was not handed over within ${GIVE_UP_AFTER_MS / 1000} s; a node takes it only if it is connected and has every block`,
          ),
        ),
    );
    for (const waiting of this.#waiting) {
      if (now >= waiting.repeatAt) {
        waiting.repeatAt = now + REPEAT_AFTER_MS;
        this.#ask(waiting.to);
      }
    }
  }

  close(): void {
    this.#end(
      () => true,
      ({ reject }) => reject(new ChainError('closed', 'the node is shutting down')),
    );
  }

  #ask(to: NodeId | null): void {
    const { network, transfer } = this.#modules;
    const leader = network.leader();
    if (leader === network.self) {
      transfer(to);
    } else if (leader !== null) {
      network.send(leader, { type: 'transfer', to });
    }
  }

  #end(isOver: (waiting: Waiting) => boolean, how: (waiting: Waiting) => void): void {
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((waiting) => !isOver(waiting));
    for (const waiting of over) {
      how(waiting);
    }
  }
}
