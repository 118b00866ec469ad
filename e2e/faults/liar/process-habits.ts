/** The ways in which the liar of a run lies: those of the simulator, and those that need a whole node. */
import { HABITS } from '../../../packages/mokka/src/simulator/byzantine/habits.ts';

export const NODE_HABITS = [
  /** Proposes blocks that are no blocks, or with another state than they lead to. */
  'proposes-invalid-blocks',
  /** Leads and heartbeats, but sends no proposal to anyone. */
  'stalls-as-leader',
  /** Answers `read-index` with positions of another time. */
  'lies-about-reads',
  /** Keeps transactions of certain senders out of its pool. Always on. */
  'censors-senders',
  /** Gossip that is changed, cut, doubled, or held back, and false statuses. */
  'corrupts-gossip',
  /** Bursts of application frames: transactions that nobody signed, and noise. */
  'floods-gossip',
  /** Consensus frames with changed bytes. */
  'garbles-frames',
] as const;

export const PROCESS_HABITS = [...HABITS, ...NODE_HABITS] as const;
export type ProcessHabit = (typeof PROCESS_HABITS)[number];
