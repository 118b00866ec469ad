import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeId, testSignatures } from '../core/virtual-cluster.test.support.ts';
import { decodeOrderedRecord, encodeOrderedRecord } from './ordered-record.ts';
import { EMPTY_STATE, executePayload, ORIGINS_MAX, type OrderedState } from './ordered-state.ts';
import { PUSH_CLUSTER } from './push-cluster.test.support.ts';
import { ChunkCodec, decodePayload, encodePayload } from './push-codec.ts';
import { PushInbox } from './push-inbox.ts';

const codec = new ChunkCodec(PUSH_CLUSTER, null);

interface ChunkPlan {
  readonly origin: number;
  readonly session: number;
  readonly first: number;
  readonly count: number;
}

/** What a push says names its place, so that any two of the same place are the same push. */
function chunkBytes({ origin, session, first, count }: ChunkPlan): Uint8Array {
  const pushes = Array.from({ length: count }, (_, at) => ({
    key: new TextEncoder().encode(`${origin}/${session}/${first + at}`),
    value: new TextEncoder().encode(String(first + at)),
  }));
  return codec.encode(nodeId(origin), session, first, pushes);
}

function execute(before: OrderedState, plans: readonly ChunkPlan[]) {
  const payload = encodePayload(plans.map(chunkBytes));
  return executePayload(before, payload, decodePayload(payload, codec));
}

const plan: fc.Arbitrary<ChunkPlan> = fc.record({
  origin: fc.nat(2),
  session: fc.integer({ min: 1, max: 3 }),
  first: fc.integer({ min: 1, max: 8 }),
  count: fc.integer({ min: 1, max: 5 }),
});
const payloads = fc.array(fc.array(plan, { maxLength: 5 }), { maxLength: 12 });

describe('what counts', () => {
  it('is every push once, in the order of its origin, and nothing of an older run', () => {
    fc.assert(
      fc.property(payloads, (all) => {
        let state = EMPTY_STATE;
        const counted: string[] = [];
        for (const plans of all) {
          const execution = execute(state, plans);
          state = execution.state;
          counted.push(...execution.pushes.map(({ key }) => key));
        }
        expect(counted).toEqual(simpleCount(all.flat()));
        expect(new Set(counted).size).toBe(counted.length);
        expect(state.origins.size).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('does not depend on how pushes were cut into payloads', () => {
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 12 }), fc.nat(12), (plans, cut) => {
        const whole = execute(EMPTY_STATE, plans);
        const left = execute(EMPTY_STATE, plans.slice(0, cut));
        const right = execute(left.state, plans.slice(cut));
        expect(right.state.origins).toEqual(whole.state.origins);
        expect([...left.pushes, ...right.pushes].map(({ key }) => key)).toEqual(
          whole.pushes.map(({ key }) => key),
        );
      }),
    );
  });

  it('keeps no more rows than its bound, and goes on for those it has', () => {
    const strangers = Array.from({ length: ORIGINS_MAX }, (_, origin) => ({
      ...{ origin: origin + 10, session: 1, first: 1, count: 1 },
    }));
    const full = execute(EMPTY_STATE, strangers);
    expect(full.pushes).toHaveLength(ORIGINS_MAX);
    const late = { origin: 1, session: 1, first: 1, count: 1 };
    const known = { origin: 10, session: 1, first: 2, count: 1 };
    const after = execute(full.state, [late, known]);
    expect(after.pushes.map(({ origin }) => origin)).toEqual([nodeId(10)]);
    expect(after.state.origins.size).toBe(ORIGINS_MAX);
  });

  it('changes the digest with every payload, and with what counted before it', () => {
    const push = { origin: 0, session: 1, first: 1, count: 1 };
    const once = execute(EMPTY_STATE, [push]).state;
    const twice = execute(once, [push]).state;
    const other = execute(execute(EMPTY_STATE, [{ ...push, session: 2 }]).state, [push]).state;
    expect(new Set([EMPTY_STATE, once, twice, other].map(({ digest }) => digest)).size).toBe(4);
  });

  it('is stored and read back with its place', () => {
    fc.assert(
      fc.property(
        payloads,
        fc.option(fc.record({ index: fc.nat(), position: fc.nat() })),
        (all, place) => {
          let state = EMPTY_STATE;
          for (const plans of all) state = execute(state, plans).state;
          const record = {
            applied: { index: 7, hash: nodeId(9) },
            certificate: new Uint8Array([1, 2]),
            state,
            lastPush: place,
          } as unknown as Parameters<typeof encodeOrderedRecord>[0];
          expect(decodeOrderedRecord(encodeOrderedRecord(record))).toEqual(record);
        },
      ),
    );
  });
});

describe('the inbox of a leader', () => {
  it('proposes what follows, whatever was sent in whatever order and however often', () => {
    fc.assert(
      fc.property(
        fc.array(plan, { maxLength: 40 }),
        fc.integer({ min: 300, max: 3000 }),
        (plans, room) => {
          const inbox = new PushInbox(100_000);
          let state = EMPTY_STATE;
          for (const next of plans) {
            const chunk = codec.decode(chunkBytes(next));
            inbox.add(chunk, state.origins.get(chunk.origin));
            const chunks = inbox.take(state.origins, room);
            const payload = encodePayload(chunks.map(({ bytes }) => bytes));
            expect(payload.length).toBeLessThanOrEqual(room);
            const execution = executePayload(state, payload, chunks);
            // A chunk that adds nothing is never proposed.
            for (const taken of chunks) {
              const last = `/${taken.session}/${taken.first + taken.pushes.length - 1}`;
              expect(
                execution.pushes.some(
                  ({ key, origin }) => origin === taken.origin && key.endsWith(last),
                ),
              ).toBe(true);
            }
            state = execution.state;
            inbox.prune(state.origins);
          }
          expect(inbox.take(state.origins, 1_000_000)).toEqual([]);
        },
      ),
    );
  });

  it('gives each origin a share, in turns', () => {
    const inbox = new PushInbox(1_000_000);
    for (const origin of [0, 1, 2]) {
      for (let first = 1; first <= 401; first += 50) {
        inbox.add(codec.decode(chunkBytes({ origin, session: 1, first, count: 50 })), undefined);
      }
    }
    const taken = inbox.take(new Map(), 6_000);
    expect(new Set(taken.map(({ origin }) => origin)).size).toBe(3);
  });

  it('holds no more than its bound for an origin', () => {
    const inbox = new PushInbox(500);
    const added = Array.from({ length: 20 }, (_, at) =>
      inbox.add(
        codec.decode(chunkBytes({ origin: 0, session: 1, first: at + 1, count: 1 })),
        undefined,
      ),
    );
    expect(added[0]).toBe(true);
    expect(added.at(-1)).toBe(false);
    expect(
      inbox.add(codec.decode(chunkBytes({ origin: 1, session: 1, first: 1, count: 1 })), undefined),
    ).toBe(true);
  });
});

describe('the encoding of pushes', () => {
  it('refuses or reads back whatever bytes it gets, and throws nothing but its own error', () => {
    const payload = encodePayload([chunkBytes({ origin: 0, session: 1, first: 1, count: 3 })]);
    fc.assert(
      fc.property(fc.nat(payload.length - 1), fc.nat(255), (at, byte) => {
        const changed = payload.slice();
        changed[at] = byte;
        try {
          const chunks = decodePayload(changed, codec);
          expect(encodePayload(chunks.map(({ bytes }) => bytes))).toEqual(changed);
        } catch (error) {
          expect(error).toMatchObject({ name: 'DecodeError' });
        }
      }),
    );
  });

  it('takes pushes of their origin only, where nodes may lie', () => {
    const [honest, liar] = [0, 1].map(
      (at) => new ChunkCodec(PUSH_CLUSTER, testSignatures(nodeId(at))),
    );
    const push = { key: new Uint8Array([65]), value: new Uint8Array([49]) };
    const own = honest?.encode(nodeId(0), 1, 1, [push]) ?? new Uint8Array();
    const forged = liar?.encode(nodeId(0), 1, 1, [push]) ?? new Uint8Array();
    expect(liar?.decode(own).origin).toBe(nodeId(0));
    expect(() => honest?.decode(forged)).toThrow('not of the origin');
    expect(() => honest?.decode(codec.encode(nodeId(0), 1, 1, [push]))).toThrow(
      'not of the origin',
    );
    expect(() => codec.decode(own)).toThrow('not of the origin');
  });
});

/** A twin too simple to be wrong: looks at one push at a time and remembers all. */
function simpleCount(plans: readonly ChunkPlan[]): string[] {
  const counted: string[] = [];
  const newest = new Map<number, number>();
  for (const { origin, session, first, count } of plans) {
    for (let sequence = first; sequence < first + count; sequence += 1) {
      const name = (at: number) => `${origin}/${session}/${at}`;
      if (session < (newest.get(origin) ?? 0) || counted.includes(name(sequence))) continue;
      if (sequence > 1 && !counted.includes(name(sequence - 1))) continue;
      newest.set(origin, session);
      counted.push(name(sequence));
    }
  }
  return counted;
}
