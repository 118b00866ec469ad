/** The ways of a client's transaction into the chain, as the RPC methods need them: over the chain and main threads. */
import {
  type Address,
  type CallExecutor,
  type CallRequest,
  type ChainReader,
  type Hash,
  hashOf,
  keccak256,
  type PoolContent,
  type PoolStatus,
  type TransactionData,
} from '@praline/chain';
import type { TransactionService } from '@praline/rpc';
import type { RequestId } from '../gossip/peer-message.ts';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { ChainForRpc, MainForRpc, Submission } from '../threads/thread-contracts.ts';
import { fillRequest } from './fill-request.ts';
import type { InclusionWaits } from './inclusion-waits.ts';

export interface NodeTransactionsModules {
  readonly chain: RemoteThread<ChainForRpc>;
  readonly main: RemoteThread<MainForRpc>;
  readonly reader: ChainReader;
  readonly executor: CallExecutor;
  readonly waits: InclusionWaits;
  /** Resolves once this thread can read block `number`. Rejects with `no-quorum` after a bounded time. */
  readonly readable: (number: number) => Promise<void>;
}

export class NodeTransactions implements TransactionService {
  readonly #waitsForInclusion: () => boolean;
  readonly #modules: NodeTransactionsModules;

  /** `waitsForInclusion`: instant mining now, where an answer means that the transaction is in a block. */
  constructor(
    options: { readonly waitsForInclusion: () => boolean },
    modules: NodeTransactionsModules,
  ) {
    this.#waitsForInclusion = options.waitsForInclusion;
    this.#modules = modules;
  }

  sendRaw(raw: Uint8Array): Promise<Hash> {
    return this.#send(raw, null, false);
  }

  async send(request: CallRequest): Promise<Hash> {
    const { main, reader, executor } = this.#modules;
    const filled = await fillRequest(request, { reader, executor });
    const { raw, requestId } = await main.sign(filled);
    // The leader may be ahead of this node's pool; the nonce it assigned leaves no gap.
    const isInOrder = request.nonce === undefined;
    return this.#send(raw, requestId, isInOrder);
  }

  async mine(): Promise<void> {
    // The leader shall know whatever clients have sent here before.
    await this.#modules.chain.passedOn();
    const number = await this.#modules.main.mine();
    await this.#modules.readable(number);
  }

  pooled(hash: Hash): Promise<TransactionData | undefined> {
    return this.#modules.chain.pooled(hash);
  }

  pendingNonce(address: Address): Promise<bigint> {
    return this.#modules.chain.pendingNonce(address);
  }

  poolStatus(): Promise<PoolStatus> {
    return this.#modules.chain.poolStatus();
  }

  poolContent(): Promise<PoolContent> {
    return this.#modules.chain.poolContent();
  }

  /** A transaction that the leader signed may be mined before this node asks for it, if this node is slow. */
  async #submit(raw: Uint8Array, requestId: RequestId | null): Promise<Submission> {
    const { chain, reader } = this.#modules;
    try {
      return await chain.submit(raw, requestId);
    } catch (error) {
      const hash = hashOf(keccak256(raw));
      if (requestId !== null && reader.transaction(hash) !== undefined) {
        return { hash, place: 'executable' };
      }
      throw error;
    }
  }

  async #send(raw: Uint8Array, requestId: RequestId | null, isInOrder: boolean): Promise<Hash> {
    const { hash, place } = await this.#submit(raw, requestId);
    if (this.#waitsForInclusion() && (place === 'executable' || isInOrder)) {
      await this.#modules.waits.wait(hash);
    }
    return hash;
  }
}
