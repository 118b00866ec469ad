/** BFT: contradictions are noticed, kept, passed on once, and convince third parties. Rules *signed*, *vote*, *promise*. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvidence, encodeEvidence } from '../codec/evidence-codec.ts';
import { contradiction, type Evidence, verifyEvidence } from './evidence.ts';
import {
  EPOCH,
  Probe,
  payloadOn,
  preVoteOf,
  proposalOf,
  ROOT_LOCK,
  signerFor,
  termStartOf,
  termVoteOf,
  voteOf,
} from './probe.test.support.ts';
import { faultsTolerated, quorumSize } from './quorum.ts';
import { StatementMemory } from './statement-memory.ts';
import type { Lock, Vote } from './statements.ts';
import type { Epoch, LogIndex, Term } from './types.ts';
import { nodeId } from './virtual-cluster.test.support.ts';

const validators = [0, 1, 2, 3].map(nodeId);
const set = { epoch: EPOCH, validators, crashModel: 'BFT' } as const;
const first = termStartOf(
  1,
  4,
  [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
);
const [left, right] = [payloadOn(first, 'left'), payloadOn(first, 'right')];
const lie: Lock = { ...ROOT_LOCK, term: 1 as Term, index: 3 as LogIndex };

function doubleVote(signer: number): Evidence {
  const [one, two] = [voteOf(signer, left, 'prepare'), voteOf(signer, right, 'prepare')];
  return { kind: 'double-vote', first: one, second: two };
}

function doubleTermVote(signer: number, term: number): Evidence {
  const [one, two] = [termVoteOf(signer, term), termVoteOf(signer, term, lie)];
  return { kind: 'double-term-vote', first: one, second: two };
}

describe('evidence', () => {
  it('convicts who signed both statements, and survives its encoding', () => {
    for (const evidence of [doubleVote(2), doubleTermVote(3, 5)]) {
      const decoded = decodeEvidence(encodeEvidence(evidence));
      expect(decoded).toEqual(evidence);
      expect(verifyEvidence(decoded, set, signerFor(0))).toBe(true);
    }
  });

  it('convicts nobody of statements that go together, of another epoch, forged, or by strangers', () => {
    const honest = [voteOf(1, left, 'prepare'), voteOf(1, left), voteOf(1, first, 'prepare')];
    for (const one of honest) {
      for (const two of honest) expect(contradiction(one, two)).toBeNull();
    }
    expect(contradiction(voteOf(1, left), voteOf(2, right))).toBeNull();
    expect(contradiction(termVoteOf(1, 2), termVoteOf(1, 3, lie))).toBeNull();
    const { first: one, second: two } = doubleVote(1) as { first: Vote; second: Vote };
    for (const wrong of [
      { kind: 'double-vote', first: one, second: one },
      { kind: 'double-vote', first: one, second: { ...two, voter: nodeId(2) } },
      { kind: 'double-vote', first: one, second: { ...voteOf(2, right), voter: nodeId(1) } },
      { kind: 'double-vote', first: { ...one, epoch: 1 as Epoch }, second: two },
      doubleVote(9),
    ] as const) {
      expect(verifyEvidence(wrong, set, signerFor(0))).toBe(false);
    }
  });

  it('two quorums always share a correct validator, and correct validators always make one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (count) => {
        const [quorum, faults] = [quorumSize('BFT', count), faultsTolerated('BFT', count)];
        expect(2 * quorum - count).toBeGreaterThan(faults);
        expect(quorum).toBeLessThanOrEqual(count - faults);
        expect(2 * (quorum - 1) - count).toBeLessThanOrEqual(faults);
      }),
    );
    expect([1, 2, 3, 4, 5, 6, 7].map((count) => quorumSize('BFT', count))).toEqual([
      1, 2, 2, 3, 4, 4, 5,
    ]);
  });
});

describe('a node', () => {
  const told = (probe: Probe) =>
    probe.effects.flatMap((effect) =>
      effect.type === 'event' && effect.event.type === 'evidence' ? [effect.event.offender] : [],
    );

  it('keeps evidence over a restart, tells of it and passes it on once', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    await probe.follow(first);
    await probe.receive(1, proposalOf(1, left));
    for (let times = 0; times < 3; times += 1) await probe.receive(1, proposalOf(1, right));
    const evidence = probe.core.evidence();
    expect(evidence).toEqual([doubleVote(1)]);
    await probe.receive(2, { type: 'evidence', evidence: doubleVote(1) });
    expect(told(probe)).toEqual([nodeId(1)]);
    expect(probe.sentOf('evidence')).toHaveLength(3);
    await probe.restart();
    expect(probe.core.evidence()).toEqual(evidence);
    await probe.receive(2, { type: 'evidence', evidence: doubleVote(1) });
    expect(probe.sentOf('evidence')).toEqual([]);
  });

  it('finds double votes among those it counts, double term votes, and both in certificates', async () => {
    const probe = await Probe.started(1, 4, {}, 'BFT');
    const justification = [0, 2, 3].map((sender) => preVoteOf(sender, 1));
    for (const voter of [0, 2, 3]) {
      const termVote = termVoteOf(voter, 1);
      await probe.receive(voter, { type: 'term-vote', termVote, justification });
    }
    const start = probe.sentOf('propose')[0]?.entry;
    if (start === undefined) throw new Error('not elected');
    await probe.receive(2, { type: 'vote', vote: voteOf(2, start, 'prepare') });
    await probe.receive(2, {
      type: 'vote',
      vote: { ...voteOf(2, start, 'prepare'), hash: first.hash },
    });
    expect(told(probe)).toEqual([]);
    await probe.receive(2, { type: 'vote', vote: voteOf(2, first, 'prepare') });
    expect(told(probe)).toEqual([nodeId(2)]);
    for (const lock of [ROOT_LOCK, { ...lie, term: 0 as Term }]) {
      const termVote = termVoteOf(3, 6, lock);
      await probe.receive(3, { type: 'term-vote', termVote, justification: [] });
    }
    expect(told(probe)).toEqual([nodeId(2), nodeId(3)]);
    expect(probe.halted).toBeNull();
  });

  it('believes no evidence that it can not verify, and none in CFT', async () => {
    const { first: one, second } = doubleVote(1) as { first: Vote; second: Vote };
    const forged = { ...second, voter: nodeId(2) };
    const probe = await Probe.started(0, 4, {}, 'BFT');
    const evidence = {
      kind: 'double-vote',
      first: { ...one, voter: nodeId(2) },
      second: forged,
    } as const;
    await probe.receive(1, { type: 'evidence', evidence });
    expect(probe.core.evidence()).toEqual([]);
    const cft = await Probe.started(0, 4);
    await cft.receive(1, { type: 'evidence', evidence: doubleVote(1) });
    expect(cft.core.evidence()).toEqual([]);
  });

  it('stops on evidence against its own key', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    await probe.receive(1, { type: 'evidence', evidence: doubleVote(0) });
    expect(probe.halted).toBe('own-key');
  });

  it('lets no offender fill the place for evidence against others', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    for (let term = 2; term < 300; term += 1) {
      await probe.receive(3, { type: 'evidence', evidence: doubleTermVote(3, term) });
    }
    expect(probe.core.evidence()).toHaveLength(256);
    await probe.receive(3, { type: 'evidence', evidence: doubleTermVote(2, 2) });
    expect(probe.core.evidence()).toHaveLength(257);
  });

  it('remembers a bounded number of statements of each signer, whoever signs much', () => {
    const memory = new StatementMemory();
    memory.note(voteOf(2, left, 'prepare'));
    for (let term = 1; term < 1_000; term += 1) memory.note(termVoteOf(1, term));
    expect(memory.compare(termVoteOf(1, 999, lie))).not.toBeNull();
    expect(memory.compare(termVoteOf(1, 1, lie))).toBeNull();
    expect(memory.compare(voteOf(2, right, 'prepare'))).not.toBeNull();
  });
});
