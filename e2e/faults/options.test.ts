import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from './options.ts';

describe('parseOptions', () => {
  it('has defaults, and a seed of its own when none is given', () => {
    const { run, json } = parseOptions([]);
    expect(run).toMatchObject({ minutes: 1, nodes: 3, crashModel: 'CFT', liar: null });
    expect(run.seed).toBeGreaterThan(0);
    expect(json).toBe(false);
  });

  it('takes what is given, the last of each', () => {
    const args = ['--minutes', '0.5', '--nodes', '4', '--mode', 'BFT', '--seed', '1'];
    const { run } = parseOptions([...args, '--liar', '2=liar.js', '--seed', '7', '--out', 'x']);
    expect(run).toMatchObject({ minutes: 0.5, nodes: 4, crashModel: 'BFT', seed: 7 });
    const entry = expect.stringMatching(/\/liar\.js$/);
    expect(run.liar).toEqual({ node: 2, entry, isOurs: false });
  });

  it('has the last of four nodes lie in a Byzantine network, unless told otherwise', () => {
    const liarOf = (...args: string[]) => parseOptions(args).run.liar;
    const bft = ['--mode', 'BFT', '--nodes', '4'];
    const entry = expect.stringMatching(/praline-liar\.mjs$/);
    expect(liarOf(...bft)).toEqual({ node: 4, entry, isOurs: true });
    expect(liarOf(...bft, '--liar', '2')).toEqual({ node: 2, entry, isOurs: true });
    expect(liarOf(...bft, '--liar', 'none')).toBeNull();
    expect(liarOf('--mode', 'BFT', '--nodes', '3')).toBeNull();
    expect(liarOf('--nodes', '4')).toBeNull();
  });

  it.each([
    [['--minutes', '0'], '--minutes'],
    [['--nodes', '2.5'], '--nodes'],
    [['--nodes', '11'], '--nodes'],
    [['--seed', 'x'], '--seed'],
    [['--mode', 'XFT'], '--mode'],
    [['--liar', '9=liar.js'], '--liar'],
    [['--liar', 'liar.js'], '--liar'],
    [['--liar', '3'], '--liar'],
    [['--mode', 'BFT', '--liar', '3'], '--liar'],
    [['--hours', '1'], 'hours'],
  ])('refuses %j', (args, words) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(words);
  });
});
