/** `praline init`: the files of a new cluster. */
import { join, resolve } from 'node:path';
import { CLUSTER_FILE_NAME, initCluster } from '@praline/node';
import type { Command } from 'commander';
import type { Console } from '../output/console.ts';
import { formatTable } from '../output/table.ts';
import {
  addNetworkOptions,
  DEFAULT_PEER_PORT,
  DEFAULT_RPC_PORT,
  type NetworkOptions,
  nodeCountOf,
} from './network-options.ts';
import { genesisOptions } from './prepare-network.ts';

const DEFAULT_HOST = '127.0.0.1';

interface InitOptions extends NetworkOptions {
  readonly host: string;
  readonly rpcHost: string;
  readonly p2pPort?: number;
  readonly json?: true;
}

export function addInit(program: Command, console: Console): void {
  addNetworkOptions(
    program
      .command('init')
      .summary('make the keys, genesis and cluster file of a new cluster')
      .description(
        'Makes a folder with a secret key per node (mode 0600), the genesis file, the cluster file that names all nodes, and an empty data folder per node. Refuses to touch a folder that holds anything.',
      )
      .argument('<folder>', 'folder to make'),
  )
    .option('--host <host>', 'where nodes reach each other', DEFAULT_HOST)
    .option('--rpc-host <host>', 'where nodes listen for clients', DEFAULT_HOST)
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  praline init cluster --nodes 3\n  praline node --cluster cluster/cluster.json     in each of three terminals',
    )
    .action(async (folder: string, options: InitOptions) => {
      const rpcPort = options.rpcPort ?? DEFAULT_RPC_PORT;
      const peerPort = options.peerPort ?? options.p2pPort ?? DEFAULT_PEER_PORT;
      const cluster = await initCluster({
        folder: resolve(folder),
        nodes: Array.from({ length: nodeCountOf(options) }, (_, position) => ({
          host: options.host,
          port: peerPort + position,
          rpcHost: options.rpcHost,
          rpcPort: rpcPort + position,
        })),
        genesis: genesisOptions(options),
      });
      const { nodes } = cluster.file;
      if (options.json) {
        console.json({ folder: resolve(folder), cluster: cluster.path, nodes });
        return;
      }
      for (const line of formatTable(
        ['node', 'public key', 'peer', 'RPC'],
        nodes.map(({ publicKey, host, port, rpcHost, rpcPort: rpc }, position) => [
          position + 1,
          publicKey,
          `${host}:${port}`,
          `${rpcHost}:${rpc}`,
        ]),
      )) {
        console.line(line);
      }
      console.line('');
      console.line(
        `Start each node with: praline node --cluster ${join(folder, CLUSTER_FILE_NAME)}`,
      );
    });
}
