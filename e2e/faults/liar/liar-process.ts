/**
 * What core and transport of the liar share: its random numbers, and the habits of the moment. From time to time it takes up
 * other ones: who does everything at once never leads, and is caught by the first check.
 */
import type { Habit } from '../../../packages/mokka/src/simulator/byzantine/habits.ts';
import { HABITS } from '../../../packages/mokka/src/simulator/byzantine/habits.ts';
import { Random } from '../../../packages/mokka/src/simulator/world/random.ts';
import { liarSettings } from './liar-settings.ts';
import { LieRecord } from './lie-record.ts';
import { type NODE_HABITS, PROCESS_HABITS, type ProcessHabit } from './process-habits.ts';

/** Milliseconds for which habits last. */
const PHASE_MS = { least: 3_000, most: 8_000 };
const HABIT_CHANCE = 0.3;
/** Part of the phases in which the node is honest but for the senders that it censors. */
const QUIET_CHANCE = 0.35;

class LiarProcess {
  readonly censored: ReadonlySet<string>;
  /** Habits of the simulator's liar; the set changes with every phase. */
  readonly habits = new Set<Habit>();
  readonly #habits = new Set<ProcessHabit>();
  readonly #record: LieRecord;
  readonly #seed: number;
  readonly #phases: Random;

  constructor() {
    const { seed, censored, record } = liarSettings();
    this.censored = new Set(censored);
    this.#record = new LieRecord(record);
    // Each life of the node lies in another order.
    this.#seed = seed * 1_000 + this.#record.starts;
    this.#phases = this.random('phases');
    this.#nextPhase();
  }

  random(stream: string): Random {
    return new Random(this.#seed, stream);
  }

  note(habit: ProcessHabit): void {
    this.#record.note(habit);
  }

  /** Whether it does so now; counted as a lie. */
  lies(habit: (typeof NODE_HABITS)[number], random: Random, chance = 1): boolean {
    if (!this.#habits.has(habit) || !random.chance(chance)) return false;
    this.note(habit);
    return true;
  }

  #nextPhase(): void {
    const random = this.#phases;
    this.#habits.clear();
    this.habits.clear();
    if (!random.chance(QUIET_CHANCE)) {
      for (const habit of PROCESS_HABITS) if (random.chance(HABIT_CHANCE)) this.#habits.add(habit);
      for (const habit of HABITS) if (this.#habits.has(habit)) this.habits.add(habit);
    }
    const length = random.integer(PHASE_MS.least, PHASE_MS.most);
    setTimeout(() => this.#nextPhase(), length).unref();
  }
}

export const liar = new LiarProcess();
