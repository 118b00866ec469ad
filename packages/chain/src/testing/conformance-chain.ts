/**
 * The chain of Ethereum's JSON-RPC conformance suite, for tests: 54 blocks that cross every fork.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RLP } from '@ethereumjs/rlp';
import { z } from 'zod';

const { PRALINE_FIXTURES: root } = process.env;
const folder = root === undefined ? undefined : join(root, 'rpc-compat');

/** Why tests that need the suite are skipped; undefined when it is there. */
export const CONFORMANCE_MISSING: string | undefined =
  folder !== undefined && existsSync(join(folder, 'chain.rlp'))
    ? undefined
    : 'needs rpc-compat/{genesis.json,chain.rlp,headfcu.json} in the folder $PRALINE_FIXTURES; published as "tests" at github.com/ethereum/execution-apis';

function read(name: string): Buffer {
  if (folder === undefined) throw new Error(CONFORMANCE_MISSING);
  return readFileSync(join(folder, name));
}

export function conformanceGenesis(): unknown {
  return JSON.parse(read('genesis.json').toString());
}

/** RLP of each block, from number 1 on. */
export function conformanceBlocks(): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let rest: Uint8Array = read('chain.rlp');
  while (rest.length > 0) {
    const { remainder } = RLP.decode(rest, true);
    blocks.push(rest.subarray(0, rest.length - remainder.length));
    rest = remainder;
  }
  return blocks;
}

const headFile = z.object({
  params: z.tuple([z.object({ headBlockHash: z.string() })], z.unknown()),
});

export function conformanceHead(): string {
  return headFile.parse(JSON.parse(read('headfcu.json').toString())).params[0].headBlockHash;
}

/** One request of the suite and geth's answer to it. */
export interface ConformanceExchange {
  readonly params: readonly unknown[];
  readonly result?: unknown;
  readonly error?: unknown;
}

const requestLine = z.object({ params: z.array(z.unknown()) });
const responseLine = z.object({ result: z.unknown().optional(), error: z.unknown().optional() });

/** All of a file, named as `method/case`. */
export function conformanceExchanges(name: string): ConformanceExchange[] {
  const lines = read(join('tests', `${name}.io`))
    .toString()
    .split('\n');
  const jsonAfter = (mark: string): unknown[] =>
    lines.filter((line) => line.startsWith(mark)).map((line) => JSON.parse(line.slice(2)));
  const responses = jsonAfter('<<').map((json) => responseLine.parse(json));
  return jsonAfter('>>').map((json, index) => ({
    params: requestLine.parse(json).params,
    ...responses[index],
  }));
}
