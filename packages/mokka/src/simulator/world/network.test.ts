import { describe, expect, test } from 'vitest';
import type { Message } from '../../core/message.ts';
import type { Term } from '../../core/types.ts';
import type { NetworkConditions } from '../scenario.ts';
import { noFaults } from '../statistics.ts';
import { VirtualNetwork } from './network.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';

const calm: NetworkConditions = {
  minDelay: 1,
  meanDelay: 5,
  loss: 0,
  reordering: 0,
  duplication: 0,
  replay: 0,
  codec: false,
};

/** Sends terms 1 to 100 from node 0 to node 1, one a millisecond, and returns those that arrive, in order. */
function arrivals(conditions: NetworkConditions, prepare = (_: VirtualNetwork) => {}): number[] {
  const arrived: number[] = [];
  const timeline = new Timeline();
  const network = new VirtualNetwork(
    {
      nodes: 2,
      timeline,
      random: new Random(1),
      counts: noFaults(),
      codec: {
        encodeMessage: () => new Uint8Array(),
        decodeMessage: () => {
          throw new Error('not to be decoded');
        },
      },
      deliver: (_from, _to, message) => {
        if (message.type === 'leader-alive') arrived.push(message.term);
      },
    },
    conditions,
  );
  prepare(network);
  for (let term = 1; term <= 100; term += 1) {
    const message: Message = { type: 'leader-alive', term: term as Term };
    timeline.at(term, () => network.send(0, 1, message));
  }
  while (timeline.advance(10_000));
  return arrived;
}

const sent = Array.from({ length: 100 }, (_, place) => place + 1);
const inOrder = (terms: readonly number[]): number[] =>
  [...terms].sort((left, right) => left - right);

describe('virtual network', () => {
  test('delivers everything once and in order', () => {
    expect(arrivals(calm)).toEqual(sent);
  });

  test('loses', () => {
    const arrived = arrivals({ ...calm, loss: 0.3 });
    expect(arrived.length).toBeGreaterThan(50);
    expect(arrived.length).toBeLessThan(90);
  });

  test('reorders without losing', () => {
    const arrived = arrivals({ ...calm, reordering: 0.3 });
    expect(arrived).not.toEqual(sent);
    expect(inOrder(arrived)).toEqual(sent);
  });

  test('duplicates and replays what was sent before, nothing else', () => {
    const arrived = arrivals({ ...calm, duplication: 0.2, replay: 0.2 });
    expect(arrived.length).toBeGreaterThan(115);
    expect([...new Set(inOrder(arrived))]).toEqual(sent);
  });

  test('a cut link swallows, in that direction, until every cut is mended', () => {
    expect(arrivals(calm, (network) => network.cut(0, 1))).toEqual([]);
    expect(arrivals(calm, (network) => network.cut(1, 0))).toEqual(sent);
    const twice = (network: VirtualNetwork): void => {
      network.cut(0, 1);
      network.cut(0, 1);
      network.mend(0, 1);
    };
    expect(arrivals(calm, twice)).toEqual([]);
  });

  test('refuses to go on when an honest message can not be decoded', () => {
    expect(() => arrivals({ ...calm, codec: true })).toThrow(/^codec:/);
  });
});
