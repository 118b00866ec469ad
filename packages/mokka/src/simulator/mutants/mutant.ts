/** A mistake in the core, and what catches it: the simulator within a number of seeds, or a directed test that fails. */
import type { Edit } from './tree.ts';

export interface CaughtBySimulator {
  readonly by: 'simulator';
  readonly nodes: number;
  /** Seeds, from `firstSeed` (1) on, within which it must be caught. */
  readonly seeds: number;
  readonly firstSeed?: number;
  /** Rules whose violation shows that it was understood. */
  readonly rules: readonly string[];
  readonly crashModel?: 'BFT';
  /** Leadership changes all the time. */
  readonly turbulent?: true;
  /** Operators change the members all the time. */
  readonly changing?: true;
  /** Whoever would lie is honest instead, on two machines. */
  readonly twinned?: true;
  /** Only seeds in which somebody is away until it needs a snapshot, and dies while it takes one. */
  readonly absent?: true;
}

export interface CaughtByTest {
  readonly by: 'test';
  /** Below `src`. */
  readonly file: string;
  /** Beginning of the test's name. */
  readonly test: string;
}

export interface Mutant {
  readonly what: string;
  readonly edits: readonly Edit[];
  readonly caught: CaughtBySimulator | CaughtByTest;
}
