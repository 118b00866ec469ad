/** What can be wrong with a cluster on disk: each gets one precise message and a failing exit, and harms nobody. */
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePorts } from '../harness/free-ports.ts';
import { JsonRpcError } from '../harness/json-rpc.ts';
import type { ClusterFile, Network } from '../harness/network.ts';
import { PralineProcess, runPraline } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';
import { useNetwork } from './support/use-network.ts';

/** Writes a changed cluster file beside the real one, so that it means the same keys and data folders. */
function changedCluster(
  network: Network,
  name: string,
  change: (file: ClusterFile) => void,
): string {
  const file = structuredClone(network.cluster);
  change(file);
  const path = join(network.folder, 'cluster', name);
  writeFileSync(path, JSON.stringify(file));
  return path;
}

async function expectRefused(
  network: Network,
  cluster: string,
  node: string,
  message: RegExp,
): Promise<void> {
  const args = ['node', '--cluster', cluster, '--node', node];
  const { code, output } = await runPraline(args, network.folder);
  expect(output).toMatch(message);
  expect(code).toBeGreaterThan(0);
  expect(output, 'no stack trace').not.toMatch(/^\s+at /m);
}

describe('a running network', () => {
  const network = useNetwork({ nodes: 3 });

  it('is not harmed by a second process on the same data folder', async () => {
    const [port = 0, rpcPort = 0] = await freePorts(2);
    const path = changedCluster(network(), 'moved.json', (file) => {
      Object.assign(file.nodes[0] ?? {}, { port, rpcPort });
    });
    const before = await network().leader();
    await expectRefused(network(), path, '1', /another process|in use|locked/i);
    expect(await network().leader()).toEqual(before);
    expect(network().running).toEqual([1, 2, 3]);
  });

  it('refuses a node whose ports are taken', async () => {
    await expectRefused(network(), network().clusterPath, '2', /port|another process|in use/i);
  });
});

describe('a network that is not running', () => {
  const network = useNetwork({ nodes: 3, start: false });

  it('has keys that only their owner can read', () => {
    for (const number of network().numbers) {
      const path = join(network().folder, 'cluster', 'keys', `${number}.key`);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
  });

  it('is not made over an existing one', async () => {
    const folder = join(network().folder, 'cluster');
    const before = readFileSync(join(folder, 'cluster.json'), 'utf8');
    const { code, output } = await runPraline(['init', folder, '--nodes', '3'], network().folder);
    expect(code).toBeGreaterThan(0);
    expect(output).toMatch(/exist|empty|occupied|already/i);
    expect(readFileSync(join(folder, 'cluster.json'), 'utf8')).toBe(before);
  });

  it('does not start from a file that is missing, no JSON, or no cluster', async () => {
    const write = (name: string, text: string) => {
      const path = join(network().folder, name);
      writeFileSync(path, text);
      return path;
    };
    const missing = join(network().folder, 'missing.json');
    await expectRefused(network(), missing, '1', /missing\.json/);
    await expectRefused(network(), write('broken.json', '{'), '1', /not JSON/i);
    await expectRefused(network(), write('empty.json', '{}'), '1', /genesis|nodes/);
  });

  it('does not start with a key twice, a port twice, or a node that is not there', async () => {
    const [first] = network().cluster.nodes;
    const twice = changedCluster(network(), 'twice.json', (file) => {
      Object.assign(file.nodes[1] ?? {}, { publicKey: first?.publicKey });
    });
    await expectRefused(network(), twice, '1', /1 and 2 have the same publicKey/);
    const port = changedCluster(network(), 'port.json', (file) => {
      Object.assign(file.nodes[1] ?? {}, { port: first?.port });
    });
    await expectRefused(network(), port, '1', /own port/);
    await expectRefused(network(), network().clusterPath, '4', /4/);
    await expectRefused(network(), network().clusterPath, 'x', /node/i);
  });

  it('does not start with a key that is not in the cluster, or that others can read', async () => {
    const path = join(network().folder, 'cluster', 'keys', '3.key');
    const own = readFileSync(path, 'utf8');
    const { privateKey } = generateKeyPairSync('ed25519');
    const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32).toString('hex');
    try {
      writeFileSync(path, `${seed}\n`);
      await expectRefused(network(), network().clusterPath, '3', /3\.key.*(?:cluster|node)/i);
      writeFileSync(path, own);
      chmodSync(path, 0o644);
      await expectRefused(network(), network().clusterPath, '3', /chmod 600/);
    } finally {
      writeFileSync(path, own);
      chmodSync(path, 0o600);
    }
  });

  it('runs one node while its peers are unreachable: reads work, sends say that there is no quorum', async () => {
    await network().start(1);
    const from = network().account(0).address;
    expect(await network().height(1)).toBe(0);
    const refused = await network()
      .rpc(1, 'eth_sendTransaction', [{ from, to: from, value: '0x1' }], 60_000)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(JsonRpcError);
    expect(String(refused)).toMatch(/quorum/i);
    expect(network().process(1).isRunning).toBe(true);

    await network().start(2);
    await network().leader();
    await until(() => network().rpc(1, 'eth_sendTransaction', [{ from, to: from, value: '0x1' }]));
  });
});

describe('praline status', () => {
  const network = useNetwork({ nodes: 3 });

  it('shows every node, and which one is away', async () => {
    const status = async () =>
      await runPraline(['status', '--rpc', network().url(1), '--json'], network().folder);
    const all = await status();
    expect(all.code).toBe(0);
    const parsed: unknown = JSON.parse(all.standardOutput);
    for (const number of network().numbers) {
      expect(JSON.stringify(parsed)).toContain(network().publicKey(number));
    }
    expect(all.standardOutput).toContain('leader');
    const table = await runPraline(['status', '--rpc', network().url(1)], network().folder);
    expect(table.code).toBe(0);
    expect(table.output).toMatch(/leader/);
  });

  it('says what to do when no node answers', async () => {
    const [port = 0] = await freePorts(1);
    const args = ['status', '--rpc', `http://127.0.0.1:${port}`];
    const { code, output } = await runPraline(args, network().folder);
    expect(code).toBeGreaterThan(0);
    expect(output).toContain(String(port));
    expect(output, 'no stack trace').not.toMatch(/^\s+at /m);
  });
});

it('praline keygen prints usable pairs', async () => {
  const command = new PralineProcess(['keygen', '2'], { cwd: process.cwd() });
  expect((await command.ended).code).toBe(0);
  expect(new Set(command.standardOutput.match(/[0-9a-f]{64,128}/g)).size).toBeGreaterThanOrEqual(4);
});
