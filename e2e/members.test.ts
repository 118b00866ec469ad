/**
 * An operator's work on a running network, with real processes and the command line alone: a machine joins, a node is removed,
 * and an auditor verifies logs, whole and tampered with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../harness/free-ports.ts';
import { callRpc } from '../harness/json-rpc.ts';
import { type PralineProcess, runPraline } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';
import { startJoiningNode } from './support/joining-node.ts';
import { type LogItem, readLog, serveLog } from './support/lying-log.ts';
import { useNetwork } from './support/use-network.ts';

const membersSchema = z.looseObject({
  epoch: z.int(),
  members: z.array(z.looseObject({ publicKey: z.string(), role: z.string(), rpcUrl: z.string() })),
});
const verdictSchema = z.looseObject({
  valid: z.boolean(),
  code: z.string().optional(),
  index: z.int().optional(),
});

const network = useNetwork({ nodes: 3 });
let fourth: PralineProcess | null = null;
let fourthUrl = '';
let member = '';
let machine = '';
afterAll(async () => {
  await fourth?.end('SIGKILL');
});

const praline = (...args: readonly string[]) => runPraline(args, network().folder);

async function send(url: string): Promise<void> {
  const { address } = network().account(0);
  await until(() =>
    callRpc(url, 'eth_sendTransaction', [{ from: address, to: address, value: '0x1' }]),
  );
}

async function members(url: string): Promise<z.infer<typeof membersSchema>> {
  const listed = await praline('validators', 'list', '--rpc', url, '--json');
  expect(listed.output).not.toContain('praline:');
  return membersSchema.parse(JSON.parse(listed.standardOutput));
}

describe('a machine that joins', () => {
  it('is prepared from copies of two files', async () => {
    const joined = await startJoiningNode(network(), 'machine');
    expect(joined).toMatchObject({ number: 4, member: expect.stringContaining(joined.publicKey) });
    ({ member, url: fourthUrl, process: fourth } = joined);
    machine = join(network().folder, 'machine');
    const status = await praline('status', '--rpc', fourthUrl);
    expect(status.code).toBe(4);
    expect(status.output).toContain('no member of the network');
  });

  it('is added by one command that shows what happens, and serves clients', async () => {
    for (let sent = 0; sent < 5; sent += 1) await send(network().url(1));
    const added = await praline('validators', 'add', member, '--rpc', network().url(2));
    expect(added.code, added.output).toBe(0);
    expect(added.output).toMatch(
      /added as an observer[\s\S]+catching up[\s\S]+promoted to a validator/,
    );
    expect(await members(network().url(1))).toMatchObject({ epoch: 2 });
    const again = await praline('validators', 'add', member, '--rpc', network().url(1), '--json');
    expect(again.code).toBe(0);
    expect(again.standardOutput.trim().split('\n')).toHaveLength(1);
    await send(fourthUrl);
    const status = await praline('status', '--rpc', network().url(1));
    expect(status.code, status.output).toBe(0);
    expect(status.output).toContain('4 of 4 validators reachable, 3 needed');
  });

  it('goes on when the leader is removed and stopped', async () => {
    // Of the three that the command of the tests knows by number.
    await until(() =>
      callRpc(network().url(1), 'mokka_transferLeadership', [network().publicKey(1)]),
    );
    const [number, other] = [1, 2];
    const removed = await praline(
      'validators',
      'remove',
      String(number),
      '--rpc',
      network().url(other),
    );
    expect(removed.code, removed.output).toBe(0);
    expect(removed.output).toContain('stop its process');
    const left = await until(async () => {
      const found = await members(network().url(other));
      expect(found.epoch).toBe(3);
      return found.members.map(({ publicKey }) => publicKey);
    });
    expect(left).not.toContain(network().publicKey(number));
    expect(left).toHaveLength(3);
    await send(fourthUrl);
    await network().end('SIGTERM', number);
    await send(network().url(other));
  });

  it.each([
    ['a node that is no member', ['remove', 'ab'.repeat(32)], 1, 'is no member'],
    ['a number that nobody has', ['remove', '99'], 1, 'No member has the number 99'],
    ['no key', ['add', 'host:1'], 2, 'Write the public key'],
    ['what is neither key nor number', ['remove', 'leader'], 2, 'neither a public key'],
  ])('is told what is wrong with %s', async (_, args, code, message) => {
    const told = await praline('validators', ...args, '--rpc', network().url(2));
    expect([told.code, told.output]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('an auditor', () => {
  const verify = async (...args: readonly string[]) => {
    const run = await praline('verify', ...args, '--json');
    const line = run.standardOutput.trim();
    return { ...run, verdict: verdictSchema.parse(line === '' ? null : JSON.parse(line)) };
  };
  const genesis = () => ['--genesis', join(network().folder, 'cluster', 'genesis.json')];

  it('finds the log of a running node valid, by its RPC and its folder', async () => {
    const byRpc = await verify('--rpc', fourthUrl, ...genesis());
    expect([byRpc.code, byRpc.verdict]).toMatchObject([
      0,
      { valid: true, epoch: 3, validators: 3 },
    ]);
    const byFolder = await verify('--data', join(machine, 'data', '4'));
    expect([byFolder.code, byFolder.verdict]).toMatchObject([0, { valid: true, epoch: 3 }]);
    const text = await praline('verify', '--data', join(machine, 'data', '4'));
    expect(text.standardOutput).toMatch(/^VALID {2}\d+ entries/);
  });

  it('is told when nothing can be asked, and when nothing is trusted', async () => {
    const [port = 0] = await freePorts(1);
    const away = await praline('verify', '--rpc', `http://127.0.0.1:${port}`, ...genesis());
    expect([away.code, away.output]).toEqual([4, expect.stringContaining('No node answers')]);
    const blind = await praline('verify', '--rpc', fourthUrl);
    expect([blind.code, blind.output]).toEqual([3, expect.stringContaining('--genesis')]);
  });

  it.each<[string, (log: LogItem[], middle: number) => number]>([
    [
      'with a byte changed',
      (log, middle) => {
        const item = at(log, middle);
        log[middle - 1] = { ...item, entry: flipLastDigit(item.entry), certificate: null };
        return middle;
      },
    ],
    ['without an entry', (log, middle) => log.splice(middle - 1, 1).at(0)?.index ?? 0],
    [
      'with certificates in other places',
      (log) => {
        const [one, two] = log.filter(({ certificate }) => certificate !== null);
        if (one === undefined || two === undefined) throw new Error('too few certificates');
        log[one.index - 1] = { ...one, certificate: two.certificate };
        log[two.index - 1] = { ...two, certificate: one.certificate };
        return one.index;
      },
    ],
    ['without its end', (log) => log.splice(log.length - 2, 2).at(0)?.index ?? 0],
  ])('is told where a log breaks %s', async (_, tamper) => {
    const log = await readLog(fourthUrl);
    const commitIndex = log.length;
    const expected = tamper(log, Math.floor(log.length / 2));
    const liar = await serveLog(log, commitIndex);
    try {
      const { code, verdict, output } = await verify('--rpc', liar.url, ...genesis());
      expect([code, verdict], output).toMatchObject([1, { valid: false, index: expected }]);
    } finally {
      await liar.close();
    }
  });

  it('is told which entry of a folder a broken disk has damaged', async () => {
    const log = await readLog(fourthUrl);
    const { index, entry } = at(log, Math.floor(log.length / 2));
    await fourth?.end('SIGTERM');
    const folder = join(machine, 'data', '4');
    expect((await verify('--data', folder)).verdict).toMatchObject({ valid: true });
    const path = join(folder, 'consensus', 'consensus.lmdb');
    const file = readFileSync(path);
    // Its beginning, with its index and the hash of its parent, is in no other value.
    const start = Buffer.from(entry.slice(2, 98), 'hex');
    let damaged = 0;
    for (let place = file.indexOf(start); place !== -1; place = file.indexOf(start, place + 1)) {
      file[place] = (file[place] ?? 0) ^ 1;
      damaged += 1;
    }
    expect(damaged).toBeGreaterThan(0);
    writeFileSync(path, file);
    const { code, verdict, output } = await verify('--data', folder);
    const expected = { valid: false, code: 'unreadable', index };
    expect([code, verdict], output).toMatchObject([1, expected]);
  });
});

function at(log: readonly LogItem[], index: number): LogItem {
  const item = log[index - 1];
  if (item === undefined) throw new Error(`no entry ${index}`);
  return item;
}

function flipLastDigit(hex: string): string {
  return `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}`;
}
