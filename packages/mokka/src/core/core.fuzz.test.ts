import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEntry } from '../codec/entry-codec.ts';
import type { Entry } from './entry.ts';
import type { Input } from './input.ts';
import type { Message } from './message.ts';
import {
  certificateOf,
  Probe,
  payloadOn,
  preparedBy,
  preVoteOf,
  proposalOf,
  ROOT_LOCK,
  signerFor,
  termStartOf,
  termVoteOf,
  voteOf,
} from './probe.test.support.ts';
import type { HandOver, Lock, Yield } from './statements.ts';
import type { Epoch, LogIndex, Term, Ticket } from './types.ts';
import { nodeId } from './virtual-cluster.test.support.ts';

const COUNT = 4;
const lockOf = ({ term, index, hash }: Entry): Lock => ({ term, index, hash });

/** A few entries that fit together, and a few that contradict them. */
function someEntries(): Entry[] {
  const starts = [1, 2, 3, 5].map((term) =>
    termStartOf(
      term,
      COUNT,
      [1, 2, 3].map((voter) => termVoteOf(voter, term)),
    ),
  );
  const payloads = starts.flatMap((start) => {
    const child = payloadOn(start, 'a');
    return [child, payloadOn(child, 'b', 'aa'.repeat(32) as never), payloadOn(start, 'c')];
  });
  const chained = starts.map((start) => {
    const term = start.term + 5;
    const votes = [1, 2, 3].map((voter) => termVoteOf(voter, term, lockOf(start)));
    const anchorCertificate = preparedBy(start, [1, 2, 3]);
    return termStartOf(term, COUNT, votes, lockOf(start), start.timestamp, anchorCertificate);
  });
  const strange = createEntry({
    ...(starts[0] ?? fail()),
    kind: 'membership',
    index: 2 as LogIndex,
  });
  return [...starts, ...payloads, ...chained, strange];
}

function fail(): never {
  throw new Error('no entry');
}

const entries = someEntries();
const entry = fc.constantFrom(...entries);
const peer = fc.integer({ min: 1, max: COUNT });
const term = fc.integer({ min: 1, max: 12 });
const lock = fc.oneof(fc.constant(ROOT_LOCK), entry.map(lockOf));
const preVote = fc.tuple(peer, term).map(([sender, at]) => preVoteOf(sender, at));
const termVote = fc.tuple(peer, term, lock).map(([voter, at, on]) => termVoteOf(voter, at, on));
const phase = fc.constantFrom('prepare', 'commit');
const prepared = entry.map((one) => preparedBy(one, [1, 2, 3]));
const certificate = entry.map((one) => certificateOf(one, [1, 2, 3]));

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.tuple(term, entry, entry).map(
    ([at, last, committed]): Message => ({
      type: 'heartbeat',
      epoch: 0 as Epoch,
      term: at as Term,
      last,
      committed,
    }),
  ),
  fc.tuple(term, fc.boolean(), entry).map(
    ([at, following, last]): Message => ({
      type: 'heartbeat-ack',
      epoch: 0 as Epoch,
      term: at as Term,
      following,
      last,
      committed: last,
    }),
  ),
  fc.tuple(preVote, fc.array(preVote, { maxLength: 3 })).map(
    ([one, relayed]): Message => ({
      type: 'pre-vote',
      preVote: one,
      relayed,
    }),
  ),
  term.map((at): Message => ({ type: 'leader-alive', term: at as Term })),
  fc.tuple(termVote, fc.array(preVote, { maxLength: 4 })).map(
    ([one, justification]): Message => ({
      type: 'term-vote',
      termVote: one,
      justification,
    }),
  ),
  fc.tuple(peer, term, fc.array(preVote, { maxLength: 4 }), entry).map(
    ([voter, at, justification, one]): Message => ({
      type: 'term-vote',
      termVote: termVoteOf(voter, at, lockOf(one)),
      justification,
      lockCertificate: preparedBy(one, [1, 2, 3]),
    }),
  ),
  fc.tuple(peer, term).map(
    ([leader, at]): Message => ({
      type: 'hand-over',
      handOver: signerFor(leader).sign<HandOver>({
        type: 'hand-over',
        epoch: 0 as Epoch,
        fromTerm: at as Term,
        toTerm: (at + 1) as Term,
        leader: nodeId(leader),
      }),
    }),
  ),
  fc.tuple(peer, term).map(
    ([sender, at]): Message => ({
      type: 'yield',
      yield: signerFor(sender).sign<Yield>({
        type: 'yield',
        epoch: 0 as Epoch,
        term: at as Term,
        sender: nodeId(sender),
      }),
    }),
  ),
  entry.map((one): Message => ({ type: 'propose', entry: one })),
  entry.map((one): Message => proposalOf(one.term % COUNT, one)),
  fc
    .tuple(peer, entry, phase)
    .map(([voter, one, of]): Message => ({ type: 'vote', vote: voteOf(voter, one, of) })),
  certificate.map((one): Message => ({ type: 'certificate', certificate: one })),
  prepared.map((one): Message => ({ type: 'certificate', certificate: one })),
  fc.tuple(peer, entry, entry, phase).map(
    ([voter, one, other, of]): Message => ({
      type: 'evidence',
      evidence: {
        kind: 'double-vote',
        first: voteOf(voter, one, of),
        second: voteOf(voter, other, of),
      },
    }),
  ),
  fc.tuple(fc.nat(8), entry).map(
    ([from, tip]): Message => ({
      type: 'fetch',
      request: 1,
      from: from as LogIndex,
      tip,
    }),
  ),
  fc
    .tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.array(entry, { maxLength: 3 }),
      fc.option(certificate),
    )
    .map(
      ([request, some, one]): Message => ({
        type: 'entries',
        request,
        entries: some,
        certificate: one,
      }),
    ),
);

const input: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(peer, message)
      .map(([from, one]): Input => ({ type: 'message', from: nodeId(from), message: one })),
  },
  { weight: 1, arbitrary: fc.constant<Input>({ type: 'pending' }) },
  {
    weight: 1,
    arbitrary: fc.boolean().map((active): Input => ({ type: 'complaint', active })),
  },
  { weight: 1, arbitrary: fc.constant<Input>({ type: 'transfer-leadership', to: null }) },
  {
    weight: 1,
    arbitrary: peer.map((at): Input => ({ type: 'peer-disconnected', peer: nodeId(at) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .nat(20)
      .map((at): Input => ({ type: 'persisted', ticket: (1_000 + at) as Ticket })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(20).map(
      (at): Input => ({
        type: 'applied',
        index: (100 + at) as LogIndex,
        stateDigest: 'aa'.repeat(32) as never,
      }),
    ),
  },
);

describe('Core', () => {
  it.each(['CFT', 'BFT'] as const)(
    'survives any signed messages in any order: it ignores them or stops with a reason, and never contradicts itself: %s',
    async (mode) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(input, fc.nat(300)), { maxLength: 60 }),
          async (steps) => {
            const probe = await Probe.started(0, COUNT, {}, mode);
            const voted = new Map<string, string>();
            for (const [one, wait] of steps) {
              await probe.feed(one);
              await probe.pass(wait);
              for (const { vote } of probe.sentOf('vote')) {
                const place = `${vote.phase}/${vote.term}/${vote.index}`;
                expect(voted.get(place) ?? vote.hash).toBe(vote.hash);
                voted.set(place, vote.hash);
              }
            }
            expect(probe.halted).not.toBe('invariant');
          },
        ),
        { numRuns: 400 },
      );
    },
  );
});
