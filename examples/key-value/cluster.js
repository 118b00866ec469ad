/** Keys and addresses of the three nodes. For trying it on one machine: every node can read every key here. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NodeKey } from 'mokka';

const HOST = '127.0.0.1';

/**
 * What node `number` needs, from `cluster.json` in `folder`; made by whoever comes first.
 *
 * @param {number} number
 * @param {string} folder
 */
export function readCluster(number, folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'cluster.json');
  create(file);
  /** @type {{ seed: string, port: number, httpPort: number }[]} */
  const nodes = JSON.parse(readFileSync(file, 'utf8'));
  const keys = nodes.map(({ seed }) => NodeKey.fromSeedHex(seed));
  const members = nodes.map(({ port }, at) => ({ id: keys[at]?.id, host: HOST, port }));
  const [key, node] = [keys[number - 1], nodes[number - 1]];
  if (key === undefined || node === undefined) throw new Error(`there are ${nodes.length} nodes`);
  // All members must derive the cluster's id from the same bytes.
  const genesis = new TextEncoder().encode(keys.map(({ id }) => id).join());
  return {
    ...{ key, genesis, host: HOST, port: node.port, httpPort: node.httpPort },
    members: /** @type {import('mokka').PeerAddress[]} */ (members),
    folder: join(folder, String(number)),
  };
}

/**
 * Does nothing when the file is there: of three processes that start at once, one wins.
 *
 * @param {string} file
 */
function create(file) {
  const nodes = [1, 2, 3].map((number) => ({
    seed: NodeKey.generate().revealSeedHex(),
    port: 9100 + number,
    httpPort: 8100 + number,
  }));
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(nodes), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
}
