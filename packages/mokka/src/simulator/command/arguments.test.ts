import { describe, expect, test } from 'vitest';
import { parseArguments, UsageError } from './arguments.ts';

const parse = (line: string) => parseArguments(line.split(' ').filter(Boolean), 2);

describe('arguments of the simulator', () => {
  test('a number of seeds, over the usual cluster sizes', () => {
    const sizes = [1, 2, 3, 4, 5];
    expect(parse('--seeds 2000')).toMatchObject({ seeds: 2000, firstSeed: 1, nodes: sizes });
    expect(parse('--mode BFT')).toMatchObject({ crashModel: 'BFT', nodes: [4, 5, 7] });
  });

  test('one seed and one size, as a replay needs', () => {
    expect(parse('--seed 77 --nodes 3 --trace')).toMatchObject({
      seeds: 1,
      firstSeed: 77,
      nodes: [3],
      trace: true,
    });
  });

  test('several sizes', () => {
    expect(parse('--nodes 3,4,7 --json')).toMatchObject({ nodes: [3, 4, 7], json: true });
  });

  test('the crash model', () => {
    expect(parse('--seeds 3')).toMatchObject({ crashModel: 'CFT' });
    expect(parse('--mode BFT')).toMatchObject({ crashModel: 'BFT' });
    expect(() => parse('--mode bft')).toThrow(UsageError);
  });

  test('help', () => {
    expect(parse('--help')).toBeNull();
  });

  test.each([
    '--seeds',
    '--seeds x',
    '--seeds 0',
    '--seeds 1.5',
    '--nodes 0',
    '--nodes 3,',
    '--nodes 26',
    '--seed -1',
    '--mode PBFT',
    '--frobnicate',
    'stray',
    '--trace --seeds 2',
  ])('refuses %s', (line) => {
    expect(() => parse(line)).toThrow(UsageError);
  });
});
