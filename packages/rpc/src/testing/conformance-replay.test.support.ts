/** Replays exchanges of the conformance suite against a server over the suite's chain, and says where answers differ. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGenesis, DEV_MNEMONIC } from '@praline/chain';
import { createRpcServer, type RpcServer } from '../server/rpc-server.ts';
import { ChainBackend } from './chain-backend.test.support.ts';
import type { ConformanceSuite, Exchange, Message } from './conformance-suite.test.support.ts';

/** Exchanges that say nothing about a node of this kind. Listed by method or by name, with the reason. */
const NOT_APPLICABLE: ReadonlyMap<string, string> = new Map([
  [
    'testing_buildBlockV1',
    'blocks come of consensus alone; a client does not choose randomness, withdrawals or gas limit of one',
  ],
]);

/** Why an exchange is not replayed; undefined when it is. */
export function reasonNotToReplay({ method, name }: Exchange): string | undefined {
  return NOT_APPLICABLE.get(name) ?? NOT_APPLICABLE.get(method);
}

/** A server over the suite's chain. */
export class ConformanceReplay {
  readonly #folder: string;
  readonly #chain: ChainBackend;
  readonly #server: RpcServer;
  readonly #unexpected: unknown[];

  private constructor(
    folder: string,
    chain: ChainBackend,
    server: RpcServer,
    unexpected: unknown[],
  ) {
    this.#folder = folder;
    this.#chain = chain;
    this.#server = server;
    this.#unexpected = unexpected;
  }

  /** Executes the suite's blocks in a temporary folder and listens on a free port of this machine. */
  static async open({ genesis, blocks }: ConformanceSuite): Promise<ConformanceReplay> {
    const folder = mkdtempSync(join(tmpdir(), 'praline-rpc-'));
    try {
      const chain = await ChainBackend.create(folder, createGenesis(genesis), {
        mnemonic: DEV_MNEMONIC,
        instant: false,
        origin: 'import',
      });
      await chain.import(blocks);
      const unexpected: unknown[] = [];
      const server = createRpcServer(chain.backend, {
        port: 0,
        logger: { warn() {}, error: ({ err }) => unexpected.push(err) },
      });
      await server.listen();
      return new ConformanceReplay(folder, chain, server, unexpected);
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** Where the answers differ from the expected ones; undefined when they do not. */
  async differenceOf({ rounds, isShapeOnly }: Exchange): Promise<string | undefined> {
    for (const { request, response } of rounds) {
      const answer = await this.#answer(request);
      const unexpected = this.#unexpected.splice(0);
      if (unexpected.length > 0) return `unexpected: ${unexpected.map(String).join('; ')}`;
      const difference = differenceBetween(answer, response, isShapeOnly);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.#chain.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #answer(request: string): Promise<Message> {
    const response = await fetch(`http://127.0.0.1:${this.#server.address.port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request,
    });
    return response.json() as Promise<Message>;
  }
}

/** Longest part of an answer that a difference shows, characters. */
const SHOWN_MAX = 160;

export function differenceBetween(
  answer: Message,
  expected: Message,
  isShapeOnly: boolean,
): string | undefined {
  const { error } = expected;
  if (error !== undefined) {
    const wanted = { code: error.code, data: error.data, ...(!isShapeOnly && wording(error)) };
    const given = {
      code: answer.error?.code,
      data: answer.error?.data,
      ...(!isShapeOnly && wording(answer.error)),
    };
    return textDifference(given, wanted);
  }
  if (answer.error !== undefined) {
    return `error ${answer.error.code} ${answer.error.message}, not a result`;
  }
  if (isShapeOnly) return textDifference(shapeOf(answer.result), shapeOf(expected.result));
  // As text, for the order of members is part of what is compared.
  return textDifference(answer.result, expected.result);
}

/** What geth says around a reason names types of its own language, which are left out here. */
function wording(error: { readonly message: string } | undefined) {
  return {
    message: error?.message.replace(/json: cannot unmarshal (.*) into Go value of type \S+$/, '$1'),
  };
}

function textDifference(answer: unknown, expected: unknown): string | undefined {
  const [given = 'undefined', wanted = 'undefined'] = [
    JSON.stringify(answer),
    JSON.stringify(expected),
  ];
  if (given === wanted) return undefined;
  let at = 0;
  while (given[at] === wanted[at]) at += 1;
  const start = Math.max(0, at - SHOWN_MAX / 2);
  return `at ${at}: ${given.slice(start, start + SHOWN_MAX)} instead of ${wanted.slice(start, start + SHOWN_MAX)}`;
}

/** Members that are data themselves: senders and nonces of the pool, slots of a trace. */
const DATA_KEY = /^(0x[0-9a-f]{40}|0x[0-9a-f]{64}|\d+)$/i;

/** Members that the specification leaves to the implementation. */
const OPTIONAL_MEMBERS: ReadonlySet<string> = new Set(['deleteStrategy']);

/** The kinds of values, the kinds a list has, and the members in their order, without the values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const kinds = new Set(value.map((item) => JSON.stringify(shapeOf(item))));
    return ['list', ...[...kinds].sort()];
  }
  if (typeof value !== 'object' || value === null) return typeof value;
  const members = Object.entries(value).filter(([name]) => !OPTIONAL_MEMBERS.has(name));
  if (members.every(([key]) => DATA_KEY.test(key))) return 'map';
  return members.map(([key, member]) => [key, shapeOf(member)]);
}
