import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NodeId } from '../../core/types.ts';
import { DEFAULT_TLS_TRANSPORT_LIMITS } from './limits.ts';
import { DUPLICATE_WINDOW_MS, type LinkConnection, PeerLink } from './peer-link.ts';
import { SendQueue } from './send-queue.ts';

const SMALL = '1'.repeat(64) as NodeId;
const LARGE = '2'.repeat(64) as NodeId;
const LIMITS = { ...DEFAULT_TLS_TRANSPORT_LIMITS, reconnectMinMs: 100, reconnectMaxMs: 1000 };

class FakeConnection implements LinkConnection {
  readonly queue = new SendQueue(LIMITS);
  readonly roundTripMs = null;
  readonly peerInstance: string;
  closedFor: string | undefined;

  constructor(peerInstance: string) {
    this.peerInstance = peerInstance;
  }

  write(): boolean {
    return this.closedFor === undefined;
  }

  close(reason: string): void {
    this.closedFor = reason;
  }
}

interface Harness {
  readonly link: PeerLink;
  /** Fake milliseconds of every dial. */
  readonly dials: number[];
  readonly disconnects: string[];
}

function createLink(own: NodeId, peer: NodeId, random = 1): Harness {
  const dials: number[] = [];
  const disconnects: string[] = [];
  const start = Date.now();
  const link = new PeerLink(own, { id: peer, host: 'host', port: 1 }, LIMITS, {
    dial: () => dials.push(Date.now() - start),
    now: () => Date.now() - start,
    unixTime: () => Date.now(),
    random: () => random,
    onDisconnected: (_, reason) => disconnects.push(reason),
  });
  return { link, dials, disconnects };
}

describe('PeerLink', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('dials again after pauses that double up to the maximum, and soon again after a link that lived', () => {
    const { link, dials } = createLink(SMALL, LARGE);
    link.start();
    for (let i = 0; i < 6; i += 1) {
      vi.runOnlyPendingTimers();
      link.dialEnded('refused');
    }
    const pauses = dials.slice(1).map((at, i) => at - (dials[i] ?? 0));
    expect(pauses).toEqual([200, 400, 800, 1000, 1000]);
    vi.runOnlyPendingTimers();
    const connection = new FakeConnection('run');
    link.decide(connection);
    link.dialEnded(undefined);
    vi.advanceTimersByTime(DUPLICATE_WINDOW_MS);
    expect(dials).toHaveLength(7);
    const lostAt = dials.length;
    link.connectionClosed(connection, 'lost');
    vi.advanceTimersByTime(100);
    expect(dials).toHaveLength(lostAt + 1);
    expect(link.statistics()).toMatchObject({
      failedDials: 6,
      connected: false,
      lastReason: 'lost',
    });
  });

  it('shortens pauses by chance to no less than a half, and lets the arbiter dial first', () => {
    const arbiter = createLink(SMALL, LARGE, 0);
    const other = createLink(LARGE, SMALL, 0);
    arbiter.link.start();
    other.link.start();
    vi.advanceTimersByTime(99);
    expect([arbiter.dials, other.dials]).toEqual([[0], []]);
    vi.advanceTimersByTime(1);
    expect(other.dials).toEqual([100]);
    arbiter.link.dialEnded('refused');
    vi.advanceTimersByTime(100);
    expect(arbiter.dials).toEqual([0, 200]);
  });

  it('as arbiter refuses a second connection of the same run at first, and later lets it replace', () => {
    const { link, disconnects } = createLink(SMALL, LARGE);
    const [first, second, third] = [1, 2, 3].map(() => new FakeConnection('run'));
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    expect(link.decide(first)).toEqual({ open: 1 });
    expect(link.decide(second)).toHaveProperty('refuse');
    vi.advanceTimersByTime(DUPLICATE_WINDOW_MS);
    expect(link.decide(third)).toEqual({ open: 2 });
    expect(first.closedFor).toContain('replaced');
    expect(disconnects).toHaveLength(1);
    // The end of the replaced connection says nothing about the new one.
    link.connectionClosed(first, 'lost');
    expect(link.isCurrent(third)).toBe(true);
    expect(link.statistics()).toMatchObject({ connected: true, reconnects: 1 });
  });

  it('as arbiter lets a restarted peer replace its connection at once', () => {
    const { link } = createLink(SMALL, LARGE);
    const before = new FakeConnection('first run');
    const after = new FakeConnection('second run');
    link.decide(before);
    expect(link.decide(after)).toEqual({ open: 2 });
    expect(before.closedFor).toContain('replaced');
    expect(link.isCurrent(after)).toBe(true);
  });

  it('ignores an open of the arbiter that a later one has overtaken', () => {
    const { link } = createLink(LARGE, SMALL);
    const earlier = new FakeConnection('run');
    const later = new FakeConnection('run');
    expect(link.accept(later, 2)).toBeUndefined();
    expect(link.accept(earlier, 1)).toContain('earlier');
    expect(link.isCurrent(later)).toBe(true);
    expect(later.closedFor).toBeUndefined();
    // A restarted arbiter counts from one again.
    const restarted = new FakeConnection('next run');
    expect(link.accept(restarted, 1)).toBeUndefined();
    expect(link.isCurrent(restarted)).toBe(true);
  });

  it('neither dials nor takes a connection once it is stopped', () => {
    const { link, dials } = createLink(SMALL, LARGE);
    link.start();
    link.stop('no longer a member');
    vi.advanceTimersByTime(60_000);
    expect(dials).toEqual([]);
    expect(link.decide(new FakeConnection('run'))).toHaveProperty('refuse');
    expect(link.write('consensus', new Uint8Array(1))).toBe(false);
  });
});
