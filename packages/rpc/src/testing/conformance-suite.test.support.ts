/**
 * A folder in the format of Ethereum's JSON-RPC conformance suite (github.com/ethereum/execution-apis, `tests/`): a chain
 * (`genesis.json`, `chain.rlp`) and exchanges (`<method>/<name>.io`), each of requests and the answers of geth.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const message = z.object({
  result: z.unknown().optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
    .optional(),
});

/** An answer, as far as it is compared. */
export type Message = z.infer<typeof message>;

export interface Exchange {
  readonly method: string;
  /** `method/file` without the ending. */
  readonly name: string;
  /** The suite holds implementations to the shape of the answers only. */
  readonly isShapeOnly: boolean;
  /** Requests in their order, as text, each with the answer the suite expects. */
  readonly rounds: readonly { readonly request: string; readonly response: Message }[];
}

export interface ConformanceSuite {
  readonly genesis: unknown;
  /** RLP of each block, from number 1 on. */
  readonly blocks: readonly Uint8Array[];
  readonly exchanges: readonly Exchange[];
}

export class SuiteMissingError extends Error {
  override readonly name = 'SuiteMissingError';
}

/** Where the fixtures are; undefined when $PRALINE_FIXTURES is not set. */
export function defaultSuiteFolder(): string | undefined {
  const { PRALINE_FIXTURES: root } = process.env;
  return root === undefined ? undefined : join(root, 'rpc-compat');
}

export function isSuite(folder: string): boolean {
  return ['genesis.json', 'chain.rlp', 'tests'].every((name) => existsSync(join(folder, name)));
}

/** Throws `SuiteMissingError` when the folder holds none. */
export function readSuite(folder: string): ConformanceSuite {
  if (!isSuite(folder)) {
    throw new SuiteMissingError(`${folder} does not hold genesis.json, chain.rlp and tests/.`);
  }
  return {
    genesis: JSON.parse(readFileSync(join(folder, 'genesis.json'), 'utf8')),
    blocks: splitBlocks(readFileSync(join(folder, 'chain.rlp'))),
    exchanges: readExchanges(join(folder, 'tests')),
  };
}

/** By name. */
export function readExchanges(folder: string): Exchange[] {
  return readdirSync(folder)
    .sort()
    .flatMap((method) =>
      readdirSync(join(folder, method))
        .filter((file) => file.endsWith('.io'))
        .sort()
        .map((file) =>
          parseExchange(
            method,
            file.slice(0, -'.io'.length),
            readFileSync(join(folder, method, file), 'utf8'),
          ),
        ),
    );
}

function parseExchange(method: string, file: string, text: string): Exchange {
  const lines = text.split('\n');
  const of = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
  const requests = of('>>');
  const responses = of('<<').map((line) => message.parse(JSON.parse(line)));
  const name = `${method}/${file}`;
  return {
    method,
    name,
    isShapeOnly: of('//').some((line) => line.startsWith('speconly:')),
    rounds: requests.map((request, index) => {
      const response = responses[index];
      if (response === undefined) throw new RangeError(`${name}: a request has no answer`);
      return { request, response };
    }),
  };
}

/** Lengths of the RLP lists that follow each other in a file (Yellow Paper, appendix B). */
function splitBlocks(file: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let start = 0; start < file.length; ) {
    const prefix = file[start] ?? 0;
    if (prefix < 0xf8) throw new RangeError('a block is longer than 55 bytes');
    const lengthBytes = prefix - 0xf7;
    const digits = Buffer.from(file.subarray(start + 1, start + 1 + lengthBytes)).toString('hex');
    const end = start + 1 + lengthBytes + Number.parseInt(digits, 16);
    blocks.push(file.subarray(start, end));
    start = end;
  }
  return blocks;
}
