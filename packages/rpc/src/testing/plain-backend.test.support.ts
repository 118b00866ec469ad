/** A backend of plain data for tests: each test sets what it answers. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type {
  Address,
  BlockSelector,
  CallExecutor,
  CallOptions,
  CallRequest,
  CallResult,
  DevelopmentOperation,
  Hash,
  OperationOutcome,
  PoolContent,
  TransactionData,
} from '@praline/chain';
import { ChainError } from '@praline/chain';
import type { CommittedBlock, RevertedHead, RpcBackend } from '../backend.ts';
import { addressOf, hashOf, type PlainChain } from './plain-chain.test.support.ts';

/** Key of the first account of the well-known development mnemonic; public on purpose. */
const SIGNER_KEY = Buffer.from(
  'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  'hex',
);
export const SIGNER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266' as Address;

export interface PlainBackend extends RpcBackend {
  readonly chain: PlainChain;
  /** What the executor was asked. */
  readonly calls: {
    request: CallRequest;
    block: BlockSelector;
    options: CallOptions | undefined;
  }[];
  /** What was sent raw. */
  readonly sent: Uint8Array[];
  callResult: () => Promise<CallResult>;
  sendRaw: (raw: Uint8Array) => Promise<Hash>;
  pool: { pending: Map<Address, TransactionData[]>; queued: Map<Address, TransactionData[]> };
  readonly listenerCount: () => number;
  /** Tells everybody of a block. */
  announce(block: CommittedBlock): void;
  /** Development operations so far, and what the next ones answer; true without. */
  readonly operations: readonly DevelopmentOperation[];
  readonly outcomes: OperationOutcome[];
  announceRevert(event: RevertedHead): void;
  announcePending(transaction: TransactionData): void;
  /** What `eth_syncing` answers; `announceProgress` tells that it changed. */
  progress: ReturnType<RpcBackend['network']['syncing']>;
  announceProgress(): void;
}

export function plainBackend(chain: PlainChain): PlainBackend {
  const blockListeners = new Set<(event: CommittedBlock) => void>();
  const operations: DevelopmentOperation[] = [];
  const outcomes: OperationOutcome[] = [];
  const revertListeners = new Set<(event: RevertedHead) => void>();
  const progressListeners = new Set<() => void>();
  const pendingListeners = new Set<(transaction: TransactionData) => void>();
  const backend: PlainBackend = {
    chain,
    reader: chain,
    calls: [],
    sent: [],
    callResult: async () => ({ status: 'success', output: '0x2a', gasUsed: 21_000n }),
    sendRaw: async () => hashOf(0xfeed),
    pool: { pending: new Map(), queued: new Map() },
    executor: plainExecutor(() => backend),
    transactions: {
      sendRaw: (raw) => {
        backend.sent.push(raw);
        return backend.sendRaw(raw);
      },
      send: async () => hashOf(0xbeef),
      mine: async () => {
        backend.announce(chain.append([], []));
      },
      pooled: async (hash) =>
        [...backend.pool.pending.values(), ...backend.pool.queued.values()]
          .flat()
          .find((transaction) => transaction.hash === hash),
      pendingNonce: async (address) =>
        BigInt(backend.pool.pending.get(address)?.length ?? 0) +
        (chain.accounts.get(address)?.nonce ?? 0n),
      poolStatus: async () => ({
        pending: [...backend.pool.pending.values()].flat().length,
        queued: [...backend.pool.queued.values()].flat().length,
      }),
      poolContent: async (): Promise<PoolContent> => backend.pool,
    },
    accounts: { addresses: [SIGNER], signDigest },
    network: {
      clientVersion: 'anvil/praline/test',
      networkId: 31_337n,
      coinbase: addressOf(0xc0),
      peerCount: () => 3,
      confirmCurrent: async () => undefined,
      isListening: () => true,
      syncing: () => backend.progress,
      onProgress: (listener) => subscribe(progressListeners, listener),
    },
    development: {
      initialMining: { automine: true, intervalMs: 0 },
      apply: async (operation) => {
        operations.push(operation);
        return outcomes.shift() ?? true;
      },
    },
    operations,
    outcomes,
    progress: false,
    announceProgress: () => {
      for (const listener of progressListeners) listener();
    },
    events: {
      onBlock: (listener) => subscribe(blockListeners, listener),
      onRevert: (listener) => subscribe(revertListeners, listener),
      onPendingTransaction: (listener) => subscribe(pendingListeners, listener),
    },
    listenerCount: () => blockListeners.size + pendingListeners.size + progressListeners.size,
    announce: (block) => {
      for (const listener of blockListeners) listener(block);
    },
    announceRevert: (event) => {
      for (const listener of revertListeners) listener(event);
    },
    announcePending: (transaction) => {
      for (const listener of pendingListeners) listener(transaction);
    },
  };
  return backend;
}

function plainExecutor(backend: () => PlainBackend): CallExecutor {
  return {
    call: (request, block, options) => {
      backend().calls.push({ request, block, options });
      return backend().callResult();
    },
    estimateGas: async (request, block, options) => {
      backend().calls.push({ request, block, options });
      return (await backend().callResult()).gasUsed;
    },
    createAccessList: async (request, block, options) => {
      backend().calls.push({ request, block, options });
      return { accessList: [{ address: addressOf(0xb2), storageKeys: [hashOf(1)] }], gasUsed: 9n };
    },
    simulate: async () => [],
    traceTransaction: async (_, trace) => trace,
    traceBlock: async () => [],
    traceCall: async (_, __, trace) => trace,
    replayTransaction: async (hash) => ({ hash, index: 0, frames: [] }),
    replayBlock: async () => [],
    replayCalls: async (calls) => calls.map(() => ({ frames: [] })),
    storageRange: async () => ({ slots: [], next: null }),
  };
}

function signDigest(address: Address, digest: Uint8Array): `0x${string}` {
  if (address !== SIGNER) throw new ChainError('unknown-account', 'unknown account');
  const signature = secp256k1.sign(digest, SIGNER_KEY, { prehash: false, format: 'recovered' });
  const [recovery = 0] = signature;
  return `0x${Buffer.from(signature.subarray(1)).toString('hex')}${(27 + recovery).toString(16)}`;
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
