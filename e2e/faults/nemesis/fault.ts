/** The kinds of fault, and the conditions that each imposes while it lasts. */
import type { Delay } from '../../../harness/directed-pipe.ts';

export const FAULT_KINDS = [
  'kill',
  'pause',
  'isolate',
  'unplug',
  'halves',
  'one-way',
  'bridge',
  'slow',
  'resets',
  'disk-full',
  'hand-over',
  'rolling-restart',
  'restart-all',
  'kill-many',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Who is meant. The leader is looked up when the fault begins, so the schedule itself does not depend on it. */
export type Target = { readonly role: 'leader' } | { readonly number: number };

export type Fault =
  | {
      readonly kind: 'kill' | 'pause' | 'isolate' | 'unplug' | 'disk-full';
      readonly target: Target;
    }
  /** Nothing that the target sends arrives, or nothing that is sent to it. */
  | { readonly kind: 'one-way'; readonly target: Target; readonly direction: 'out' | 'in' }
  /** The network in two parts; the first part has these nodes. */
  | { readonly kind: 'halves'; readonly part: readonly number[] }
  /** Two parts that only the bridge reaches both of. */
  | { readonly kind: 'bridge'; readonly bridge: number; readonly part: readonly number[] }
  /** All links of the target, or all links, are slow. */
  | { readonly kind: 'slow'; readonly target: Target | null; readonly delay: Delay }
  /** Connections of the target, or all, break every few hundred milliseconds. */
  | { readonly kind: 'resets'; readonly target: Target | null }
  /** The leader is asked to give its term to a node; null: to any. Over at once; the time after it belongs to it. */
  | { readonly kind: 'hand-over'; readonly target: Target; readonly to: number | null }
  /** One node after another is stopped in good order (SIGTERM) and comes back. */
  | { readonly kind: 'rolling-restart'; readonly order: readonly number[] }
  /** All processes are killed at once. `order[i]` comes back `i` steps after the first. */
  | { readonly kind: 'restart-all'; readonly order: readonly number[]; readonly stepMs: number }
  | { readonly kind: 'kill-many'; readonly nodes: readonly number[] };

/** A fault with its time in the schedule, milliseconds since the nemesis began. */
export interface Episode {
  readonly id: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly fault: Fault;
  /** Whether more nodes than the network tolerates are hit, so that it may stand still. */
  readonly isBeyondTolerance: boolean;
}

/** A direction of traffic: from one node to another. */
export type Direction = `${number}>${number}`;

export function directionOf(from: number, to: number): Direction {
  return `${from}>${to}`;
}

/** Part of its step of a rolling restart for which a node stays away. */
const STOPPED_SHARE = 0.5;

/** What holds at one moment: the union of what all present faults impose. */
export interface Conditions {
  readonly down: ReadonlySet<number>;
  /** Asked to end in good order. */
  readonly stopped: ReadonlySet<number>;
  readonly paused: ReadonlySet<number>;
  readonly unplugged: ReadonlySet<number>;
  readonly full: ReadonlySet<number>;
  readonly blocked: ReadonlySet<Direction>;
  readonly resetting: ReadonlySet<Direction>;
  readonly delays: ReadonlyMap<Direction, Delay>;
}

/** A fault in force: its episode, and who its target turned out to be. */
export interface ActiveFault {
  readonly episode: Episode;
  /** Null for faults without one target. */
  readonly victim: number | null;
  /** Milliseconds that the fault has lasted. */
  readonly ageMs: number;
}

export function conditionsOf(active: readonly ActiveFault[], nodes: readonly number[]): Conditions {
  const down = new Set<number>();
  const stopped = new Set<number>();
  const paused = new Set<number>();
  const unplugged = new Set<number>();
  const full = new Set<number>();
  const blocked = new Set<Direction>();
  const resetting = new Set<Direction>();
  const delays = new Map<Direction, Delay>();
  for (const { episode, victim, ageMs } of active) {
    const { fault } = episode;
    const victims = victim === null ? nodes : [victim];
    switch (fault.kind) {
      case 'kill':
        addAll(down, victims);
        break;
      case 'kill-many':
        addAll(down, fault.nodes);
        break;
      case 'hand-over':
        break;
      case 'rolling-restart': {
        const stepMs = episode.durationMs / fault.order.length;
        const position = Math.floor(ageMs / stepMs);
        const node = fault.order[position];
        if (node !== undefined && ageMs - position * stepMs < stepMs * STOPPED_SHARE) {
          stopped.add(node);
        }
        break;
      }
      case 'restart-all': {
        const stepMs = Math.min(fault.stepMs, episode.durationMs / (2 * fault.order.length));
        const firstBack = episode.durationMs - fault.order.length * stepMs;
        fault.order.forEach((node, position) => {
          if (ageMs < firstBack + position * stepMs) down.add(node);
        });
        break;
      }
      case 'pause':
        addAll(paused, victims);
        break;
      case 'unplug':
        addAll(unplugged, victims);
        break;
      case 'disk-full':
        addAll(full, victims);
        break;
      case 'isolate':
        addAll(blocked, directionsOf(victims, nodes));
        break;
      case 'one-way':
        addAll(
          blocked,
          victims.flatMap((node) =>
            others(node, nodes).map((other) =>
              fault.direction === 'out' ? directionOf(node, other) : directionOf(other, node),
            ),
          ),
        );
        break;
      case 'halves':
        addAll(blocked, directionsBetween(fault.part, without(nodes, fault.part)));
        break;
      case 'bridge': {
        const rest = without(nodes, [...fault.part, fault.bridge]);
        addAll(blocked, directionsBetween(fault.part, rest));
        break;
      }
      case 'slow':
        for (const direction of directionsOf(victims, nodes)) delays.set(direction, fault.delay);
        break;
      case 'resets':
        addAll(resetting, directionsOf(victims, nodes));
        break;
    }
  }
  return { down, stopped, paused, unplugged, full, blocked, resetting, delays };
}

/** Whether some quorum of nodes is usable, and connected both ways with each other. */
export function hasHealthyQuorum(
  usable: readonly number[],
  conditions: Pick<Conditions, 'blocked' | 'resetting'>,
  quorum: number,
): boolean {
  const isBroken = (from: number, to: number): boolean =>
    [directionOf(from, to), directionOf(to, from)].some(
      (direction) => conditions.blocked.has(direction) || conditions.resetting.has(direction),
    );
  const grow = (chosen: readonly number[], rest: readonly number[]): boolean => {
    if (chosen.length >= quorum) return true;
    return rest.some((node, position) => {
      if (chosen.some((other) => isBroken(node, other))) return false;
      return grow([...chosen, node], rest.slice(position + 1));
    });
  };
  return grow([], usable);
}

export function describeFault(fault: Fault, victim: number | null): string {
  const who = victim === null ? 'all' : `node ${victim}`;
  switch (fault.kind) {
    case 'kill':
    case 'pause':
    case 'isolate':
    case 'unplug':
    case 'disk-full':
      return `${fault.kind} ${who}${'role' in fault.target ? ' (leader)' : ''}`;
    case 'one-way':
      return `one-way: nothing ${fault.direction === 'out' ? 'leaves' : 'reaches'} ${who}`;
    case 'halves':
      return `halves: ${fault.part.join(' ')} apart from the others`;
    case 'bridge':
      return `bridge: ${fault.part.join(' ')} reach the others only by node ${fault.bridge}`;
    case 'slow':
      return `slow: ${fault.delay.ms} to ${fault.delay.ms + fault.delay.jitterMs} ms, links of ${who}`;
    case 'resets':
      return `resets: links of ${who}`;
    case 'hand-over':
      return `hand-over from ${who} to ${fault.to === null ? 'any' : `node ${fault.to}`}`;
    case 'rolling-restart':
      return `rolling-restart in the order ${fault.order.join(' ')}`;
    case 'restart-all':
      return `restart-all, back in the order ${fault.order.join(' ')}`;
    case 'kill-many':
      return `kill-many: ${fault.nodes.join(' ')}`;
  }
}

function others(node: number, nodes: readonly number[]): readonly number[] {
  return nodes.filter((other) => other !== node);
}

function without(nodes: readonly number[], removed: readonly number[]): readonly number[] {
  return nodes.filter((node) => !removed.includes(node));
}

function directionsOf(victims: readonly number[], nodes: readonly number[]): Direction[] {
  return victims.flatMap((node) =>
    others(node, nodes).flatMap((other) => [directionOf(node, other), directionOf(other, node)]),
  );
}

function directionsBetween(one: readonly number[], other: readonly number[]): Direction[] {
  return one.flatMap((left) =>
    other.flatMap((right) => [directionOf(left, right), directionOf(right, left)]),
  );
}

function addAll<Item>(set: Set<Item>, items: Iterable<Item>): void {
  for (const item of items) set.add(item);
}
