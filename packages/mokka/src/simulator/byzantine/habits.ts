/** The ways in which a Byzantine node lies. Each is on or off for itself in a seed. */
export const HABITS = [
  /** Two proposals for one place, each shown to a part of the others. */
  'equivocates-proposals',
  /** Votes in both phases for every entry it hears of, conflicting ones included. */
  'votes-for-everything',
  /** Term votes with different locks for different nodes: too low, too high, without a certificate or with a wrong one. */
  'lies-about-locks',
  /** Statements with bad signatures, or in the names of others. */
  'forges',
  /** Old messages of any term, its own and those of others. */
  'replays',
  /** Keeps some kinds of messages from some nodes. */
  'withholds',
  /** Leads without proposing anything. */
  'censors',
  /** Term-starts on stale, doubled or made-up proofs. */
  'fabricates-proofs',
  /** Yields and hand-overs of terms it leads or led, again and again. */
  'repeats-yields',
  /** Answers to fetches with changed, missing or foreign entries, certificates, snapshots and chunks. */
  'corrupts-entries',
  /** Heartbeats and their answers with absurd terms, entries and commits. */
  'absurd-heartbeats',
  /** Pre-votes for terms far ahead. */
  'floods-pre-votes',
  /** Accuses correct nodes. */
  'accuses',
  /** Where members change: asks for members that suit it, proposes them unasked, certifies open changes on nothing. */
  'changes-members',
  /** Offers snapshots and keeps their chunks to itself. */
  'withholds-chunks',
  /** Offers the first snapshot that it had again, and gives chunks in the place of others. */
  'offers-stale-snapshots',
] as const;

export type Habit = (typeof HABITS)[number];

/** Shown where nodes are made to need snapshots. */
export const SNAPSHOT_HABITS: readonly Habit[] = ['withholds-chunks', 'offers-stale-snapshots'];
