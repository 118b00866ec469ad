/**
 * Every change of the members by the command line, with real processes: in a Byzantine network, where a quorum of operators has to
 * ask for the same, and in a crash-tolerant one.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callRpc } from '../harness/json-rpc.ts';
import { runPraline } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';
import { type JoiningNode, startJoiningNode } from './support/joining-node.ts';
import { useNetwork } from './support/use-network.ts';

const membersSchema = z.looseObject({
  epoch: z.int(),
  quorum: z.int(),
  members: z.array(z.looseObject({ publicKey: z.string(), role: z.string() })),
});

const isEvent = z.object({ event: z.string() });

function eventsOf(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    return line === '' ? [] : [isEvent.parse(JSON.parse(line)).event];
  });
}

function useOperators(options: Parameters<typeof useNetwork>[0]) {
  const network = useNetwork(options);
  const joined: JoiningNode[] = [];
  afterAll(async () => {
    for (const { process } of joined) await process.end('SIGKILL');
  });
  return {
    network,
    url: (number: number) => network().url(number),
    key: (number: number) => network().publicKey(number),
    validators: (...args: readonly string[]) =>
      runPraline(['validators', ...args], network().folder),
    async join(name: string): Promise<JoiningNode> {
      const node = await startJoiningNode(network(), name);
      joined.push(node);
      return node;
    },
    /** Public keys by role, as the node at an address has them once it has come to the epoch. */
    async members(url: string, epoch: number) {
      const found = await until(async () => {
        const listed = await runPraline(
          ['validators', 'list', '--rpc', url, '--json'],
          network().folder,
        );
        const parsed = membersSchema.parse(JSON.parse(listed.standardOutput));
        expect(parsed.epoch).toBe(epoch);
        return parsed;
      });
      const of = (role: string) =>
        found.members.flatMap((member) => (member.role === role ? [member.publicKey] : [])).sort();
      return { quorum: found.quorum, validators: of('validator'), observers: of('observer') };
    },
    async send(url: string): Promise<void> {
      const { address } = network().account(0);
      await until(() =>
        callRpc(url, 'eth_sendTransaction', [{ from: address, to: address, value: '0x1' }]),
      );
    },
  };
}

describe('the operators of a Byzantine network', () => {
  const { network, url, key, validators, join, members, send } = useOperators({
    nodes: 4,
    init: ['--crash-model', 'BFT'],
  });
  let fifth: JoiningNode;
  let sixth: JoiningNode;
  const keys = (...some: readonly string[]) => [...some].sort();

  it('add a validator together, each on the own node, and it is an observer first', async () => {
    await send(url(1));
    fifth = await join('fifth');
    const runs = await Promise.all(
      [1, 2, 3].map((number) => validators('add', fifth.member, '--rpc', url(number), '--json')),
    );
    for (const { code, output, standardOutput } of runs) {
      expect(code, output).toBe(0);
      const events = eventsOf(standardOutput).filter((event) => event !== 'approved');
      const shown = events.filter((event) => ['added', 'promoted', 'done'].includes(event));
      expect(shown).toEqual(['added', 'promoted', 'done']);
      expect(events).toContain('catching-up');
    }
    expect(await members(fifth.url, 2)).toEqual({
      quorum: 4,
      validators: keys(key(1), key(2), key(3), key(4), fifth.publicKey),
      observers: [],
    });
    await send(fifth.url);
  });

  it('change nothing alone, and are told who else must ask', async () => {
    const alone = await validators('demote', '2', '--rpc', url(1), '--timeout', '1s');
    expect(alone.code).toBe(4);
    expect(alone.output).toContain('on 1 of 4 validators needed');
    for (const number of [2, 3, 4]) expect(alone.output).toContain(`--rpc ${url(number)}`);
    expect(alone.output).not.toContain(`--rpc ${url(1)}\n`);
    expect(alone.output).toContain('Too few operators');
    const other = await validators('remove', '3', '--rpc', url(1), '--timeout', '1s');
    expect([other.code, other.output]).toEqual([
      4,
      expect.stringContaining(`asks for another change already (demote ${key(2)})`),
    ]);
    expect((await members(url(3), 2)).observers).toEqual([]);
    await send(url(2));
  });

  it('may come one after the other: what one has asked for stands for some minutes', async () => {
    const others = ['--rpc', url(3), url(4), fifth.url];
    const demoted = await validators('demote', key(2), ...others);
    expect(demoted.code, demoted.output).toBe(0);
    expect(demoted.output).toContain('made an observer, epoch 3');
    expect(await members(url(2), 3)).toMatchObject({ quorum: 3, observers: [key(2)] });
    await send(url(2));
  });

  it('have no say on an observer', async () => {
    const told = await validators('remove', '3', '--rpc', url(2));
    expect([told.code, told.output]).toEqual([1, expect.stringContaining('is no validator')]);
    expect(told.output).toContain('propose it on the other validators');
  });

  it('replace a validator whose machine is gone', async () => {
    await network().end('SIGKILL', 4);
    sixth = await join('sixth');
    const replaced = await validators(
      ...['replace', '4', sixth.member, '--rpc', url(1), url(3), fifth.url, url(2)],
    );
    expect(replaced.code, replaced.output).toBe(0);
    expect(replaced.output).toMatch(/added as an observer, epoch 4[\s\S]+exchanged.+epoch 5/);
    expect(await members(sixth.url, 5)).toEqual({
      quorum: 3,
      validators: keys(key(1), key(3), fifth.publicKey, sixth.publicKey),
      observers: [key(2)],
    });
    await send(sixth.url);
  });

  it('remove a validator that asks for it itself', async () => {
    const removed = await validators('remove', '1', '--rpc', url(1), url(3), fifth.url);
    expect(removed.code, removed.output).toBe(0);
    expect(removed.output).toContain('stop its process');
    await network().end('SIGTERM', 1);
    expect((await members(fifth.url, 6)).validators).toEqual(
      keys(key(3), fifth.publicKey, sixth.publicKey),
    );
    await send(sixth.url);
    const verified = await runPraline(
      ['verify', '--rpc', sixth.url, '--genesis', `${network().folder}/cluster/genesis.json`],
      network().folder,
    );
    expect(verified.code, verified.output).toBe(0);
    expect(verified.output).toContain('epoch 6, 3 validators');
  });
});

describe('the operator of a crash-tolerant network', () => {
  const { network, url, key, validators, join, members, send } = useOperators({ nodes: 3 });

  it('replaces a node that is gone, and bears the loss of another then', async () => {
    await send(url(1));
    await network().end('SIGKILL', 3);
    const newcomer = await join('newcomer');
    const replaced = await validators('replace', '3', newcomer.member, '--rpc', url(2));
    expect(replaced.code, replaced.output).toBe(0);
    const { validators: present, quorum } = await members(newcomer.url, 2);
    expect(present).toEqual([key(1), key(2), newcomer.publicKey].sort());
    expect(quorum).toBe(2);
    // A command that is run again does nothing.
    const again = await validators('replace', key(3), newcomer.member, '--rpc', url(1), '--json');
    expect([again.code, eventsOf(again.standardOutput)]).toEqual([0, ['done']]);
    await network().end('SIGTERM', 1);
    await send(newcomer.url);
    await network().start(1);
  });

  it('demotes a validator and makes it one again', async () => {
    const demoted = await validators('demote', '1', '--rpc', url(1));
    expect(demoted.code, demoted.output).toBe(0);
    expect((await members(url(1), 3)).observers).toEqual([key(1)]);
    await send(url(1));
    const { port } = network().cluster.nodes[0] ?? { port: 0 };
    const added = await validators('add', `${key(1)}@127.0.0.1:${port}`, '--rpc', url(2), '--json');
    expect(added.code, added.output).toBe(0);
    expect(eventsOf(added.standardOutput).at(0)).toBe('catching-up');
    expect((await members(url(1), 4)).observers).toEqual([]);
  });

  it.each([
    ['to demote an observer twice', ['demote', 'ab'.repeat(32)], 1, 'is no member'],
    [
      'to replace a stranger',
      ['replace', 'ab'.repeat(32), `${'cd'.repeat(32)}@h:1`],
      1,
      'no member',
    ],
    ['to replace by no address', ['replace', '1', 'cd'.repeat(32)], 2, 'Write the public key'],
  ])('is told why it can not be asked %s', async (_, args, code, message) => {
    const told = await validators(...args, '--rpc', url(2));
    expect([told.code, told.output]).toEqual([code, expect.stringContaining(message)]);
  });
});
