/**
 * The sequence of faults, drawn from the seed alone: the same seed gives the same faults at the same times. Every kind
 * comes once before any comes again. Most of the time no more nodes are hit than the network tolerates.
 */
import type { SeededRandom } from '../random.ts';
import { type Episode, FAULT_KINDS, type Fault, type FaultKind, type Target } from './fault.ts';

export interface ScheduleOptions {
  readonly random: SeededRandom;
  /** Node numbers, from 1. */
  readonly nodes: readonly number[];
  readonly faultsTolerated: number;
  readonly durationMs: number;
}

/** The network runs undisturbed for this long first. */
const CALM_START_MS = 2_000;
const FAULT_MS = { least: 2_000, most: 9_000 };
const CALM_MS = { least: 1_500, most: 6_000 };
/** A stuck disk or a restart takes longer to show and to mend. */
const LONGER_MS: Partial<Record<FaultKind, { least: number; most: number }>> = {
  'disk-full': { least: 4_000, most: 10_000 },
  'restart-all': { least: 3_000, most: 8_000 },
};
/** How often a fault begins while the one before it is still in force. */
const OVERLAP_CHANCE = 0.15;
/** Faults overlap only while fewer of all episodes than this are beyond what the network tolerates. */
const BEYOND_SHARE_MAX = 0.35;
const LEADER_CHANCE = 0.5;

/** In the order in which they begin. */
export function drawSchedule(options: ScheduleOptions): readonly Episode[] {
  const { random, durationMs } = options;
  const episodes: Episode[] = [];
  let deck: FaultKind[] = [];
  let at = CALM_START_MS;
  while (at < durationMs - FAULT_MS.least) {
    if (deck.length === 0) deck = random.shuffled(kindsFor(options));
    const kind = deck.pop();
    if (kind === undefined) break;
    const { least, most } = LONGER_MS[kind] ?? FAULT_MS;
    const wanted = random.integer(least, most);
    const fault = drawFault(kind, options);
    const length = Math.min(wanted, durationMs - at);
    const overlaps = episodes.some((other) => other.atMs + other.durationMs > at);
    episodes.push({
      id: episodes.length + 1,
      atMs: at,
      durationMs: length,
      fault,
      isBeyondTolerance: overlaps || hits(fault, options.nodes) > options.faultsTolerated,
    });
    const calm = random.integer(CALM_MS.least, CALM_MS.most);
    const beyond = episodes.filter(({ isBeyondTolerance }) => isBeyondTolerance).length;
    const mayOverlap = random.chance(OVERLAP_CHANCE) && beyond < BEYOND_SHARE_MAX * episodes.length;
    at += mayOverlap ? Math.round(length / 2) : length + calm;
  }
  return episodes;
}

/** Partitions need somebody to part from, and a bridge needs two sides. */
function kindsFor({ nodes, faultsTolerated }: ScheduleOptions): readonly FaultKind[] {
  const alone: readonly FaultKind[] = ['kill', 'pause', 'unplug', 'disk-full', 'restart-all'];
  if (nodes.length === 1) return alone;
  return FAULT_KINDS.filter((kind) => {
    if (kind === 'bridge') return nodes.length > 2;
    if (kind === 'kill-many') return faultsTolerated + 1 < nodes.length;
    return true;
  });
}

function drawFault(kind: FaultKind, options: ScheduleOptions): Fault {
  const { random, nodes, faultsTolerated } = options;
  const target = (): Target =>
    random.chance(LEADER_CHANCE) ? { role: 'leader' } : { number: random.pick(nodes) };
  const order = random.shuffled(nodes);
  switch (kind) {
    case 'kill':
    case 'pause':
    case 'isolate':
    case 'unplug':
    case 'disk-full':
      return { kind, target: target() };
    case 'one-way':
      return { kind, target: target(), direction: random.pick(['out', 'in'] as const) };
    case 'halves':
      return { kind, part: order.slice(0, Math.floor(nodes.length / 2)) };
    case 'bridge': {
      const [bridge = 1, ...rest] = order;
      return { kind, bridge, part: rest.slice(0, Math.ceil(rest.length / 2)) };
    }
    case 'slow': {
      const delay = { ms: random.integer(10, 150), jitterMs: random.integer(0, 150) };
      return { kind, target: random.chance(0.5) ? target() : null, delay };
    }
    case 'resets':
      return { kind, target: random.chance(0.7) ? target() : null };
    case 'restart-all':
      return { kind, order, stepMs: random.integer(0, 600) };
    case 'kill-many':
      return { kind, nodes: order.slice(0, faultsTolerated + 1) };
  }
}

/** How many nodes a fault takes out of agreement. */
function hits(fault: Fault, nodes: readonly number[]): number {
  switch (fault.kind) {
    case 'restart-all':
      return nodes.length;
    case 'kill-many':
      return fault.nodes.length;
    case 'halves':
      return Math.min(fault.part.length, nodes.length - fault.part.length);
    case 'bridge':
      return Math.min(fault.part.length, nodes.length - 1 - fault.part.length);
    case 'resets':
      return fault.target === null ? nodes.length : 1;
    case 'slow':
      return fault.target === null ? 0 : 1;
    default:
      return 1;
  }
}
