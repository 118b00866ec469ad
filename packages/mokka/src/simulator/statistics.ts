/** Counters of a simulation: what was injected, and what the cluster did meanwhile. */

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
  restarts: number;
  partitions: number;
  oneWayPartitions: number;
  bridges: number;
  stars: number;
  disconnects: number;
  pauses: number;
  slowdowns: number;
  clockJumps: number;
  refusals: number;
  transfers: number;
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
    restarts: 0,
    partitions: 0,
    oneWayPartitions: 0,
    bridges: 0,
    stars: 0,
    disconnects: 0,
    pauses: 0,
    slowdowns: 0,
    clockJumps: 0,
    refusals: 0,
    transfers: 0,
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
  /** Terms in which a leader started. */
  elections: number;
  /** Longest virtual milliseconds from healing to a new commit on every healed node. */
  recovery: number;
  readonly faults: FaultCounts;
}

export function emptyStatistics(): Statistics {
  return {
    steps: 0,
    messages: 0,
    virtualTime: 0,
    committed: 0,
    commands: 0,
    reads: 0,
    elections: 0,
    recovery: 0,
    faults: noFaults(),
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
  total.elections += more.elections;
  total.recovery = Math.max(total.recovery, more.recovery);
  for (const kind of faultKinds) total.faults[kind] += more.faults[kind];
}

export const faultKinds = Object.keys(noFaults()) as readonly (keyof FaultCounts)[];
