/** A network of Praline, of the built command, with a block's gas limit of one's own. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNodeId } from 'mokka';
import { z } from 'zod';
import { Network } from '../../harness/network.ts';
import { loadCluster } from '../../packages/node/src/config/cluster-file.ts';
import { storeIdentity } from '../../packages/node/src/config/cluster-identity.ts';
import { loadGenesis } from '../../packages/node/src/config/genesis-source.ts';
import { createNodeFolder } from '../../packages/node/src/config/node-folder.ts';
import { CHAIN_ID } from '../signed-transactions.ts';
import type { StartTarget, TargetOptions } from './target.ts';

/** Milliseconds. */
const AGREE_TIMEOUT_MS = 60_000;

const genesisSchema = z.looseObject({ alloc: z.record(z.string(), z.unknown()) });

/** Starts as many nodes, and waits for their leader. When it ends, all must have the same head. */
export function startPraline(nodes: number): StartTarget {
  return async (options) => {
    const network = await createNetwork(nodes, options);
    try {
      await network.start();
      await network.leader();
    } catch (error) {
      await network.dispose();
      throw error;
    }
    return {
      name: `praline, ${nodes} node${nodes === 1 ? '' : 's'}`,
      urls: network.numbers.map((number) => network.url(number)),
      pids: network.numbers.map((number) => network.process(number).pid),
      end: async () => {
        try {
          await network.agreedHeads(AGREE_TIMEOUT_MS);
        } finally {
          await network.dispose();
        }
      },
    };
  };
}

async function createNetwork(nodes: number, options: TargetOptions): Promise<Network> {
  const { accounts, blockTimeSeconds, gasLimit } = options;
  const interval = blockTimeSeconds > 0 ? ['--block-time', String(blockTimeSeconds)] : [];
  const init = ['--chain-id', String(CHAIN_ID), '--accounts', String(accounts), ...interval];
  const network = await Network.create({ nodes, init });
  await changeGenesis(network, { gasLimit: `0x${gasLimit.toString(16)}` });
  return network;
}

/** Replaces fields of the genesis file, adds accounts to it, and makes the empty data folders of all nodes anew for it. */
export async function changeGenesis(
  network: Network,
  fields: Readonly<Record<string, unknown>>,
  accounts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const path = join(network.folder, 'cluster', 'genesis.json');
  const file = genesisSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const changed = { ...file, ...fields, alloc: { ...file.alloc, ...accounts } };
  writeFileSync(path, JSON.stringify(changed));
  const cluster = loadCluster(network.clusterPath);
  const { json, genesis } = loadGenesis(cluster);
  for (const number of network.numbers) {
    const folder = cluster.dataPath(number);
    rmSync(folder, { recursive: true });
    const self = parseNodeId(network.publicKey(number));
    await createNodeFolder(folder, json, storeIdentity(genesis, self));
  }
}
