/** A machine that joins a running network as its operator prepares it: copies of two files, `praline join`, `praline node`. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { freePorts } from '../../harness/free-ports.ts';
import { callRpc } from '../../harness/json-rpc.ts';
import type { Network } from '../../harness/network.ts';
import { PralineProcess, runPraline } from '../../harness/praline-process.ts';
import { until } from '../../harness/until.ts';

const joinedSchema = z.object({ node: z.int(), publicKey: z.string(), member: z.string() });

export interface JoiningNode {
  /** In its copy of the cluster file, from 1. */
  readonly number: number;
  readonly publicKey: string;
  /** `key@host:port`, as `praline validators add` takes it. */
  readonly member: string;
  readonly url: string;
  /** Of the node's data. */
  readonly data: string;
  readonly process: PralineProcess;
}

/** Prepares and starts it in a folder of that name beside the cluster's, and waits until it answers. */
export async function startJoiningNode(
  network: Network,
  name: string,
  nodeArguments: readonly string[] = [],
): Promise<JoiningNode> {
  const machine = join(network.folder, name);
  mkdirSync(machine);
  for (const file of ['cluster.json', 'genesis.json']) {
    copyFileSync(join(network.folder, 'cluster', file), join(machine, file));
  }
  const [port = 0, rpcPort = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${rpcPort}`;
  const cluster = join(machine, 'cluster.json');
  const made = await runPraline(
    [
      ...['join', cluster, '--host', '127.0.0.1', '--json'],
      ...['--port', String(port), '--rpc-port', String(rpcPort)],
    ],
    network.folder,
  );
  if (made.code !== 0) throw new Error(`praline join failed:\n${made.output}`);
  const { node: number, publicKey, member } = joinedSchema.parse(JSON.parse(made.standardOutput));
  const started = new PralineProcess(['node', '--cluster', cluster, ...nodeArguments], {
    cwd: machine,
  });
  await until(() => callRpc(url, 'eth_chainId'));
  const data = join(machine, 'data', String(number));
  return { number, publicKey, member, url, data, process: started };
}
