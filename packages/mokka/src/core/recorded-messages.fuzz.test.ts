/**
 * Real messages, recorded from runs of other validators, reach a validator tampered with, repeated, out of order and from
 * wrong senders. All signed statements in them were made by correct nodes, so nothing may stop it, whatever is done to them on
 * the way; it answers within bounds, and never contradicts itself.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DecodeError } from '../codec/decode-error.ts';
import { fuzzBudget, fuzzTimeout } from '../codec/fuzz-budget.test.support.ts';
import { decodeMessage, encodeMessage } from '../codec/message-codec.ts';
import { itemTampering, tampering } from '../codec/wire-values.test.support.ts';
import type { Message } from './message.ts';
import { Probe } from './probe.test.support.ts';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

/** Validators; the last one is never up in the recorded runs, so it never signed anything. */
const COUNT = 5;
const TARGET = COUNT - 1;
/** What one message may make a node do, in effects: answers to all peers, a few entries sent again. */
const MAX_EFFECTS = 400;

interface Recorded {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** Elections, entries, a crash of a leader, a partition, a restart, a transfer. */
async function record(): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  const cluster = new VirtualCluster(COUNT, { proofExpiration: 4_000 });
  cluster.link = (from, _to, message) => {
    recorded.push({ from, bytes: encodeMessage(message) });
    return true;
  };
  for (let number = 0; number < TARGET; number += 1) await cluster.start(number);
  for (const round of [0, 1, 2]) {
    cluster.submit(`first ${round}`);
    cluster.submit(`second ${round}`);
    cluster.pass(1_500);
    const leader = cluster.leader();
    if (leader === null) continue;
    if (round === 1) cluster.input(leader, { type: 'transfer-leadership', to: null });
    else {
      cluster.crash(leader);
      cluster.pass(1_500);
      cluster.submit(`without it ${round}`);
      cluster.pass(500);
      await cluster.start(leader);
    }
    cluster.pass(1_500);
  }
  // The same bytes go to every peer; once is enough.
  const seen = new Set<string>();
  return recorded.filter(({ from, bytes }) => {
    const key = `${from} ${Buffer.from(bytes).toString('base64')}`;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

let recorded: readonly Recorded[] = [];

beforeAll(async () => {
  recorded = await record();
});

interface Step {
  /** Place among what was recorded, as a part of it; steps are near each other, so that they fit together. */
  readonly at: number;
  readonly from: number | null;
  readonly tamper: ((bytes: Uint8Array) => Uint8Array) | null;
  readonly wait: number;
  readonly restart: boolean;
}

const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(value, { freq: 3, nil: null });

const steps: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.array(
      fc.record({
        near: fc.integer({ min: -3, max: 6 }),
        from: rarely(fc.nat(TARGET)),
        tamper: rarely(fc.oneof(tampering, itemTampering)),
        wait: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(400)),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 80 },
    ),
  )
  .map(([start, near]) => {
    let at = Math.floor(start * recorded.length);
    return near.map((step, number) => {
      at = Math.min(Math.max(0, at + step.near), Math.max(0, recorded.length - 1));
      return { ...step, at, restart: step.restart && number % 20 === 19 };
    });
  });

/** The message that arrives, or null when the wire refuses it. */
function arriving({ bytes }: Recorded, tamper: Step['tamper']): Message | null {
  try {
    return decodeMessage(tamper === null ? bytes : tamper(bytes));
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return null;
  }
}

/** Fails when the node said two things for one place. */
function checkVotes(probe: Probe, said: Map<string, string>): void {
  const once = (place: string, what: string) => {
    expect(said.get(place) ?? what, place).toBe(what);
    said.set(place, what);
  };
  for (const { message } of probe.sent) {
    if (message.type === 'vote') {
      once(`vote ${message.vote.term}/${message.vote.index}`, message.vote.hash);
    } else if (message.type === 'propose') {
      once(`proposal ${message.entry.term}/${message.entry.index}`, message.entry.hash);
    } else if (message.type === 'term-vote') {
      const { term, voter, lock } = message.termVote;
      once(`term vote ${voter} ${term}`, `${lock.term}/${lock.index}/${lock.hash}`);
    }
  }
}

describe('a core that hears recorded messages', () => {
  it('the record holds every kind of message that a run has', () => {
    const types = new Set(recorded.map(({ bytes }) => decodeMessage(bytes).type));
    for (const type of ['pre-vote', 'term-vote', 'propose', 'vote', 'certificate', 'hand-over']) {
      expect(types).toContain(type);
    }
    for (const type of ['heartbeat', 'heartbeat-ack', 'fetch', 'entries']) {
      expect(types).toContain(type);
    }
  });

  it(
    'is not stopped, answers within bounds, and does not contradict itself',
    async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (all) => {
          const probe = await Probe.started(TARGET, COUNT);
          const said = new Map<string, string>();
          for (const { at, from, tamper, wait, restart } of all) {
            const one = recorded[at];
            const message = one === undefined ? null : arriving(one, tamper);
            if (restart) await probe.restart();
            if (one === undefined || message === null) continue;
            probe.sent.length = 0;
            probe.effects.length = 0;
            await probe.receive(from ?? one.from, message);
            expect(probe.effects.length).toBeLessThan(MAX_EFFECTS);
            await probe.pass(wait);
            checkVotes(probe, said);
            expect(probe.core.status().halted).toBeNull();
          }
        }),
        fuzzBudget(400),
      );
    },
    fuzzTimeout(),
  );

  it('keeps no memory of what it refuses', async () => {
    const probe = await Probe.started(TARGET, COUNT);
    const feed = async (count: number): Promise<number> => {
      for (let at = 0; at < count; at += 1) {
        const one = recorded[at % recorded.length];
        const changed = one === undefined ? null : arriving(one, (bytes) => forged(bytes, at));
        if (one !== undefined && changed !== null) await probe.receive(one.from, changed);
        probe.sent.length = 0;
        probe.effects.length = 0;
      }
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const warm = await feed(5_000);
    const after = await feed(20_000);
    expect(after - warm).toBeLessThan(64 * 1024 * 1024);
    expect(probe.core.status().halted).toBeNull();
    expect(probe.core.status().ignored.size).toBeLessThan(60);
  });
});

/** The last bytes of most messages are a signature or a hash: another one each time. */
function forged(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  for (let place = 0; place < 4; place += 1) {
    const position = changed.length - 1 - place;
    changed[position] = (changed[position] ?? 0) ^ ((at >> (8 * place)) & 255) ^ 1;
  }
  return changed;
}
