import { describe, expect, it } from 'vitest';
import { checkMonotonicReads, checkReadsAreCommitted, checkReadYourWrites } from './reads.ts';
import { goodHistory, readOf, stateOf } from './sample-run.test.support.ts';

describe('checkMonotonicReads', () => {
  it('passes when a node never goes back', () => {
    expect(checkMonotonicReads(goodHistory()).outcome).toBe('passed');
  });

  it('reports a stale read of the same node, by whomever', () => {
    const history = goodHistory();
    history.reads.push({ ...readOf('register', 480, { version: 1, value: 11 }), client: 9 });
    const { violations } = checkMonotonicReads(history);
    expect(violations).toEqual([
      expect.stringMatching(/^register 0, node 1: 1 at 480 ms, after 2/),
    ]);
  });

  it('allows reads that overlap, and other nodes, to show less', () => {
    const history = goodHistory();
    history.reads.push(readOf('register', 465, { version: 1, value: 11 }));
    history.reads.push({ ...readOf('register', 480, { version: 1, value: 11 }), node: 2 });
    expect(checkMonotonicReads(history).outcome).toBe('passed');
  });

  it('reports a height that went back', () => {
    const history = goodHistory();
    history.reads.push(readOf('height', 500, { version: 3, value: 0 }));
    expect(checkMonotonicReads(history).violations).toHaveLength(1);
  });
});

describe('checkReadsAreCommitted', () => {
  it('passes when every value was in the chain at some time', () => {
    expect(checkReadsAreCommitted(goodHistory(), stateOf()).outcome).toBe('passed');
  });

  it('reports a value that was never committed', () => {
    const history = goodHistory();
    history.reads.push(readOf('register', 600, { version: 3, value: 13 }));
    const { violations } = checkReadsAreCommitted(history, stateOf());
    expect(violations).toEqual([expect.stringMatching(/register 0 as 3 .* no such write/)]);
  });

  it('reports a count and a height above what the chain has', () => {
    const history = goodHistory();
    history.reads.push(readOf('counter', 600, { version: 2, value: 0 }));
    history.reads.push(readOf('height', 600, { version: 5, value: 0 }));
    expect(checkReadsAreCommitted(history, stateOf()).violations).toHaveLength(2);
  });

  it('reports a counter that missed an increment', () => {
    const { violations } = checkReadsAreCommitted(goodHistory(), { ...stateOf(), counter: 0 });
    expect(violations).toEqual(['the counter is 0 after 1 increments']);
    expect(checkReadsAreCommitted(goodHistory(), { ...stateOf(), counter: null }).outcome).toBe(
      'failed',
    );
  });
});

describe('checkReadYourWrites', () => {
  it('passes when a node shows what it acknowledged', () => {
    expect(checkReadYourWrites(goodHistory(), stateOf()).outcome).toBe('passed');
  });

  it('reports a node that acknowledged a write and then shows the value before', () => {
    const history = goodHistory();
    history.reads[1] = readOf('register', 460, { version: 1, value: 11 });
    const { violations } = checkReadYourWrites(history, stateOf());
    expect(violations).toEqual([expect.stringMatching(/^node 1 acknowledged register 0 2 at 450/)]);
  });

  it('lets another node show it later', () => {
    const history = goodHistory();
    history.reads.push({ ...readOf('register', 480, { version: 0, value: 0 }), node: 2 });
    expect(checkReadYourWrites(history, stateOf()).outcome).toBe('passed');
  });
});
