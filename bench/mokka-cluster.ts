/** Three nodes of Mokka as three processes, for the benchmark. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clusterIdOf, NodeKey } from 'mokka';
import { freePorts } from '../harness/free-ports.ts';
import { until } from '../harness/until.ts';
import type { Load } from './load.ts';
import type { MokkaNodeAnswer, MokkaNodeOptions, MokkaNodeRequest } from './mokka-node.ts';

const PROGRAM = fileURLToPath(new URL('mokka-node.ts', import.meta.url));

/** Set to a folder, each node leaves a CPU profile there. */
const PROFILE_FOLDER = process.env['PRALINE_PROFILE'];

type Answered<Type extends MokkaNodeAnswer['type']> = Extract<MokkaNodeAnswer, { type: Type }>;

export class MokkaCluster {
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  static async start(folder: string): Promise<MokkaCluster> {
    const keys = [1, 2, 3].map(() => NodeKey.generate());
    const ports = await freePorts(keys.length);
    const validators = keys.map(({ id }, at) => ({ id, host: '127.0.0.1', port: ports[at] ?? 0 }));
    const clusterId = clusterIdOf(new TextEncoder().encode(validators.map(({ id }) => id).join()));
    const profile =
      PROFILE_FOLDER === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE_FOLDER}`];
    const children = keys.map((key, at) => {
      const options: MokkaNodeOptions = {
        ...{ seed: key.revealSeedHex(), clusterId, validators },
        folder: join(folder, `mokka-${at + 1}`),
      };
      const execArgv = [...process.execArgv, ...profile];
      return fork(PROGRAM, [JSON.stringify(options)], { execArgv });
    });
    const cluster = new MokkaCluster(children);
    process.once('exit', () => {
      for (const child of children) child.kill('SIGKILL');
    });
    await Promise.all(children.map((child) => answered(child, 'ready')));
    return cluster;
  }

  get pids(): readonly number[] {
    return this.#children.map((child) => child.pid ?? 0);
  }

  /** Position of the node that leads. */
  async leader(): Promise<number> {
    return until(async () => {
      const roles = await Promise.all(
        this.#children.map((child) => ask(child, { type: 'role' }, 'role')),
      );
      const leader = roles.findIndex(({ role }) => role === 'leader');
      if (leader === -1) throw new Error('nobody leads');
      return leader;
    });
  }

  /** Pushes at one node. */
  async load(position: number, load: Load): Promise<Answered<'load'>> {
    const child = this.#children[position];
    if (child === undefined) throw new Error(`no node ${position}`);
    return ask(child, { type: 'load', load }, 'load');
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        await ask(child, { type: 'stop' }, 'stopped');
        await ended;
      }),
    );
  }
}

async function ask<Type extends MokkaNodeAnswer['type']>(
  child: ChildProcess,
  request: MokkaNodeRequest,
  type: Type,
): Promise<Answered<Type>> {
  const answer = answered(child, type);
  child.send(request);
  return answer;
}

function answered<Type extends MokkaNodeAnswer['type']>(
  child: ChildProcess,
  type: Type,
): Promise<Answered<Type>> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      action();
    };
    const onMessage = (message: unknown): void => {
      const answer = message as MokkaNodeAnswer;
      if (answer.type === type) settle(() => resolve(answer as Answered<Type>));
    };
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`a node ended with code ${code}`)));
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
