/** `praline join`: prepares this machine for a node that joins a network which runs already. */
import { joinCluster } from '@praline/node';
import type { Command } from 'commander';
import type { Console } from '../output/console.ts';
import { parsePort } from '../whole-number.ts';
import { DEFAULT_PEER_PORT, DEFAULT_RPC_PORT } from './network-options.ts';

interface JoinOptions {
  readonly host: string;
  readonly port: number;
  readonly rpcHost: string;
  readonly rpcPort: number;
  readonly key?: string;
  readonly json?: true;
}

export function addJoin(program: Command, console: Console): void {
  program
    .command('join')
    .summary('prepare a node that joins a running network')
    .description(
      'On the new machine, with copies of cluster.json and genesis.json from any machine of the network: makes a key and an empty data folder, adds the node to this copy of the cluster file, and says how to start and add it.',
    )
    .argument('<cluster file>', 'the copy; it is written to')
    .requiredOption('--host <host>', 'where the other nodes reach this one')
    .option('--port <port>', 'port for the other nodes', parsePort, DEFAULT_PEER_PORT)
    .option('--rpc-host <host>', 'where it listens for clients', '127.0.0.1')
    .option('--rpc-port <port>', 'RPC port', parsePort, DEFAULT_RPC_PORT)
    .option('--key <file>', 'a secret key that was never used, instead of a new one')
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  praline join cluster.json --host 10.0.0.4\n  praline node --cluster cluster.json\n  praline validators add <public key>@10.0.0.4:3000 --rpc http://10.0.0.1:8545',
    )
    .action(async (clusterPath: string, options: JoinOptions) => {
      const { host, port, rpcHost, rpcPort, key } = options;
      const { number, publicKey, cluster } = await joinCluster({
        clusterPath,
        host,
        port,
        rpcHost,
        rpcPort,
        ...(key === undefined ? {} : { keyPath: key }),
      });
      const member = `${publicKey}@${host.includes(':') ? `[${host}]` : host}:${port}`;
      if (options.json) {
        console.json({ node: number, publicKey, member, cluster: cluster.path });
        return;
      }
      console.line(`node ${number}   public key ${publicKey}`);
      console.line('');
      console.line(`Start it here:         praline node --cluster ${clusterPath} --node ${number}`);
      console.line(`Add it on any member:  praline validators add ${member}`);
    });
}
