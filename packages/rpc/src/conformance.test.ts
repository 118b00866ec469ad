/**
 * The exchanges of Ethereum's JSON-RPC conformance suite that concern methods served here, against a real chain.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGenesis, DEV_MNEMONIC } from '@praline/chain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { standardMethods } from './methods/index.ts';
import { createRpcServer, type RpcServer } from './server/rpc-server.ts';
import { ChainBackend } from './testing/chain-backend.test.support.ts';

const { PRALINE_FIXTURES: root } = process.env;
const suite = root === undefined ? undefined : join(root, 'rpc-compat');
const isHere = suite !== undefined && existsSync(join(suite, 'chain.rlp'));
const title = isHere
  ? 'the conformance suite'
  : 'the conformance suite (skipped: needs rpc-compat in the folder $PRALINE_FIXTURES)';

interface Exchange {
  readonly name: string;
  readonly isShapeOnly: boolean;
  /** Requests, each with the answer the suite expects. */
  readonly rounds: readonly { readonly request: string; readonly response: Message }[];
}

interface Message {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

const served = new Set(standardMethods.map(({ name }) => name));

function exchanges(): Exchange[] {
  if (suite === undefined || !isHere) return [];
  const tests = join(suite, 'tests');
  return readdirSync(tests)
    .filter((method) => served.has(method))
    .flatMap((method) =>
      readdirSync(join(tests, method)).map((file) =>
        parseExchange(`${method}/${file}`, readFileSync(join(tests, method, file), 'utf8')),
      ),
    );
}

function parseExchange(name: string, text: string): Exchange {
  const lines = text.split('\n');
  const of = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
  const responses = of('<<');
  return {
    name,
    isShapeOnly: of('//').some((line) => line.startsWith('speconly:')),
    rounds: of('>>').map((request, index) => ({
      request,
      response: JSON.parse(responses[index] ?? 'null'),
    })),
  };
}

/** Lengths of the RLP lists that follow each other in a file (Yellow Paper, appendix B). */
function splitBlocks(file: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let start = 0; start < file.length; ) {
    const prefix = file[start] ?? 0;
    if (prefix < 0xf8) throw new Error('a block is longer than 55 bytes');
    const lengthBytes = prefix - 0xf7;
    const digits = Buffer.from(file.subarray(start + 1, start + 1 + lengthBytes)).toString('hex');
    const end = start + 1 + lengthBytes + Number.parseInt(digits, 16);
    blocks.push(file.subarray(start, end));
    start = end;
  }
  return blocks;
}

/** What geth says around a reason names types of its own language, which are left out here. */
function reasonOf(message: string): string {
  return message.replace(/json: cannot unmarshal (.*) into Go value of type \S+$/, '$1');
}

/** Keys that are data themselves: senders and nonces of the pool. */
const DATA_KEY = /^(0x[0-9a-f]{40}|\d+)$/i;

/** The kinds of values, and the keys in their order, without the values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'object' || value === null) return typeof value;
  const members = Object.entries(value);
  if (members.every(([key]) => DATA_KEY.test(key))) return 'map';
  return members.map(([key, member]) => [key, shapeOf(member)]);
}

describe.skipIf(!isHere)(title, () => {
  let folder: string;
  let chain: ChainBackend;
  let server: RpcServer;
  const unexpected: unknown[] = [];

  beforeAll(async () => {
    if (suite === undefined) return;
    folder = mkdtempSync(join(tmpdir(), 'praline-rpc-'));
    const genesis = createGenesis(JSON.parse(readFileSync(join(suite, 'genesis.json'), 'utf8')));
    chain = await ChainBackend.create(folder, genesis, {
      mnemonic: DEV_MNEMONIC,
      instant: false,
      origin: 'import',
    });
    await chain.import(splitBlocks(readFileSync(join(suite, 'chain.rlp'))));
    server = createRpcServer(chain.backend, {
      port: 0,
      logger: { warn() {}, error: ({ err }) => unexpected.push(err) },
    });
    await server.listen();
  });
  afterAll(async () => {
    await server?.close();
    await chain?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  async function answer(request: string): Promise<Message> {
    const response = await fetch(`http://127.0.0.1:${server.address.port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request,
    });
    return response.json() as Promise<Message>;
  }

  test.each(exchanges())('$name', async ({ rounds, isShapeOnly }) => {
    for (const { request, response } of rounds) {
      const message = await answer(request);
      expect(unexpected.splice(0)).toEqual([]);
      if (response.error !== undefined) {
        expect(message.error?.code).toBe(response.error.code);
        expect(message.error?.data).toEqual(response.error.data);
        if (!isShapeOnly) expect(message.error?.message).toBe(reasonOf(response.error.message));
      } else if (isShapeOnly) {
        expect(shapeOf(message.result)).toEqual(shapeOf(response.result));
      } else {
        // As text, for the order of keys is part of what is compared.
        expect(message.error).toBeUndefined();
        expect(JSON.stringify(message.result)).toBe(JSON.stringify(response.result));
      }
    }
  });
});
