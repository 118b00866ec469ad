/** Counters of a simulation: what was injected, and what the cluster did meanwhile. */
import { HABITS, type Habit } from './byzantine/habits.ts';
import { noRules, type RuleCounts, ruleNames } from './coverage/rules.ts';

/** Number of faults injected, by kind. */
export interface FaultCounts {
  lost: number;
  cutMessages: number;
  reordered: number;
  duplicated: number;
  replayed: number;
  crashes: number;
  crashesInStep: number;
  blackouts: number;
  lostWrites: number;
  keptWrites: number;
  fullDisks: number;
  failedWrites: number;
  damagedDisks: number;
  wipedDisks: number;
  refusedStarts: number;
  restarts: number;
  partitions: number;
  oneWayPartitions: number;
  bridges: number;
  stars: number;
  disconnects: number;
  pauses: number;
  frozenClocks: number;
  slowdowns: number;
  slowLinks: number;
  clockJumps: number;
  refusals: number;
  transfers: number;
  outsiderMessages: number;
  membershipRequests: number;
  absences: number;
  interruptedSnapshots: number;
}

export function noFaults(): FaultCounts {
  return {
    lost: 0,
    cutMessages: 0,
    reordered: 0,
    duplicated: 0,
    replayed: 0,
    crashes: 0,
    crashesInStep: 0,
    blackouts: 0,
    lostWrites: 0,
    keptWrites: 0,
    fullDisks: 0,
    failedWrites: 0,
    damagedDisks: 0,
    wipedDisks: 0,
    refusedStarts: 0,
    restarts: 0,
    partitions: 0,
    oneWayPartitions: 0,
    bridges: 0,
    stars: 0,
    disconnects: 0,
    pauses: 0,
    frozenClocks: 0,
    slowdowns: 0,
    slowLinks: 0,
    clockJumps: 0,
    refusals: 0,
    transfers: 0,
    outsiderMessages: 0,
    membershipRequests: 0,
    absences: 0,
    interruptedSnapshots: 0,
  };
}

export interface Statistics {
  steps: number;
  messages: number;
  /** Virtual milliseconds. */
  virtualTime: number;
  /** Entries agreed on by the cluster, of every kind. */
  committed: number;
  /** Commands of clients applied. */
  commands: number;
  /** Reads that a quorum confirmed. */
  reads: number;
  /** Changes of the members that were committed. */
  epochs: number;
  /** Terms in which a leader started. */
  elections: number;
  /** Longest virtual milliseconds from healing to a new commit on every healed node. */
  recovery: number;
  /** Snapshots that nodes took. */
  snapshots: number;
  /** Keys of liars and of twins that correct nodes found evidence against. */
  convicted: number;
  /** Keys that two machines held. */
  twins: number;
  readonly faults: FaultCounts;
  /** How often each habit of liars showed. */
  readonly lies: Record<Habit, number>;
  /** How often each rule of the protocol fired. */
  readonly rules: RuleCounts;
}

function noLies(): Record<Habit, number> {
  return Object.fromEntries(HABITS.map((habit) => [habit, 0])) as Record<Habit, number>;
}

export function emptyStatistics(): Statistics {
  return {
    steps: 0,
    messages: 0,
    virtualTime: 0,
    committed: 0,
    commands: 0,
    reads: 0,
    epochs: 0,
    elections: 0,
    recovery: 0,
    snapshots: 0,
    convicted: 0,
    twins: 0,
    faults: noFaults(),
    lies: noLies(),
    rules: noRules(),
  };
}

/** Adds `more` to `total`; the longest recovery is kept. */
export function addStatistics(total: Statistics, more: Statistics): void {
  total.steps += more.steps;
  total.messages += more.messages;
  total.virtualTime += more.virtualTime;
  total.committed += more.committed;
  total.commands += more.commands;
  total.reads += more.reads;
  total.epochs += more.epochs;
  total.elections += more.elections;
  total.recovery = Math.max(total.recovery, more.recovery);
  total.snapshots += more.snapshots;
  total.convicted += more.convicted;
  total.twins += more.twins;
  for (const habit of HABITS) total.lies[habit] += more.lies[habit];
  for (const rule of ruleNames) total.rules[rule] += more.rules[rule];
  for (const kind of faultKinds) total.faults[kind] += more.faults[kind];
}

export const faultKinds = Object.keys(noFaults()) as readonly (keyof FaultCounts)[];
