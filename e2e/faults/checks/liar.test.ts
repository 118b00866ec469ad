import { describe, expect, it } from 'vitest';
import type { LiarFindings } from '../liar/liar-findings.ts';
import type { StatusSample, Timeline } from '../timeline.ts';
import { checkCensoredAreMined, checkEvidence, checkLiarLeads, checkLies } from './liar.ts';
import { ALICE, BOB, goodHistory } from './sample-run.test.support.ts';

const LIES = Object.fromEntries(
  ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'lies-about-locks'].map((habit) => [habit, 30]),
);
const FINDINGS: LiarFindings = {
  node: 4,
  censored: [ALICE],
  counts: { starts: 2, lies: LIES },
  evidence: [
    { node: 1, offenders: [4, 4], counted: 2 },
    { node: 2, offenders: [4], counted: 1 },
  ],
};

function timeline(changes: Partial<Timeline>): Timeline {
  return {
    duration: 10_000,
    disturbed: { from: 0, to: 10_000 },
    samples: [],
    heights: [],
    faults: [],
    states: [],
    healthy: [{ from: 0, to: 10_000 }],
    unaskedEnds: [],
    recovery: { from: 0, to: 1 },
    ...changes,
  };
}

function sample(at: number, term: number, leader: number | null): StatusSample {
  return { at, node: 1, role: 'follower', term, leader, commitIndex: 0, height: 0 };
}

describe('checkLies', () => {
  it('demands a liar that lies in several ways', () => {
    expect(checkLies(FINDINGS).outcome).toBe('passed');
    const idle = { ...FINDINGS, counts: { starts: 1, lies: { forges: 1_000 } } };
    expect(checkLies(idle).outcome).toBe('failed');
    expect(checkLies({ ...FINDINGS, counts: null }).outcome).toBe('skipped');
  });
});

describe('checkEvidence', () => {
  it('accepts proofs against the liar, also at some nodes only', () => {
    expect(checkEvidence(FINDINGS).violations).toEqual([]);
  });

  it.each([
    ['an honest node', [4, 2]],
    ['a stranger', [null]],
  ])('reports proofs against %s', (_, offenders) => {
    const evidence = [{ node: 1, offenders, counted: offenders.length }];
    expect(checkEvidence({ ...FINDINGS, evidence }).violationCount).toBe(1);
  });

  it('reports a metric that hides proofs', () => {
    const evidence = [{ node: 1, offenders: [4, 4], counted: 1 }];
    expect(checkEvidence({ ...FINDINGS, evidence }).violationCount).toBe(1);
  });

  it('reports a liar that contradicted itself and was not found out', () => {
    const evidence = [{ node: 1, offenders: [], counted: 0 }];
    expect(checkEvidence({ ...FINDINGS, evidence }).outcome).toBe('failed');
    const harmless = { starts: 1, lies: { 'floods-gossip': 9 } };
    expect(checkEvidence({ ...FINDINGS, evidence, counts: harmless }).outcome).toBe('passed');
  });
});

describe('checkLiarLeads', () => {
  it('allows terms of the liar that end soon, and long ones of others', () => {
    const samples = [
      sample(0, 1, 2),
      sample(6_000, 1, 2),
      sample(6_100, 4, 4),
      sample(7_000, 4, 4),
    ];
    expect(checkLiarLeads(FINDINGS, timeline({ samples }), 1_000).violations).toEqual([]);
  });

  it('reports a liar that leads on, but only while all others were healthy', () => {
    const samples = [sample(0, 4, 4), sample(5_000, 4, 4)];
    expect(checkLiarLeads(FINDINGS, timeline({ samples }), 4_000).violationCount).toBe(1);
    const healthy = [
      { from: 0, to: 2_000 },
      { from: 3_000, to: 9_000 },
    ];
    expect(checkLiarLeads(FINDINGS, timeline({ samples, healthy }), 4_000).outcome).toBe('passed');
  });
});

describe('checkCensoredAreMined', () => {
  const check = (findings: LiarFindings, changes: Partial<Timeline> = {}) =>
    checkCensoredAreMined(findings, goodHistory(), timeline(changes), 1_000);

  it('accepts what was mined in time', () => {
    expect(check(FINDINGS)).toMatchObject({ outcome: 'passed', violations: [] });
  });

  it('reports what was never mined, unless too few were healthy meanwhile', () => {
    const ofBob = { ...FINDINGS, censored: [BOB] };
    expect(check(ofBob).violationCount).toBe(1);
    expect(check(ofBob, { healthy: [{ from: 0, to: 1_400 }] }).violationCount).toBe(0);
  });

  it('reports censored senders that sent nothing', () => {
    expect(check({ ...FINDINGS, censored: ['0x99'] }).outcome).toBe('failed');
  });
});
