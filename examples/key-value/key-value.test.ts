/** The example as its README tells it: three processes, a value written at one and read at another, the leader killed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeKey } from 'mokka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../harness/free-ports.ts';
import { until } from '../../harness/until.ts';
import { ExampleProcess } from '../example-process.ts';

const NUMBERS = [1, 2, 3] as const;

describe('the key-value example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mokka-key-value-'));
  const processes = new Map<number, ExampleProcess>();
  let ports: readonly number[] = [];

  const start = (number: number) => {
    processes.set(number, new ExampleProcess('key-value/server.js', [String(number)], folder));
  };
  const call = async (number: number, path: string, init: RequestInit = {}): Promise<unknown> => {
    const url = `http://127.0.0.1:${ports[number - 1]}/${path}`;
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
    return response.json();
  };
  const put = (number: number, path: string, value: unknown) =>
    call(number, path, { method: 'PUT', body: JSON.stringify(value) });
  const answers = (number: number) => until(() => call(number, 'any'));
  /** By what the processes print. */
  const leader = () =>
    until(() => {
      const terms = NUMBERS.map((number) => {
        const lines = processes.get(number)?.output.match(/: \w+ in term \d+/g) ?? [];
        const [, role = '', term = '0'] = /: (\w+) in term (\d+)/.exec(lines.at(-1) ?? '') ?? [];
        return role === 'leader' ? Number(term) : 0;
      });
      const newest = Math.max(...terms);
      if (newest === 0) throw new Error('nobody leads');
      return terms.indexOf(newest) + 1;
    });

  beforeAll(async () => {
    const found = await freePorts(6);
    ports = found.slice(3);
    const nodes = NUMBERS.map((number) => ({
      seed: NodeKey.generate().revealSeedHex(),
      port: found[number - 1],
      httpPort: ports[number - 1],
    }));
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'cluster.json'), JSON.stringify(nodes));
    for (const number of NUMBERS) start(number);
    await Promise.all(NUMBERS.map(answers));
  });
  afterAll(async () => {
    await Promise.all([...processes.values()].map((one) => one.end('SIGKILL')));
    rmSync(folder, { recursive: true, force: true });
  });

  it('is under 80 lines', () => {
    const source = readFileSync(new URL('server.js', import.meta.url), 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(80);
  });

  it('shows at every node what was written at any', async () => {
    for (const number of NUMBERS) {
      await put(number, `colour-${number}`, { name: 'red', number });
      expect(await call(number, `colour-${number}`)).toEqual({ name: 'red', number });
    }
    for (const reader of NUMBERS) {
      for (const number of NUMBERS) {
        await until(async () =>
          expect(await call(reader, `colour-${number}`)).toEqual({ name: 'red', number }),
        );
      }
    }
  });

  it('shows the latest at once, where it is asked for that', async () => {
    for (let round = 0; round < 20; round += 1) {
      await put((round % 3) + 1, 'round', round);
      expect(await call(((round + 1) % 3) + 1, 'round?latest')).toBe(round);
    }
  });

  it('keeps everything when the leader is killed, and gives it to the leader when it returns', async () => {
    const killed = await leader();
    await put(killed, 'last-words', 'kept');
    await processes.get(killed)?.end('SIGKILL');
    const [writer = 0, reader = 0] = NUMBERS.filter((number) => number !== killed);
    await put(writer, 'without', killed);
    expect(await call(writer, 'last-words')).toBe('kept');
    await until(async () => expect(await call(reader, 'without')).toBe(killed));
    start(killed);
    await answers(killed);
    await until(async () => expect(await call(killed, 'without')).toBe(killed));
    expect(await call(killed, 'last-words')).toBe('kept');
    expect(await call(killed, 'colour-1')).toEqual({ name: 'red', number: 1 });
  });

  it('ends cleanly on Ctrl-C and has everything when it starts again', async () => {
    const ends = await Promise.all([...processes.values()].map((one) => one.end('SIGINT')));
    expect(ends).toEqual([0, 0, 0]);
    for (const number of NUMBERS) start(number);
    await Promise.all(NUMBERS.map(answers));
    await until(async () => expect(await call(2, 'last-words')).toBe('kept'));
  });
});
