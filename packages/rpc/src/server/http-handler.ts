/** JSON-RPC over HTTP: one POST, one body of JSON, one answer. Everything else gets an answer a human can use. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { RPC_ERROR_CODES } from '../errors.ts';
import type { RpcLimits } from '../limits.ts';
import { type AccessOptions, isAllowedHost, isAllowedOrigin } from './access.ts';
import { type Authentication, refusalOf } from './authentication.ts';
import type { Connection } from './connection.ts';
import { type Dispatcher, failure } from './dispatcher.ts';

export interface HttpHandlerOptions {
  readonly limits: RpcLimits;
  readonly access: AccessOptions;
  readonly authentication: Authentication;
}

/** What a path other than `/` answers to GET: health, metrics, pages. */
export type HttpRoute = () => Promise<HttpRouteAnswer>;

export interface HttpRouteAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HttpHandlerModules {
  /** By path, such as `/health`. */
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly dispatcher: Dispatcher;
  /** Whether the server is going away, so that clients should open a new connection elsewhere. */
  readonly isClosing: () => boolean;
}

export class HttpHandler {
  readonly #options: HttpHandlerOptions;
  readonly #modules: HttpHandlerModules;
  /** Counts of what came through a socket, over its requests. */
  readonly #sockets = new WeakMap<Duplex, { filterCount: number }>();
  /** Bytes of bodies that are arriving or being worked on. */
  #heldBytes = 0;

  constructor(options: HttpHandlerOptions, modules: HttpHandlerModules) {
    this.#options = options;
    this.#modules = modules;
  }

  /** Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('vary', 'origin');
    const { access } = this.#options;
    const { host, origin } = request.headers;
    if (!isAllowedHost(host, access)) return plain(response, 403, HOST_REFUSED);
    if (!isAllowedOrigin({ host, origin }, access)) return plain(response, 403, ORIGIN_REFUSED);
    if (origin !== undefined) response.setHeader('access-control-allow-origin', origin);
    // Browsers ask before they show a token, and health is asked by what has none.
    if (request.method === 'OPTIONS') return preflight(request, response);
    if (!isOpenPath(request)) {
      const refusal = refusalOf(request.headers.authorization, this.#options.authentication);
      if (refusal !== null) return refuseStranger(response, refusal);
    }
    switch (request.method) {
      case 'POST':
        return this.#post(request, response);
      case 'GET':
      case 'HEAD':
        return this.#get(request, response);
      default:
        response.setHeader('allow', 'POST, GET, HEAD, OPTIONS');
        return plain(response, 405, 'JSON-RPC requests are sent with POST.\n');
    }
  }

  async #post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isJson(request.headers['content-type']) || request.headers['content-encoding']) {
      return plain(response, 415, CONTENT_TYPE_WANTED);
    }
    let held = 0;
    const hold = (bytes: number): boolean => {
      if (this.#heldBytes + bytes > this.#options.limits.heldRequestBytesMax) return false;
      this.#heldBytes += bytes;
      held += bytes;
      return true;
    };
    try {
      await this.#answerBody(request, response, hold);
    } finally {
      this.#heldBytes -= held;
    }
  }

  async #answerBody(
    request: IncomingMessage,
    response: ServerResponse,
    hold: (bytes: number) => boolean,
  ): Promise<void> {
    const body = await readBody(request, this.#options.limits.requestBytesMax, hold);
    if (body === 'aborted') return;
    if (body === 'too-large') return this.#refuseTooLarge(request, response);
    if (body === 'busy') return refuseBusy(request, response);
    const text = decodeUtf8(body);
    if (text === undefined) {
      return json(response, 200, failure(null, RPC_ERROR_CODES.parseError, 'parse error'));
    }
    const consistency = consistencyOf(request);
    if (consistency === undefined) return plain(response, 400, CONSISTENCY_UNKNOWN);
    const connection = this.#connection(request, response);
    const linearizable = consistency === 'linearizable';
    const answer = await this.#modules.dispatcher.dispatch(text, connection, { linearizable });
    // An idle connection would keep a closing server waiting.
    if (this.#modules.isClosing()) response.setHeader('connection', 'close');
    if (answer.body === undefined) response.writeHead(204).end();
    else json(response, 200, answer.body);
    answer.afterResponse();
  }

  async #get(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    const route = this.#modules.routes.get(path);
    if (route === undefined) return greet(path, response);
    try {
      const { status, contentType, body } = await route();
      response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : body);
    } catch {
      plain(response, 503, 'The node can not answer at present.\n');
    }
  }

  #refuseTooLarge(request: IncomingMessage, response: ServerResponse): void {
    const message = `request too large, at most ${this.#options.limits.requestBytesMax} bytes`;
    refuse(request, response, 413, failure(null, RPC_ERROR_CODES.invalidRequest, message));
  }

  #connection(request: IncomingMessage, response: ServerResponse): Connection {
    const { socket } = request;
    let counts = this.#sockets.get(socket);
    if (counts === undefined) {
      counts = { filterCount: 0 };
      this.#sockets.set(socket, counts);
    }
    return new HttpConnection(counts, response);
  }
}

class HttpConnection implements Connection {
  readonly subscriptions = undefined;
  readonly #counts: { filterCount: number };
  readonly #response: ServerResponse;

  constructor(counts: { filterCount: number }, response: ServerResponse) {
    this.#counts = counts;
    this.#response = response;
  }

  get filterCount(): number {
    return this.#counts.filterCount;
  }

  set filterCount(count: number) {
    this.#counts.filterCount = count;
  }

  isOpen(): boolean {
    return !this.#response.destroyed;
  }
}

const HOST_REFUSED =
  'This name is not one the node knows itself by, so the request was refused (it protects against DNS rebinding).\n' +
  'Ask by address or as localhost, or allow the name in the configuration of the node.\n';
const ORIGIN_REFUSED =
  'Pages of this origin may not talk to the node. Allow the origin in the configuration of the node.\n';
const CONTENT_TYPE_WANTED =
  'JSON-RPC requests need the header "content-type: application/json", uncompressed. For example:\n' +
  'curl -H "content-type: application/json" ' +
  '-d \'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}\' http://localhost:8545\n';
const GREETING =
  'This is the JSON-RPC endpoint of a Praline node. It answers POST requests and WebSocket connections here.\n' +
  'Add this address to a wallet or client as a network, or try:\n' +
  'curl -H "content-type: application/json" ' +
  '-d \'{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}\' http://localhost:8545\n';

const CONSISTENCY_HEADER = 'praline-consistency';
const CONSISTENCY_UNKNOWN =
  `The header "${CONSISTENCY_HEADER}" is "local" (what this node has, the default) or "linearizable" ` +
  '(this node confirms with a quorum first that it has everything that was shown before).\n';

/** How current the answers must be; undefined when the client asks for what is not known here. */
function consistencyOf({ headers }: IncomingMessage): 'local' | 'linearizable' | undefined {
  const value = headers[CONSISTENCY_HEADER] ?? 'local';
  return value === 'local' || value === 'linearizable' ? value : undefined;
}

/** What load balancers and supervisors ask, and what tells nothing but that. */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/health', '/ready']);

function isOpenPath(request: IncomingMessage): boolean {
  return request.method !== 'POST' && OPEN_PATHS.has(pathOf(request));
}

function pathOf({ url }: IncomingMessage): string {
  return url?.split('?', 1)[0] ?? '';
}

function refuseStranger(response: ServerResponse, reason: string): void {
  response.setHeader('www-authenticate', 'Bearer');
  const wanted = 'This node wants the header "authorization: Bearer <token>"';
  plain(response, 401, `${wanted}: ${reason}.\n`);
}

function isJson(contentType: string | undefined): boolean {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === 'application/json' || type === 'application/json-rpc';
}

function greet(path: string, response: ServerResponse): void {
  if (path === '/') plain(response, 200, GREETING);
  else plain(response, 404, 'Nothing here. JSON-RPC is served at /.\n');
}

/** What a browser asks before a page's first request; the origin has been allowed already. */
function preflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS');
  response.setHeader(
    'access-control-allow-headers',
    `authorization, content-type, ${CONSISTENCY_HEADER}`,
  );
  response.setHeader('access-control-max-age', '600');
  if (request.headers['access-control-request-private-network'] === 'true') {
    response.setHeader('access-control-allow-private-network', 'true');
  }
  response.writeHead(204).end();
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

function json(response: ServerResponse, status: number, text: string): void {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  };
  // As text, which Node sends together with the headers: one packet and one system call.
  response.writeHead(status, headers).end(text);
}

function refuseBusy(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('retry-after', '1');
  const message = 'the server holds as many requests as it may, try again later';
  refuse(request, response, 503, failure(null, RPC_ERROR_CODES.limitExceeded, message));
}

/** Answers before the whole body has come: the answer goes out, then the connection goes away. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
): void {
  response.setHeader('connection', 'close');
  response.once('finish', () => request.destroy());
  json(response, status, text);
}

/**
 * The whole body, as long as it stays within the bound. Somewhat larger bodies are read to their end and dropped:
 * a client that is cut off while it sends would not see the answer.
 */
async function readBody(
  request: IncomingMessage,
  bytesMax: number,
  hold: (bytes: number) => boolean,
): Promise<Buffer | 'too-large' | 'busy' | 'aborted'> {
  const readMax = bytesMax * DROPPED_BODY_FACTOR;
  if (Number(request.headers['content-length'] ?? 0) > readMax) return 'too-large';
  if (!hold(REQUEST_OVERHEAD_BYTES)) return 'busy';
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) chunks = [];
      else if (hold(chunk.length)) chunks.push(chunk);
      else settle('busy');
      if (bytes > readMax) settle('too-large');
    };
    const settle = (outcome: Buffer | 'too-large' | 'busy' | 'aborted') => {
      // What comes after is not held, for nobody would let go of it.
      request.off('data', onData);
      resolve(outcome);
    };
    request.on('data', onData);
    request.once('end', () => settle(bytes > bytesMax ? 'too-large' : Buffer.concat(chunks)));
    request.once('error', () => settle('aborted'));
    request.once('close', () => settle('aborted'));
  });
}

/** What a request costs beside its body, roughly. */
const REQUEST_OVERHEAD_BYTES = 4096;
/** How many times the allowed size is still read, to be dropped. */
const DROPPED_BODY_FACTOR = 4;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
