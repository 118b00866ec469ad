/** What a run of a script holds, and how commands name it. */
import { type Command, ScriptError } from './script.test.support.ts';
import type { ScenarioWorld } from './world.test.support.ts';

export interface Stage {
  world: ScenarioWorld | null;
  /** Until the end of the block. */
  isQuiet: boolean;
  /** What was said in this block so far. */
  said: string[];
}

export type Handler = (stage: Stage, command: Command) => Promise<void> | void;

export function worldOf({ world }: Stage): ScenarioWorld {
  if (world === null) throw new ScriptError('a script starts with `cluster`');
  return world;
}

export function nodeOf(stage: Stage, word = ''): { world: ScenarioWorld; number: number } {
  const number = /^n(\d+)$/.exec(word)?.[1];
  if (number === undefined) throw new ScriptError(`"${word}" is no node`);
  return { world: worldOf(stage), number: Number(number) };
}
