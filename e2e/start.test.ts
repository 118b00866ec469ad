/** What `npm start` runs: `praline up`, its ready line, its events, its end, and the same chain the next time. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../harness/free-ports.ts';
import { callRpc } from '../harness/json-rpc.ts';
import { PralineProcess, runPraline } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';

const readySchema = z.looseObject({
  event: z.literal('ready'),
  nodes: z.array(
    z.looseObject({
      id: z.int(),
      pid: z.int(),
      rpc: z.url(),
      p2p: z.string().regex(/^tcp:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{64}$/),
      publicKey: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
type Ready = z.infer<typeof readySchema>;

let folder = '';
let rpcPort = 0;
let p2pPort = 0;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'praline-up-'));
  [rpcPort = 0, p2pPort = 0] = await freePorts(2);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function up(...more: readonly string[]): PralineProcess {
  const ports = ['--rpc-port', String(rpcPort), '--p2p-port', String(p2pPort)];
  const args = ['up', '--data', join(folder, 'data'), ...ports, ...more];
  return new PralineProcess(args, { cwd: folder });
}

function events(network: PralineProcess): readonly { event?: string }[] {
  const lines = network.standardOutput.split('\n').slice(0, -1);
  return lines.map((line) => z.looseObject({ event: z.string() }).parse(JSON.parse(line)));
}

async function ready(network: PralineProcess): Promise<Ready> {
  return await until(() => {
    if (!network.isRunning) throw new Error(`praline up ended:\n${network.output}`);
    return readySchema.parse(events(network).find((event) => event.event === 'ready'));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('praline up --json', () => {
  it('reports that it is ready and what happens, reports a lost node, ends everything, and continues the chain', async () => {
    const first = up('--json');
    try {
      const { nodes } = await ready(first);
      expect(nodes.map((node) => node.id)).toEqual([1, 2, 3]);
      expect(new Set(nodes.map((node) => node.pid)).size).toBe(3);

      const [one, , three] = nodes;
      if (one === undefined || three === undefined) throw new Error('no nodes');
      const [from] = await callRpc<string[]>(three.rpc, 'eth_accounts');
      const transfer = [{ from, to: from, value: '0x1' }];
      const hash = await callRpc<string>(three.rpc, 'eth_sendTransaction', transfer);
      const receipt = await callRpc(three.rpc, 'eth_getTransactionReceipt', [hash]);
      expect(receipt).toMatchObject({ status: '0x1', blockNumber: '0x1' });

      process.kill(one.pid, 'SIGKILL');
      await until(() => expect(isAlive(one.pid)).toBe(false));
      await until(() => expect(JSON.stringify(events(first))).toContain('lost'));
      await until(() => callRpc(three.rpc, 'eth_sendTransaction', transfer));

      expect((await first.end('SIGINT')).code).toBe(0);
      for (const node of nodes) expect(isAlive(node.pid)).toBe(false);

      const second = up('--json');
      try {
        const again = await ready(second);
        expect(again.nodes.map((node) => node.publicKey)).toEqual(
          nodes.map((node) => node.publicKey),
        );
        for (const node of again.nodes) {
          await until(async () => {
            expect(await callRpc(node.rpc, 'eth_getTransactionReceipt', [hash])).toEqual(receipt);
          });
        }
      } finally {
        await second.end('SIGINT');
      }
    } finally {
      await first.end('SIGKILL');
    }
  });

  it('starts a node that dies again with --restart, which then has the same chain', async () => {
    const network = up('--json', '--reset', '--restart');
    try {
      const [one, two] = (await ready(network)).nodes;
      if (one === undefined || two === undefined) throw new Error('no nodes');
      process.kill(two.pid, 'SIGKILL');
      const back = await until(() =>
        z
          .object({ node: z.literal(two.id), pid: z.int() })
          .parse(events(network).find(({ event }) => event === 'node-back')),
      );
      expect(back.pid).not.toBe(two.pid);
      expect(isAlive(back.pid)).toBe(true);
      const [from] = await callRpc<string[]>(two.rpc, 'eth_accounts');
      const hash = await until(() =>
        callRpc<string>(two.rpc, 'eth_sendTransaction', [{ from, to: from, value: '0x1' }]),
      );
      const receiptAt = (url: string) => callRpc(url, 'eth_getTransactionReceipt', [hash]);
      const receipt = await receiptAt(two.rpc);
      expect(receipt).toMatchObject({ status: '0x1' });
      await until(async () => expect(await receiptAt(one.rpc)).toEqual(receipt));
      expect((await network.end('SIGINT')).code).toBe(0);
      expect(isAlive(back.pid)).toBe(false);
    } finally {
      await network.end('SIGKILL');
    }
  });

  it('takes the next free ports when some are busy, and says so', async () => {
    const first = up('--json');
    let second: PralineProcess | undefined;
    try {
      const busy = await ready(first);
      const args = ['--data', join(folder, 'other'), '--rpc-port', String(rpcPort)];
      second = new PralineProcess(['up', '--json', ...args], { cwd: folder });
      const urls = [...busy.nodes, ...(await ready(second)).nodes].map((node) => node.rpc);
      expect(new Set(urls).size).toBe(6);
    } finally {
      await Promise.all([first.end('SIGINT'), second?.end('SIGINT')]);
    }
  });
});

describe('praline up', () => {
  it('shows nodes, accounts with keys, mnemonic, chain id and data folder', async () => {
    const network = up('--reset');
    try {
      await until(() => {
        expect(network.output).toContain(`127.0.0.1:${rpcPort}`);
        expect(network.output.match(/0x[0-9a-fA-F]{64}\b/g)?.length).toBeGreaterThanOrEqual(10);
        expect(network.output).toMatch(/leader/i);
      });
      // As wallets show it, with the capitals of EIP-55.
      expect(network.output).toContain('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266');
      expect(network.output).toContain(join(folder, 'data'));
      expect(network.output).toMatch(/mnemonic/i);
      expect(network.output).toMatch(/chain id/i);
      expect(network.output.match(/[0-9a-f]{64}/g)?.length).toBeGreaterThanOrEqual(3);
    } finally {
      expect((await network.end('SIGINT')).code).toBe(0);
    }
  });
});

it('ends when it is interrupted before it is ready', async () => {
  const cluster = join(folder, 'interrupted', 'cluster.json');
  const network = new PralineProcess(['up', '--json', '--data', join(folder, 'interrupted')], {
    cwd: folder,
  });
  await until(() => expect(existsSync(cluster)).toBe(true));
  expect((await network.end('SIGINT')).code).toBe(0);
});

describe('the command', () => {
  it.each([['--version'], ['--help'], ['up', '--help'], ['node', '--help'], ['init', '--help']])(
    'praline %s %s ends with success',
    async (...args) => {
      const { code, standardOutput } = await runPraline(args.filter(Boolean), folder);
      expect(code).toBe(0);
      expect(standardOutput.length).toBeGreaterThan(4);
    },
  );

  it.each([
    [['frobnicate'], /unknown command/i],
    [['up', '--nodes', 'many'], /nodes/i],
    [['up', '--nodes', '0'], /nodes/i],
    [['up', '--block-time', '-1'], /block-time/i],
    [['up', '--hardfork', 'nowhere'], /nowhere/i],
  ])('praline %j says what is wrong', async (args, message) => {
    const { code, output } = await runPraline(args, folder);
    expect(code).not.toBe(0);
    expect(output).toMatch(message);
    expect(output, 'no stack trace').not.toMatch(/^\s+at /m);
  });
});
