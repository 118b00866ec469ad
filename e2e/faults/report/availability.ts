/** How long clients had to wait for the next commit while enough nodes could have made one. */
import type { FaultKind } from '../nemesis/fault.ts';
import type { ImposedFault, Span, Timeline } from '../timeline.ts';

/** A time without a commit, all of it with enough healthy nodes. */
export interface CommitGap extends Span {
  /** The fault that was imposed then, or the last one before. */
  readonly after: FaultKind | null;
  readonly episode: number | null;
}

export interface KindAvailability {
  readonly kind: FaultKind;
  /** How often it was imposed. */
  readonly episodes: number;
  /** Over the longest gap of each episode, milliseconds; null when no gap followed with a healthy quorum. */
  readonly p50Ms: number | null;
  readonly worstMs: number | null;
}

/** Gaps between commits, cut to the times when enough nodes were healthy and clients sent transactions. */
export function commitGaps(timeline: Timeline): readonly CommitGap[] {
  const commits = timeline.heights.map(({ at }) => at);
  const { disturbed } = timeline;
  return timeline.healthy.flatMap((healthy) => {
    const from = Math.max(healthy.from, disturbed.from);
    const to = Math.min(healthy.to, disturbed.to);
    if (from >= to) return [];
    const inside = commits.filter((at) => at > from && at < to);
    const edges = [from, ...inside, to];
    return edges.slice(1).flatMap((end, position): CommitGap[] => {
      const start = edges[position] ?? end;
      const cause = causeOf(timeline.faults, start, end);
      return [
        { from: start, to: end, after: cause?.kind ?? null, episode: cause?.episode ?? null },
      ];
    });
  });
}

export function longestGap(gaps: readonly CommitGap[]): CommitGap | undefined {
  return gaps.toSorted((left, right) => right.to - right.from - (left.to - left.from))[0];
}

export function availabilityByKind(timeline: Timeline): readonly KindAvailability[] {
  const worst = new Map<number, number>();
  for (const { from, to, episode } of commitGaps(timeline)) {
    if (episode !== null) worst.set(episode, Math.max(worst.get(episode) ?? 0, to - from));
  }
  return [...new Set(timeline.faults.map(({ kind }) => kind))].map((kind) => {
    const episodes = timeline.faults.filter((fault) => fault.kind === kind);
    const gaps = episodes
      .flatMap(({ episode }) => worst.get(episode) ?? [])
      .map(Math.round)
      .toSorted((left, right) => left - right);
    const median = gaps[Math.floor((gaps.length - 1) / 2)];
    return {
      kind,
      episodes: episodes.length,
      p50Ms: median ?? null,
      worstMs: gaps.at(-1) ?? null,
    };
  });
}

/** Of the faults that began or ended within the gap, or else before it, the latest to have changed something. */
function causeOf(
  faults: readonly ImposedFault[],
  start: number,
  end: number,
): ImposedFault | undefined {
  const active = faults.filter(({ from, to }) => from <= end && to >= start);
  const candidates = active.length > 0 ? active : faults.filter(({ to }) => to < start);
  return candidates.toSorted((left, right) => right.from - left.from)[0];
}
