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
    expect(run.liar).toEqual({ node: 2, entry: expect.stringMatching(/\/liar\.js$/) });
  });

  it.each([
    [['--minutes', '0'], '--minutes'],
    [['--nodes', '2.5'], '--nodes'],
    [['--nodes', '11'], '--nodes'],
    [['--seed', 'x'], '--seed'],
    [['--mode', 'XFT'], '--mode'],
    [['--liar', '9=liar.js'], '--liar'],
    [['--liar', 'liar.js'], '--liar'],
    [['--hours', '1'], 'hours'],
  ])('refuses %j', (args, words) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(words);
  });
});
