/**
 * Requests that only the leader can serve: signing for a development account (nonces are assigned in one place),
 * making a block on demand, and development operations. Made here for local clients, served here for the other nodes.
 *
 * A request has an id that it keeps when it is repeated, to the same leader or the next. The leader only signs; the
 * node that asked puts the transaction into the pools, so nothing is mined before that node knows its hash. A leader
 * that dies before its answer arrived has mined nothing; one that dies after it has left the answer with every
 * member it had a link to (`SignedAnswers`). A development operation is answered by its entry of the log, when this node
 * applies it, whoever led by then.
 */
import { randomBytes } from 'node:crypto';
import type { CallRequest, ChainErrorCode, OperationOutcome } from '@praline/chain';
import { ChainError } from '@praline/chain/configuration';
import type { NodeId } from 'mokka';
import type { SignedForRequest } from '../threads/thread-contracts.ts';
import { errorCode } from '../threads/thread-error.ts';
import { decodeCallRequest, encodeCallRequest } from './call-request-codec.ts';
import { noQuorumError, unansweredError } from './no-quorum.ts';
import type { PeerMessage, RequestId } from './peer-message.ts';
import { MAX_REQUEST_BYTES } from './peer-message-codec.ts';
import type { PeerNetwork } from './peer-network.ts';
import type { SignedAnswers } from './signed-answers.ts';

/** Requests of local clients waiting for the leader. */
const MAX_WAITING = 4096;
/** Requests of other nodes being served. */
const MAX_SERVING = 4096;
/** Between two blocks made for one member of a Byzantine network. */
const UNTRUSTED_MINE_INTERVAL_MS = 1_000;
/** Blocks on demand whose numbers are remembered, for requests that are repeated while the answer is on its way. */
const MAX_MINED_ANSWERS = 4096;
/** A request is sent again when no answer came for this long. */
const REPEAT_AFTER_MS = 300;
/** A request is given up when there was no leader or no quorum for this long, all of it while it waited. */
const LEADER_WAIT_MS = 5_000;
/** A leader that is connected may take this long, since a block before may be slow. */
const LEADER_WAIT_MAX_MS = 60_000;

export interface LeaderDuties {
  sign(requestId: RequestId, request: CallRequest): Promise<Uint8Array>;
  mine(): Promise<number>;
  /** Resolves when the operation is applied. Rejects with code `closed` when this node does not lead any more. */
  develop(requestId: RequestId, operation: Uint8Array): Promise<void>;
}

type Question =
  /** `text`: the request as JSON. */
  | { readonly type: 'sign'; readonly text: string }
  | { readonly type: 'mine' }
  /** `operation`: as `encodeOperation` writes it. */
  | { readonly type: 'develop'; readonly operation: Uint8Array };

type Answer = Uint8Array | number | boolean;
type Request = Extract<PeerMessage, { readonly type: 'sign' | 'mine' | 'develop' }>;

interface Waiting {
  readonly requestId: RequestId;
  readonly question: Question;
  /** Leaders that were asked; only their answers count. */
  readonly asked: Set<NodeId>;
  readonly since: number;
  repeatAt: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export class LeaderRequests {
  readonly #network: PeerNetwork;
  readonly #duties: LeaderDuties;
  readonly #answers: SignedAnswers;
  readonly #trustsMembers: boolean;
  readonly #now: () => number;
  readonly #waiting = new Map<RequestId, Waiting>();
  readonly #serving = new Map<RequestId, Promise<void>>();
  /** When a block was last made for a member that is not trusted. */
  readonly #minedFor = new Map<NodeId, number>();
  /** Numbers of the blocks that requests asked for; the oldest leave first. */
  readonly #mined = new Map<RequestId, number>();
  /** Since when there is no leader or no quorum; null while the network works. */
  #downSince: number | null = null;
  #closed = false;

  constructor(modules: {
    readonly network: PeerNetwork;
    readonly duties: LeaderDuties;
    readonly answers: SignedAnswers;
    /**
     * Whether every member may have as many blocks as it asks for. In a Byzantine network it gets one a second: any of them could
     * otherwise fill the disks of all with empty blocks.
     */
    readonly trustsMembers: boolean;
    /** Monotonic milliseconds. */
    readonly now: () => number;
  }) {
    this.#network = modules.network;
    this.#duties = modules.duties;
    this.#answers = modules.answers;
    this.#trustsMembers = modules.trustsMembers;
    this.#now = modules.now;
  }

  /** Has the leader fill and sign a request. Rejects with `ChainError`. */
  async sign(request: CallRequest): Promise<SignedForRequest> {
    const text = encodeCallRequest(request);
    if (text.length > MAX_REQUEST_BYTES) {
      throw new ChainError(
        'oversized-transaction',
        `the request takes ${text.length} bytes, ${MAX_REQUEST_BYTES} are allowed`,
      );
    }
    const requestId = newRequestId();
    const raw = await this.#ask(requestId, { type: 'sign', text });
    if (!(raw instanceof Uint8Array)) {
      throw new TypeError('A block number answers no signing request');
    }
    return { raw, requestId };
  }

  /** Has the leader make a block; answers its number. Rejects with `ChainError`. */
  async mine(): Promise<number> {
    const answer = await this.#ask(newRequestId(), { type: 'mine' });
    if (typeof answer !== 'number') {
      throw new TypeError('A transaction answers no mining request');
    }
    return answer;
  }

  /** Has the leader bring a development operation into the log. Rejects with `ChainError`. */
  async develop(operation: Uint8Array): Promise<OperationOutcome> {
    if (operation.length > MAX_REQUEST_BYTES) {
      throw new ChainError(
        'invalid-request',
        `the operation takes ${operation.length} bytes, ${MAX_REQUEST_BYTES} are allowed`,
      );
    }
    const answer = await this.#ask(newRequestId(), { type: 'develop', operation });
    if (answer instanceof Uint8Array) {
      throw new TypeError('A transaction answers no development operation');
    }
    return answer;
  }

  /** A development operation is applied here, whoever asked for it. */
  applied(requestId: RequestId, outcome: OperationOutcome): void {
    const waiting = this.#waiting.get(requestId);
    this.#waiting.delete(requestId);
    waiting?.resolve(outcome);
  }

  /** Asks the new leader whatever is still waiting. */
  leaderChanged(): void {
    for (const waiting of this.#waiting.values()) {
      this.#attempt(waiting);
    }
  }

  /** Called often: repeats and gives up. */
  tick(): void {
    const now = this.#now();
    const quorum = this.#network.quorum();
    const hasLeader = this.#network.leader() !== null && quorum.connected >= quorum.needed;
    this.#downSince = hasLeader ? null : (this.#downSince ?? now);
    const downSince = this.#downSince;
    for (const waiting of this.#waiting.values()) {
      const age = now - waiting.since;
      const isHopeless = downSince !== null && Math.min(age, now - downSince) >= LEADER_WAIT_MS;
      if (isHopeless || age >= LEADER_WAIT_MAX_MS) {
        this.#waiting.delete(waiting.requestId);
        waiting.reject(isHopeless ? noQuorumError(quorum) : unansweredError(LEADER_WAIT_MAX_MS));
      } else if (now >= waiting.repeatAt) {
        this.#attempt(waiting);
      }
    }
  }

  /** Handles the messages of this exchange that a member sent. */
  received(from: NodeId, message: PeerMessage): void {
    switch (message.type) {
      case 'sign':
      case 'mine':
      case 'develop':
        this.#serve(from, message);
        return;
      case 'signed':
        this.#answers.remember(message.requestId, message.raw);
        this.#settle(from, message.requestId, (waiting) => waiting.resolve(message.raw));
        return;
      case 'mined':
        this.#settle(from, message.requestId, (waiting) => waiting.resolve(message.blockNumber));
        return;
      case 'refused':
        // A node that no longer leads says so; the request waits for the next leader.
        if (message.code !== 'not-leader') {
          this.#settle(from, message.requestId, (waiting) =>
            waiting.reject(new ChainError(message.code as ChainErrorCode, message.message)),
          );
        }
        return;
      default:
    }
  }

  /** Rejects whatever waits or is asked from now on. */
  close(): void {
    this.#closed = true;
    for (const waiting of this.#waiting.values()) {
      waiting.reject(shuttingDown());
    }
    this.#waiting.clear();
  }

  #ask(requestId: RequestId, question: Question): Promise<Answer> {
    if (this.#closed) {
      return Promise.reject(shuttingDown());
    }
    if (this.#waiting.size >= MAX_WAITING) {
      return Promise.reject(
        new ChainError('pool-full', `${MAX_WAITING} requests wait for the leader already`),
      );
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        requestId,
        question,
        asked: new Set(),
        since: this.#now(),
        repeatAt: 0,
        resolve,
        reject,
      };
      this.#waiting.set(requestId, waiting);
      this.#attempt(waiting);
    });
  }

  #attempt(waiting: Waiting): void {
    waiting.repeatAt = this.#now() + REPEAT_AFTER_MS;
    const leader = this.#network.leader();
    if (leader === null) {
      return;
    }
    waiting.asked.add(leader);
    const { requestId, question } = waiting;
    const message = messageOf(requestId, question);
    if (leader === this.#network.self) {
      this.#serve(leader, message);
    } else {
      this.#network.send(leader, message);
    }
  }

  #settle(from: NodeId, requestId: RequestId, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(requestId);
    if (waiting?.asked.has(from)) {
      this.#waiting.delete(requestId);
      how(waiting);
    }
  }

  /** Leader's side. One request is served once, however often it is repeated. */
  #serve(from: NodeId, message: Request): void {
    const { requestId } = message;
    const known = this.#answers.get(requestId);
    if (known !== undefined) {
      this.#reply(from, { type: 'signed', requestId, raw: known });
      return;
    }
    const blockNumber = this.#mined.get(requestId);
    if (blockNumber !== undefined) {
      this.#reply(from, { type: 'mined', requestId, blockNumber });
      return;
    }
    if (this.#network.leader() !== this.#network.self) {
      this.#reply(from, { type: 'refused', requestId, code: 'not-leader', message: '' });
      return;
    }
    if (this.#serving.has(requestId) || this.#serving.size >= MAX_SERVING) {
      return;
    }
    if (message.type === 'mine' && !this.#mayMine(from)) {
      // It asks again.
      return;
    }
    const served = this.#perform(from, message)
      .catch((error: unknown) => {
        const code = errorCode(error) ?? 'invalid-request';
        this.#reply(from, {
          type: 'refused',
          requestId,
          code: message.type === 'develop' && code === 'closed' ? 'not-leader' : code,
          message: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => this.#serving.delete(requestId));
    this.#serving.set(requestId, served);
  }

  /** Development operations are not bounded so: who may set any balance is trusted with the disks, too. */
  #mayMine(from: NodeId): boolean {
    if (this.#trustsMembers || from === this.#network.self) {
      return true;
    }
    const now = this.#now();
    const last = this.#minedFor.get(from);
    if (last !== undefined && now - last < UNTRUSTED_MINE_INTERVAL_MS) {
      return false;
    }
    this.#minedFor.set(from, now);
    return true;
  }

  async #perform(from: NodeId, message: Request): Promise<void> {
    const { requestId } = message;
    if (message.type === 'develop') {
      await this.#duties.develop(requestId, message.operation);
      return;
    }
    if (message.type === 'mine') {
      const blockNumber = await this.#duties.mine();
      this.#rememberMined(requestId, blockNumber);
      this.#reply(from, { type: 'mined', requestId, blockNumber });
      return;
    }
    const raw = await this.#duties.sign(requestId, decodeCallRequest(message.request));
    this.#answers.remember(requestId, raw);
    this.#network.broadcast({ type: 'signed', requestId, raw });
    if (from === this.#network.self) {
      this.received(from, { type: 'signed', requestId, raw });
    }
  }

  #rememberMined(requestId: RequestId, blockNumber: number): void {
    this.#mined.set(requestId, blockNumber);
    const [oldest] = this.#mined.keys();
    if (this.#mined.size > MAX_MINED_ANSWERS && oldest !== undefined) {
      this.#mined.delete(oldest);
    }
  }

  #reply(to: NodeId, message: PeerMessage): void {
    if (to === this.#network.self) {
      this.received(to, message);
    } else {
      this.#network.send(to, message);
    }
  }
}

function messageOf(requestId: RequestId, question: Question): Request {
  switch (question.type) {
    case 'sign':
      return { type: 'sign', requestId, request: question.text };
    case 'mine':
      return { type: 'mine', requestId };
    case 'develop':
      return { type: 'develop', requestId, operation: question.operation };
  }
}

function shuttingDown(): ChainError {
  return new ChainError('closed', 'the node is shutting down');
}

function newRequestId(): RequestId {
  return randomBytes(16).toString('hex') as RequestId;
}
