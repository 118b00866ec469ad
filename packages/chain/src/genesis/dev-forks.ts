/** Forks that a network may start at, oldest first; block rules older than the merge are not offered. */
export const DEV_FORKS = [
  'paris',
  'shanghai',
  'cancun',
  'prague',
  'osaka',
  'bpo1',
  'bpo2',
] as const;
export type DevFork = (typeof DEV_FORKS)[number];
