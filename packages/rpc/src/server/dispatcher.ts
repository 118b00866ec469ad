/**
 * From the text of one HTTP body or WebSocket message to the text of its answer: parsing, single requests and batches,
 * notifications, limits, and the boundary behind which no unexpected error passes.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RpcBackend } from '../backend.ts';
import {
  type ErrorObject,
  internalError,
  RPC_ERROR_CODES,
  type RpcErrorCode,
  toErrorObject,
} from '../errors.ts';
import type { FilterRegistry } from '../filters/filter-registry.ts';
import { JSON_DEPTH_MAX, type JsonValue, nestsDeeperThan } from '../json.ts';
import type { RpcLimits } from '../limits.ts';
import type { RpcLogger } from '../logger.ts';
import type { Method, MethodContext } from '../method.ts';
import type { Connection } from './connection.ts';
import type { MethodView } from './namespaces.ts';
import type { RequestStatistics } from './request-statistics.ts';

export interface DispatcherModules {
  readonly backend: RpcBackend;
  /** The methods that are served here. */
  readonly registry: MethodView;
  readonly filters: FilterRegistry;
  readonly statistics: RequestStatistics;
  readonly logger: RpcLogger;
}

/** The answer to one message. */
export interface Answer {
  /** Undefined when the message held notifications only. */
  readonly body: string | undefined;
  /** To be called once the body has been handed to the socket. */
  readonly afterResponse: () => void;
}

/** What JSON-RPC allows as `id`, within exact numbers. */
type RequestId = string | number | null;

interface Request {
  /** Undefined in a notification. */
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: unknown;
}

type Outcome = { readonly result: JsonValue } | { readonly error: ErrorObject };

/** A request that waits for its answer, or the answer to what is not one. */
type Item = { readonly request: Request } | { readonly answer: string };

/** How large the answer to one message has become. */
interface AnswerSize {
  bytes: number;
  /** A result did not fit any more. */
  isExceeded: boolean;
}

/** What a handler may use, and what each request waits for before it is handled. */
interface RequestContext extends MethodContext {
  /** Rejects where a linearizable answer is wanted and can not be given. */
  readonly isCurrent?: Promise<void>;
}

function newSize(): AnswerSize {
  return { bytes: 0, isExceeded: false };
}

const TOO_LARGE = {
  error: { code: RPC_ERROR_CODES.responseTooLarge, message: 'response too large' },
} as const satisfies Outcome;

export class Dispatcher {
  readonly #limits: RpcLimits;
  readonly #modules: DispatcherModules;

  constructor(limits: RpcLimits, modules: DispatcherModules) {
    this.#limits = limits;
    this.#modules = modules;
  }

  /** Never rejects. `linearizable`: nothing is read before the node has confirmed that it is current. */
  async dispatch(
    text: string,
    connection: Connection,
    { linearizable = false }: { readonly linearizable?: boolean } = {},
  ): Promise<Answer> {
    const actions: (() => void)[] = [];
    const context = this.#context(connection, actions);
    const body = await this.#answer(text, linearizable ? this.#currentContext(context) : context);
    return {
      body,
      afterResponse: () => {
        for (const action of actions) action();
      },
    };
  }

  async #answer(text: string, context: RequestContext): Promise<string | undefined> {
    const message = parseMessage(text);
    if (message === undefined) return failure(null, RPC_ERROR_CODES.parseError, 'parse error');
    if (Array.isArray(message.value)) return this.#answerBatch(message.value, context);
    const item = toItem(message.value);
    if ('answer' in item) return item.answer;
    return this.#bounded(await this.#run(item.request, context), item.request, newSize());
  }

  async #answerBatch(batch: unknown[], context: RequestContext): Promise<string | undefined> {
    if (batch.length === 0) return failure(null, RPC_ERROR_CODES.invalidRequest, 'empty batch');
    if (batch.length > this.#limits.batchLengthMax) {
      const message = `batch too large, at most ${this.#limits.batchLengthMax} requests`;
      return failure(null, RPC_ERROR_CODES.invalidRequest, message);
    }
    const items = batch.map(toItem);
    const answers: string[] = [];
    const size = newSize();
    let turnEndsAt = performance.now() + this.#limits.batchTurnMs;
    for (let start = 0; start < items.length; ) {
      if (!context.connection.isOpen()) return undefined;
      const group = items.slice(start, this.#groupEnd(items, start));
      start += group.length;
      answers.push(...(await this.#runGroup(group, context, size)));
      if (performance.now() >= turnEndsAt) {
        await nextTurn();
        turnEndsAt = performance.now() + this.#limits.batchTurnMs;
      }
    }
    return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
  }

  /** One request, or neighbours whose method allows to start them together. */
  #groupEnd(items: readonly Item[], start: number): number {
    let end = start;
    while (end < items.length && this.#startsTogether(items[end])) end++;
    return Math.max(end, start + 1);
  }

  #startsTogether(item: Item | undefined): boolean {
    if (item === undefined || 'answer' in item) return false;
    return this.#modules.registry.get(item.request.method)?.startsTogetherInBatch === true;
  }

  async #runGroup(
    group: readonly Item[],
    context: RequestContext,
    size: AnswerSize,
  ): Promise<string[]> {
    // Nothing more is run once an answer could not be given: a batch must not multiply work that nobody gets.
    const isFull = size.isExceeded;
    const outcomes = await Promise.all(
      group.map((item) => {
        if ('answer' in item) return undefined;
        return isFull ? TOO_LARGE : this.#run(item.request, context);
      }),
    );
    const answers: string[] = [];
    for (const [index, item] of group.entries()) {
      const outcome = outcomes[index];
      const answer =
        'answer' in item ? item.answer : outcome && this.#bounded(outcome, item.request, size);
      if (answer !== undefined) answers.push(answer);
    }
    return answers;
  }

  /** The response's text; undefined for a notification; an error once an answer outgrows the limit. */
  #bounded(outcome: Outcome, { id, method }: Request, size: AnswerSize): string | undefined {
    if (id === undefined) return undefined;
    let text: string;
    try {
      text = JSON.stringify({ jsonrpc: '2.0', id, ...outcome });
    } catch (thrown) {
      return JSON.stringify({ jsonrpc: '2.0', id, error: this.#unexpected(thrown, method) });
    }
    const bytes = Buffer.byteLength(text) + 1;
    if (size.bytes + bytes <= this.#limits.responseBytesMax) {
      size.bytes += bytes;
      return text;
    }
    size.isExceeded = true;
    return JSON.stringify({ jsonrpc: '2.0', id, ...TOO_LARGE });
  }

  async #run(request: Request, context: RequestContext): Promise<Outcome> {
    const method = this.#modules.registry.get(request.method);
    if (method === undefined) return { error: this.#methodNotFound(request.method) };
    const startedAt = performance.now();
    const outcome = await this.#invoke(method, request.params, context);
    this.#modules.statistics.count(method.name, {
      failed: 'error' in outcome,
      durationMs: performance.now() - startedAt,
    });
    return outcome;
  }

  async #invoke(method: Method, params: unknown, context: RequestContext): Promise<Outcome> {
    try {
      await context.isCurrent;
      return { result: await method.invoke(params, context) };
    } catch (thrown) {
      return { error: toErrorObject(thrown) ?? this.#unexpected(thrown, method.name) };
    }
  }

  #methodNotFound(name: string): ErrorObject {
    this.#modules.statistics.countUnknownMethod();
    const shown =
      name.length <= METHOD_NAME_SHOWN_MAX ? name : name.slice(0, METHOD_NAME_SHOWN_MAX);
    return {
      code: RPC_ERROR_CODES.methodNotFound,
      message: `the method ${shown} does not exist/is not available`,
    };
  }

  #unexpected(thrown: unknown, method: string): ErrorObject {
    const reference = randomBytes(REFERENCE_BYTES).toString('hex');
    this.#modules.logger.error({ err: thrown, method, reference }, 'JSON-RPC method failed');
    return internalError(reference);
  }

  /** One confirmation serves all requests of a message. */
  #currentContext(context: MethodContext): RequestContext {
    const isCurrent = this.#modules.backend.network.confirmCurrent();
    // Every request of the message reports the failure; without one nobody needs to.
    isCurrent.catch(() => undefined);
    return { ...context, isCurrent };
  }

  #context(connection: Connection, actions: (() => void)[]): MethodContext {
    const { backend, filters, registry } = this.#modules;
    return {
      backend,
      filters,
      connection,
      limits: this.#limits,
      methods: () => registry.all(),
      afterResponse: (action) => actions.push(action),
    };
  }
}

/** Characters of an unknown method's name in the answer. */
const METHOD_NAME_SHOWN_MAX = 100;
/** Enough to find one error in a log. */
const REFERENCE_BYTES = 8;

/** The parsed message; undefined when it is not JSON, or nested beyond reason. */
function parseMessage(text: string): { readonly value: unknown } | undefined {
  if (nestsDeeperThan(text, JSON_DEPTH_MAX)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return undefined;
  }
}

function toItem(value: unknown): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalidRequest(null);
  const { id, jsonrpc, method, params } = value as UncheckedRequest;
  if (id !== undefined && !isRequestId(id)) return invalidRequest(null);
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method === '') {
    return invalidRequest(id ?? null);
  }
  return { request: { id, method, params } };
}

/** An object a client sent, of which nothing is known yet. */
interface UncheckedRequest {
  readonly id?: unknown;
  readonly jsonrpc?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/** Only ids that come back exactly as they came: `1e400` or 20 digits would not. */
function isRequestId(id: unknown): id is RequestId {
  if (typeof id === 'number') return Math.abs(id) <= Number.MAX_SAFE_INTEGER;
  return typeof id === 'string' || id === null;
}

function invalidRequest(id: RequestId): Item {
  return { answer: failure(id, RPC_ERROR_CODES.invalidRequest, 'invalid request') };
}

/** The text of an error response. */
export function failure(id: RequestId, code: RpcErrorCode, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
}
