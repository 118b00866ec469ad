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
  /**
   * A node that lies all the time. It uses up tolerance, it is made the leader before each other fault, and the calm between
   * faults is long enough to see that the others cope.
   */
  readonly liar?: number | null;
}

/** The network runs undisturbed for this long first. */
const CALM_START_MS = 2_000;
const FAULT_MS = { least: 2_000, most: 9_000 };
const CALM_MS = { least: 1_500, most: 6_000 };
/** With a liar. What is demanded of the others within a bound needs a time without other faults to be seen. */
const LONG_CALM_MS = { least: 8_000, most: 20_000 };
/** A stuck disk or a restart takes longer to show and to mend. */
const LONGER_MS: Partial<Record<FaultKind, { least: number; most: number }>> = {
  'disk-full': { least: 4_000, most: 10_000 },
  'restart-all': { least: 3_000, most: 8_000 },
  'rolling-restart': { least: 10_000, most: 16_000 },
};
/** How often a fault begins while the one before it is still in force. */
const OVERLAP_CHANCE = 0.15;
/** Faults overlap only while fewer of all episodes than this are beyond what the network tolerates. */
const BEYOND_SHARE_MAX = 0.35;
const LEADER_CHANCE = 0.5;

/** In the order in which they begin. */
export function drawSchedule(options: ScheduleOptions): readonly Episode[] {
  const { random, durationMs, liar = null } = options;
  const calmMs = liar !== null ? LONG_CALM_MS : CALM_MS;
  const episodes: Episode[] = [];
  let deck: FaultKind[] = [];
  let at = CALM_START_MS;
  while (at < durationMs - FAULT_MS.least) {
    if (deck.length === 0) deck = random.shuffled(kindsFor(options));
    const isLiarsTurn = liar !== null && episodes.length % 2 === 0;
    const kind = isLiarsTurn ? 'hand-over' : deck.pop();
    if (kind === undefined) break;
    const { least, most } = LONGER_MS[kind] ?? FAULT_MS;
    const wanted = random.integer(least, most);
    const drawn = drawFault(kind, options);
    const fault = isLiarsTurn && drawn.kind === 'hand-over' ? { ...drawn, to: liar } : drawn;
    const length = Math.min(wanted, durationMs - at);
    const overlaps = episodes.some((other) => other.atMs + other.durationMs > at);
    episodes.push({
      id: episodes.length + 1,
      atMs: at,
      durationMs: length,
      fault,
      isBeyondTolerance:
        overlaps || hits(fault, options.nodes) > options.faultsTolerated - (liar === null ? 0 : 1),
    });
    const calm = random.integer(calmMs.least, calmMs.most);
    const beyond = episodes.filter(({ isBeyondTolerance }) => isBeyondTolerance).length;
    const mayOverlap = random.chance(OVERLAP_CHANCE) && beyond < BEYOND_SHARE_MAX * episodes.length;
    at += mayOverlap ? Math.round(length / 2) : length + calm;
  }
  return episodes;
}

/** Partitions need somebody to part from, and a bridge needs two sides. */
function kindsFor({ nodes, faultsTolerated }: ScheduleOptions): readonly FaultKind[] {
  const alone: readonly FaultKind[] = [
    'kill',
    'pause',
    'unplug',
    'disk-full',
    'rolling-restart',
    'restart-all',
  ];
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
    case 'hand-over':
      return {
        kind,
        target: { role: 'leader' },
        to: random.chance(0.5) ? random.pick(nodes) : null,
      };
    case 'rolling-restart':
      return { kind, order };
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
    case 'hand-over':
      return 0;
    default:
      return 1;
  }
}
