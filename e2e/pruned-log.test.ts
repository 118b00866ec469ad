/** An auditor and a node that deletes old entries: its log is verified with the beginning that another node has, or from a known entry. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callRpc } from '../harness/json-rpc.ts';
import { PralineProcess, runPraline } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';
import { type JoiningNode, startJoiningNode } from './support/joining-node.ts';
import { readLog, serveLog } from './support/lying-log.ts';
import { useNetwork } from './support/use-network.ts';

const verdictSchema = z.looseObject({
  valid: z.boolean(),
  code: z.string().optional(),
  first: z.int().optional(),
  index: z.int().optional(),
  certified: z.object({ index: z.int(), hash: z.string() }).optional(),
});

describe('the log of a node with --retention', () => {
  const network = useNetwork({ nodes: 3, start: false });
  let observer: JoiningNode | null = null;
  afterAll(async () => {
    await observer?.process.end('SIGKILL');
  });
  const verify = async (...args: readonly string[]) => {
    const genesis = join(network().folder, 'cluster', 'genesis.json');
    const run = await runPraline(
      ['verify', ...args, '--genesis', genesis, '--json'],
      network().folder,
    );
    return { ...run, verdict: verdictSchema.parse(JSON.parse(run.standardOutput)) };
  };
  const firstIndex = async () => {
    const page = await callRpc<{ firstIndex: number }>(network().url(3), 'mokka_getLog', [1, 1]);
    return page.firstIndex;
  };

  it('begins above a change of the members', async () => {
    const args = ['node', '--cluster', network().clusterPath, '--node', '3', '--retention', '3'];
    network().adopt(3, new PralineProcess(args, { cwd: network().folder }));
    await network().start(1, 2);
    await network().answers(3);
    await network().leader();
    observer = await startJoiningNode(network(), 'observer');
    const added = await runPraline(
      ['validators', 'add', observer.member, '--observer', '--rpc', network().url(1)],
      network().folder,
    );
    expect(added.code, added.output).toBe(0);
    const { address } = network().account(0);
    await until(async () => {
      await callRpc(network().url(1), 'eth_sendTransaction', [
        { from: address, to: address, value: '0x1' },
      ]);
      expect(await firstIndex()).toBeGreaterThan(5);
    });
    await network().agreedHeads();
  });

  it.each(['rpc', 'data'] as const)('can not be judged alone, by --%s', async (option) => {
    const log = option === 'rpc' ? network().url(3) : join(network().folder, 'cluster/data/3');
    const { code, verdict, output } = await verify(`--${option}`, log);
    expect([code, verdict]).toMatchObject([3, { valid: false, code: 'not-from-genesis' }]);
    expect(output).toContain(`entries before ${verdict.index} are not there`);
    expect(output).toContain('--beginning URL');
    expect(output).toContain(`--trusted INDEX:HASH`);
    const known = await verify(`--${option}`, log, '--trusted', `1:${'ab'.repeat(32)}`);
    expect([known.code, known.verdict.code]).toEqual([3, 'not-from-genesis']);
  });

  it.each(['rpc', 'data'] as const)(
    'is valid from genesis with another node, by --%s',
    async (option) => {
      const log = option === 'rpc' ? network().url(3) : join(network().folder, 'cluster/data/3');
      const { code, verdict, output } = await verify(
        ...[`--${option}`, log, '--beginning', network().url(1)],
      );
      expect([code, verdict], output).toMatchObject([0, { valid: true, first: 1, epoch: 1 }]);
    },
  );

  it('is valid from an entry that the auditor knows', async () => {
    const whole = await verify('--rpc', network().url(1));
    expect(whole.verdict).toMatchObject({ valid: true, first: 1 });
    const { index = 0, hash = '' } = whole.verdict.certified ?? {};
    for (const log of [
      ['--rpc', network().url(3)],
      ['--data', join(network().folder, 'cluster/data/3')],
    ]) {
      const { code, verdict, output } = await verify(...log, '--trusted', `${index}:${hash}`);
      expect([code, verdict], output).toMatchObject([0, { valid: true, epoch: 1 }]);
      expect(verdict.first).toBeGreaterThan(5);
      const other = await verify(...log, '--trusted', `${index}:${'ab'.repeat(32)}`);
      expect([other.code, other.verdict]).toMatchObject([1, { code: 'not-trusted', index }]);
    }
  });

  it('is not valid with a beginning that was changed, or is too short', async () => {
    const log = await readLog(network().url(1));
    const changed = log.map((item) =>
      item.index === 2 ? { ...item, entry: log[2]?.entry ?? '' } : item,
    );
    const liar = await serveLog(changed, log.length);
    const short = await serveLog(log.slice(0, 3), 3);
    try {
      const lied = await verify('--rpc', network().url(3), '--beginning', liar.url);
      expect([lied.code, lied.verdict]).toMatchObject([1, { valid: false, index: 2 }]);
      const cut = await verify('--rpc', network().url(3), '--beginning', short.url);
      expect([cut.code, cut.verdict.code]).toEqual([3, 'not-from-genesis']);
      expect(cut.output).toContain('does not have them all either');
    } finally {
      await Promise.all([liar.close(), short.close()]);
    }
  });
});
