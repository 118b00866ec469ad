/** Where an export takes its blocks from: a data folder, or a node over JSON-RPC (`debug_getRawBlock`). */
import { existsSync } from 'node:fs';
import { blockNumberOf, bytesOf, type Hex } from '@praline/chain';
import { createGenesis, readChainPosition, StoredChainReader } from '@praline/chain/reading';
import { z } from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { readGenesisJson } from '../config/genesis-source.ts';
import { folderError, nodeFolder } from '../config/node-folder.ts';
import { readVerificationGenesis } from '../verification/verification-genesis.ts';
import { importedGenesisPath } from './imported-folder.ts';

export interface BlockSource {
  /** Number of the last block. */
  readonly head: number;
  /** RLP. Throws `BlockUnavailableError`. */
  rawBlock(number: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The block is not there, or nobody who has it answers. */
export class BlockUnavailableError extends Error {
  override readonly name = 'BlockUnavailableError';
}

export interface StoredBlocksOptions {
  /** A node's data folder, or one that was imported into. */
  readonly data: string;
  /** The genesis file; default: the one in an imported folder, else as the cluster file says. */
  readonly genesis?: string;
  /** The cluster file; default: the one above `data`. */
  readonly cluster?: string;
}

/** The node may run or not. Throws `ConfigError`: `data-missing`, `file-missing`, `invalid`, `genesis-mismatch`, `data-unusable`. */
export async function openStoredBlocks({
  data,
  genesis,
  cluster,
}: StoredBlocksOptions): Promise<BlockSource> {
  const folder = nodeFolder(data);
  if (!existsSync(folder.chain)) {
    throw new ConfigError(
      'data-missing',
      data,
      `${data} holds no chain. Name the folder of one node, such as cluster/data/1, or one made by "praline import".`,
    );
  }
  const path = genesis ?? (cluster === undefined ? importedGenesisPath(data) : undefined);
  try {
    const of =
      path === undefined
        ? readVerificationGenesis({ data, ...(cluster === undefined ? {} : { cluster }) })
        : createGenesis(readGenesisJson(path));
    const { head } = await readChainPosition(folder.chain, of);
    const reader = new StoredChainReader(folder.chain, of);
    return {
      head: head.number,
      rawBlock: async (number) => {
        const raw = reader.rawBlock({ number: blockNumberOf(number) });
        if (raw !== undefined) return raw;
        throw new BlockUnavailableError(
          `Block ${number} is not in ${data}: a node that began with a snapshot has only the blocks from there on.`,
        );
      },
      close: () => reader.close(),
    };
  } catch (error) {
    throw folderError(data, error);
  }
}

/** Milliseconds for one block. */
const BLOCK_TIMEOUT_MS = 30_000;

const answer = z.object({
  result: z
    .string()
    .regex(/^0x(?:[0-9a-f]{2})*$/)
    .nullish(),
  error: z.object({ message: z.string() }).optional(),
});

/** Throws `BlockUnavailableError` where no node answers. */
export async function openRpcBlocks(url: string): Promise<BlockSource> {
  const latest = await call(url, 'eth_getBlockByNumber', ['latest', false], latestBlock);
  return {
    head: Number(latest.result.number),
    rawBlock: async (number) => {
      const params = [`0x${number.toString(16)}`];
      const { result, error } = await call(url, 'debug_getRawBlock', params, answer);
      if (typeof result === 'string') return bytesOf(result as Hex);
      throw new BlockUnavailableError(
        `${url} has no block ${number} to give${error === undefined ? '' : `: ${error.message}`}.`,
      );
    },
    // Nothing is held between two calls.
    close: async () => undefined,
  };
}

const latestBlock = z.object({
  result: z.object({ number: z.string().regex(/^0x[0-9a-f]{1,13}$/) }),
});

async function call<Answer>(
  url: string,
  method: string,
  params: readonly unknown[],
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  let body: unknown;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(BLOCK_TIMEOUT_MS),
    });
    body = await response.json();
  } catch (error) {
    throw new BlockUnavailableError(`No node answers at ${url}.`, { cause: error });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new BlockUnavailableError(`What answers ${method} at ${url} is no Ethereum node.`);
}
