/**
 * One running node: consensus in this thread, chain and RPC in theirs, and what goes on between the nodes beside
 * consensus.
 */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { PoolStatus } from '@praline/chain';
import { ChainError } from '@praline/chain/configuration';
import {
  type Application,
  formatPeerAddress,
  type Mokka,
  MokkaError,
  type NodeId,
  parseNodeId,
} from 'mokka';
import { advertisedRpcUrl, schemeOf } from '../config/advertised-rpc-url.ts';
import type { ClusterNode } from '../config/cluster-file.ts';
import { storeIdentity } from '../config/cluster-identity.ts';
import type { PeerStatus } from '../gossip/peer-message.ts';
import { logBlock } from '../telemetry/log-block.ts';
import { NodeMetrics } from '../telemetry/metrics.ts';
import { type RemoteThread, ThreadClosedError } from '../threads/thread-channel.ts';
import type {
  BlockSummary,
  ChainForMain,
  MainForChain,
  MainForRpc,
  ReadIndexReport,
} from '../threads/thread-contracts.ts';
import { BlockEntries } from './block-entries.ts';
import { bounded } from './bounded.ts';
import { type Consensus, consensusError, createConsensus, numberOf } from './consensus.ts';
import { LogPages } from './log-pages.ts';
import { MembershipService } from './membership-service.ts';
import type { NodeOptions } from './node-options.ts';
import { NodeReports } from './node-reports.ts';
import { type NodeThreads, startNodeThreads } from './node-threads.ts';
import { PeerTraffic } from './peer-traffic.ts';
import { PeerView } from './peer-view.ts';
import { PRALINE_VERSION } from './version.ts';

/** How often requests are repeated and pools compared, in milliseconds. */
const TICK_INTERVAL_MS = 100;
/** Longest time one step of closing may take, in milliseconds. */
const CLOSE_STEP_MS = 6_000;
const DEFAULT_CALL_THREADS = 1;
/** Above the executor's own limit, for calls that do not come back to check it. */
const DEFAULT_CALL_TIME_LIMIT_MS = 10_000;

/** What exists once a node has started. */
interface Running {
  readonly consensus: Consensus;
  readonly traffic: PeerTraffic;
  readonly reports: NodeReports;
  readonly blockEntries: BlockEntries;
  readonly membership: MembershipService;
  readonly log: LogPages;
}

export class PralineNode {
  /** Resolves when the node must stop, with the reason; never rejects. Whoever runs the node closes it then. */
  readonly failed: Promise<Error>;
  readonly #options: NodeOptions;
  readonly #view: PeerView;
  readonly #metrics: NodeMetrics;
  readonly #startedAt = performance.now();
  #resolveFailed: (error: Error) => void = () => {};
  #threads: NodeThreads | null = null;
  #running: Running | null = null;
  #head: { readonly number: number; readonly hash: string } = { number: 0, hash: '' };
  #pool: PoolStatus = { pending: 0, queued: 0 };
  #timer: NodeJS.Timeout | null = null;
  #rpcPort = 0;
  #closing: Promise<void> | null = null;

  /** Does nothing yet; see `start`. */
  constructor(options: NodeOptions) {
    this.#options = options;
    this.#view = new PeerView({
      self: options.key.id,
      validators: options.genesis.praline.validators.map(parseNodeId),
      crashModel: options.genesis.praline.crashModel,
    });
    this.failed = new Promise((resolve) => {
      this.#resolveFailed = resolve;
    });
    const status = () => this.#running?.consensus.mokka.status();
    this.#metrics = new NodeMetrics({
      term: () => this.#view.term,
      isLeader: () => this.#view.role === 'leader',
      hasLeader: () => this.#view.leader !== null,
      epoch: () => this.#view.epoch,
      validators: () => this.#view.quorum().validators,
      connectedValidators: () => this.#view.quorum().connected,
      commitIndex: () => status()?.commitIndex ?? 0,
      appliedIndex: () => status()?.appliedIndex ?? 0,
      evidence: () => this.#running?.consensus.mokka.getEvidence().length ?? 0,
      pool: () => this.#pool,
    });
  }

  /** Number in the cluster file, from 1. */
  get number(): number {
    return this.#options.number;
  }

  get id(): NodeId {
    return this.#options.key.id;
  }

  /** Where clients reach it, once it has started. */
  get rpcUrl(): string {
    const { rpcHost } = this.#member;
    return `${schemeOf(this.#options.rpc)}://${rpcHost === '0.0.0.0' ? '127.0.0.1' : rpcHost}:${this.#rpcPort}`;
  }

  /** `tcp://host:port/<public key>`. */
  get peerAddress(): string {
    return formatPeerAddress({ ...this.#member, id: this.id });
  }

  /** Starts everything. Rejects with `ConfigError` where the operator must act; nothing is left running then. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      throw consensusError(this.#options, error);
    }
  }

  /** Stops taking requests, hands leadership over, lets writes end, closes. Bounded; safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(): Promise<void> {
    const { genesis, dataPath, logger } = this.#options;
    const threads = this.#startThreads();
    this.#threads = threads;
    const { blockNumber, blockHash, isDeveloped } = await threads.chain.start();
    this.#head = { number: blockNumber, hash: blockHash };
    this.#metrics.startedAt(blockNumber);
    const consensus = await createConsensus(this.#options, applicationOf(threads.chain));
    const { mokka } = consensus;
    const blockEntries = new BlockEntries(
      (index) => mokka.getEntry(index),
      () => mokka.getInfo().lowest,
      isDeveloped,
    );
    this.#running = {
      consensus,
      blockEntries,
      traffic: new PeerTraffic(this.id, {
        mokka,
        chain: threads.chain,
        view: this.#view,
        crashModel: genesis.praline.crashModel,
        logger,
        status: () => this.#peerStatus(mokka),
        onFailure: (error) => this.#fail(error),
      }),
      reports: new NodeReports(this.#options, {
        mokka,
        view: this.#view,
        blockEntries,
        head: () => this.#head,
        pool: () => this.#pool,
        startedAt: this.#startedAt,
      }),
      membership: new MembershipService(this.#options, {
        mokka,
        storage: consensus.storage,
        view: this.#view,
        head: () => this.#head,
      }),
      log: new LogPages(mokka, consensus.storage),
    };
    this.#follow(this.#running);
    await mokka.start();
    const { epoch, members } = mokka.status();
    this.#view.membersChanged(epoch, members);
    this.#rpcPort = (await threads.rpc.start()).port;
    this.#timer = setInterval(() => this.#tick(), TICK_INTERVAL_MS);
    this.#pushNetwork();
    logger.info({ rpc: this.rpcUrl, block: blockNumber }, 'node started');
    this.#options.onEvent({
      event: 'ready',
      node: this.number,
      pid: process.pid,
      rpc: this.rpcUrl,
      p2p: this.peerAddress,
      publicKey: this.id,
      chainId: String(genesis.chainId),
      blockNumber,
      data: dataPath,
    });
  }

  #startThreads(): NodeThreads {
    const { genesis, genesisJson, coinbase, dataPath, key, stateHistory } = this.#options;
    const shared = { folder: join(dataPath, 'chain'), genesisJson, coinbase };
    return startNodeThreads(
      {
        chain: {
          ...shared,
          rootHash: storeIdentity(genesis, key.id).rootHash,
          ...(stateHistory === undefined ? {} : { stateHistory }),
        },
        rpc: {
          ...shared,
          // Test helpers of other tools only trust names that they know.
          clientVersion: `anvil/praline/v${PRALINE_VERSION}`,
          host: this.#member.rpcHost,
          port: this.#member.rpcPort,
          callThreads: this.#options.callThreads ?? DEFAULT_CALL_THREADS,
          callTimeLimitMs: this.#options.callTimeLimitMs ?? DEFAULT_CALL_TIME_LIMIT_MS,
          admin: this.#options.admin ?? genesis.praline.devMode,
          access: this.#options.rpc ?? {},
        },
      },
      {
        forChain: this.#forChain,
        forRpc: this.#forRpc,
        onDeath: (error) => this.#fail(error),
      },
    );
  }

  /** Consensus and other nodes. */
  #follow({ consensus: { mokka }, traffic, membership }: Running): void {
    const { onEvent, logger } = this.#options;
    mokka.on('state', ({ role, term, leader }) => {
      const isNew = leader !== this.#view.leader || term !== this.#view.term;
      Object.assign(this.#view, { role, term, leader });
      this.#pushNetwork();
      if (role === 'leader') {
        mokka.notifyPending();
      }
      if (!isNew) {
        return;
      }
      logger.info({ role, term, leader }, 'leader changed');
      onEvent({ event: 'leader', term, publicKey: leader, node: numberOf(this.#options, leader) });
      if (leader !== null) {
        this.#metrics.leaderChanged();
        // Not when it is lost: a complaint is what may make this node lose it, and lasts until its reason is gone.
        void this.#threads?.chain.leaderChanged.asEvent({ isAnother: leader !== this.id });
        traffic.leaderChanged(leader);
      }
    });
    mokka.on('join', ({ peer }) => {
      this.#view.connected(peer);
      this.#pushNetwork();
      traffic.joined(peer);
      logger.info({ peer }, 'peer connected');
      onEvent({ event: 'peer-joined', publicKey: peer, node: numberOf(this.#options, peer) });
    });
    mokka.on('leave', ({ peer }) => {
      this.#view.disconnected(peer);
      this.#pushNetwork();
      logger.info({ peer }, 'peer disconnected');
      onEvent({ event: 'peer-lost', publicKey: peer, node: numberOf(this.#options, peer) });
    });
    mokka.on('epoch', ({ epoch, index, members }) => {
      this.#view.membersChanged(epoch, members);
      membership.epochBegan(epoch, index);
      this.#pushNetwork();
      const role = members.find(({ id }) => id === this.id)?.role ?? null;
      const { validators } = this.#view.quorum();
      logger.info({ epoch, members, role }, 'members changed');
      onEvent({ event: 'epoch', epoch, validators, observers: members.length - validators, role });
    });
    mokka.on('evidence', ({ offender, evidence: { kind } }) => {
      const node = numberOf(this.#options, offender);
      logger.warn({ offender, node, kind }, 'a validator contradicted itself');
      onEvent({ event: 'evidence', publicKey: offender, node, kind });
    });
    mokka.on('application-message', ({ from, bytes }) => traffic.received(from, bytes));
    void mokka.stopped.then((reason) => {
      if (reason.kind === 'halted') {
        this.#fail(new Error(`consensus halted (${reason.code}): ${reason.reason}`));
      }
    });
  }

  readonly #forChain: MainForChain = {
    transactionsAccepted: (transactions) => this.#running?.traffic.gossip.accepted(transactions),
    transactionPassedOver: (transaction) =>
      this.#running?.traffic.gossip.offerToLeader([transaction]),
    complaint: (active) => this.#complain(active),
    proposalPending: () => this.#running?.consensus.mokka.notifyPending(),
    poolChanged: (status) => {
      this.#pool = status;
    },
    blockCommitted: (block) => this.#blockCommitted(block),
    operationApplied: ({ requestId, outcome }) =>
      this.#running?.traffic.requests.applied(requestId, outcome),
    headReverted: (head) => {
      this.#head = head;
      this.#running?.blockEntries.headReverted();
      this.#options.logger.info({ block: head.number, hash: head.hash }, 'head moved back');
    },
  };

  readonly #forRpc: MainForRpc = {
    sign: (request) => this.#required.traffic.requests.sign(request),
    mine: () => this.#required.traffic.requests.mine(),
    develop: (operation) => this.#required.traffic.requests.develop(operation),
    readIndex: () => this.#readIndex(),
    transferLeadership: (to) => this.#required.traffic.transfer.request(to),
    status: async () => this.#required.reports.status(),
    peers: async () => this.#required.reports.peers(),
    certificate: ({ number }) => this.#required.reports.certificate(number),
    leaderProof: (term) => this.#required.reports.leaderProof(term),
    members: () => this.#required.membership.members(),
    proposeMembership: (change) => this.#required.membership.propose(change),
    logPage: (from, count) => this.#required.log.page(from, count),
    evidence: async () => this.#required.reports.evidence(),
    metrics: () => this.#metrics.text(),
    log: (level, fields, message) => this.#options.logger[level](fields, message),
  };

  /** Whether this node has a reason to complain about the leader. Rule *progress*. */
  #complain(active: boolean): void {
    this.#options.logger.warn({ leader: this.#view.leader, active }, 'complaint about the leader');
    this.#running?.consensus.mokka.complain(active);
  }

  async #readIndex(): Promise<ReadIndexReport> {
    try {
      const index = await this.#required.consensus.mokka.readIndex();
      // The chain thread tells of a block before it tells that its entry is applied.
      return { index, blockNumber: this.#head.number, blockHash: this.#head.hash };
    } catch (error) {
      if (!(error instanceof MokkaError)) throw error;
      throw error.code === 'read-timed-out'
        ? new ChainError('no-quorum', `not confirmed to be current: ${error.message}`)
        : new ChainError('closed', 'the node is shutting down');
    }
  }

  #blockCommitted(block: BlockSummary): void {
    this.#head = { number: block.number, hash: block.hash };
    this.#metrics.blockApplied(block);
    this.#running?.blockEntries.remember(block.number, block.entryIndex);
    logBlock(this.#options.logger, block);
    this.#options.onEvent({
      event: 'block',
      number: block.number,
      hash: block.hash,
      transactions: block.transactionCount,
      gasUsed: String(block.gasUsed),
      executionMs: block.executionMs,
      entry: block.entryIndex,
    });
  }

  #peerStatus(mokka: Mokka): PeerStatus {
    const { role, term, appliedIndex } = mokka.status();
    return {
      role,
      term,
      appliedIndex,
      blockNumber: this.#head.number,
      blockHash: this.#head.hash,
      pooled: this.#pool.pending + this.#pool.queued,
      rpcUrl: advertisedRpcUrl(this.#member, schemeOf(this.#options.rpc)),
    };
  }

  #tick(): void {
    this.#running?.traffic.tick();
    this.#pushNetwork();
  }

  #pushNetwork(): void {
    void this.#threads?.rpc.networkChanged.asEvent(this.#view.network());
  }

  #fail(error: unknown): void {
    if (this.#closing !== null) {
      return;
    }
    const failure = error instanceof Error ? error : new Error(String(error));
    this.#options.logger.error({ error: failure.stack }, 'node must stop');
    this.#options.onEvent({ event: 'failed', code: 'halted', message: failure.message });
    this.#resolveFailed(failure);
  }

  async #close(): Promise<void> {
    const { logger } = this.#options;
    if (this.#timer !== null) {
      clearInterval(this.#timer);
    }
    const step = async (what: string, action: () => Promise<unknown> | undefined) => {
      try {
        await bounded(action() ?? Promise.resolve(), CLOSE_STEP_MS);
      } catch (error) {
        // A thread that has ended, such as on a full disk, has nothing left to close.
        if (error instanceof ThreadClosedError) return;
        logger.warn({ what, error: String(error) }, 'closing failed');
      }
    };
    this.#running?.traffic.close();
    await step('rpc', () => this.#threads?.rpc.close());
    await step('consensus', () => this.#running?.consensus.mokka.stop());
    await step('log', () => this.#running?.consensus.storage.close());
    await step('chain', () => this.#threads?.chain.close());
    await step('threads', () => this.#threads?.stop());
    logger.info({}, 'node stopped');
  }

  get #member(): ClusterNode {
    const member = this.#options.members[this.number - 1];
    if (member === undefined) {
      throw new Error(`There is no node ${this.number}`);
    }
    return member;
  }

  get #required(): Running {
    if (this.#running === null) {
      throw new Error('The node is not started yet');
    }
    return this.#running;
  }
}

/** The chain thread as Mokka's application. */
function applicationOf(chain: RemoteThread<ChainForMain>): Application {
  return {
    info: () => chain.info(),
    prepareProposal: (request) => chain.prepareProposal(request),
    processProposal: (entry) => chain.processProposal(entry),
    commit: (entries, certificate) => chain.commit(entries, certificate),
    rollback: (to) => chain.rollback(to),
    snapshots: {
      offerSnapshot: (minimum, committed) => chain.offerSnapshot(minimum, committed),
      snapshotChunk: (entry, chunk) => chain.snapshotChunk(entry, chunk),
      beginRestore: (manifest) => chain.beginRestore(manifest),
      restoreChunk: (chunkNumber, bytes) => chain.restoreChunk(chunkNumber, bytes),
      finishRestore: (certificate) => chain.finishRestore(certificate),
      abandonRestore: () => chain.abandonRestore(),
    },
  };
}
