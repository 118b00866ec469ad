import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../core/bytes.ts';
import type { Certificate, CommitCertificate, LeaderProof } from '../core/certificate.ts';
import type { Entry, EntryKind } from '../core/entry.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Member } from '../core/members.ts';
import { type Justification, MEMBERSHIP_REFUSALS, type Message } from '../core/message.ts';
import type {
  HandOver,
  Lock,
  PreVote,
  Readiness,
  TermVote,
  Vote,
  Yield,
} from '../core/statements.ts';
import type {
  ClusterId,
  EntryHash,
  EntryId,
  Epoch,
  LogIndex,
  NodeId,
  Signature,
  StateDigest,
  Term,
} from '../core/types.ts';
import {
  decodeCertificate,
  decodeLeaderProof,
  decodeLockCertificate,
  encodeCertificate,
  encodeLeaderProof,
} from './certificate-codec.ts';
import { DecodeError } from './decode-error.ts';
import { createEntry, decodeEntry, encodeEntry } from './entry-codec.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { encodeItem } from './rlp.ts';
import { signingBytes } from './statement-codec.ts';

const number = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);
const term = number as fc.Arbitrary<Term>;
const index = number as fc.Arbitrary<LogIndex>;
const epoch = fc.nat(3) as fc.Arbitrary<Epoch>;
const digits = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const id = digits as fc.Arbitrary<NodeId>;
const hash = digits as fc.Arbitrary<EntryHash>;
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 }) as fc.Arbitrary<Signature>;
const entryId: fc.Arbitrary<EntryId> = fc.record({ index, hash });

const preVote: fc.Arbitrary<PreVote> = fc.record({
  type: fc.constant('pre-vote'),
  epoch,
  term,
  sender: id,
  signature,
});
const yields: fc.Arbitrary<Yield> = fc.record({
  type: fc.constant('yield'),
  epoch,
  term,
  sender: id,
  signature,
});
const lock: fc.Arbitrary<Lock> = fc.record({ term, index, hash });
const termVote: fc.Arbitrary<TermVote> = fc.record({
  type: fc.constant('term-vote'),
  epoch,
  term,
  lock,
  voter: id,
  signature,
});
const handOver: fc.Arbitrary<HandOver> = fc.record({
  type: fc.constant('hand-over'),
  epoch,
  fromTerm: term,
  toTerm: term,
  leader: id,
  signature,
});
const vote: fc.Arbitrary<Vote> = fc.record({
  type: fc.constant('vote'),
  phase: fc.constantFrom('prepare', 'commit'),
  epoch,
  term,
  index,
  hash,
  voter: id,
  signature,
});
const entry: fc.Arbitrary<Entry> = fc
  .record({
    index,
    term,
    epoch,
    parentHash: hash,
    stateDigest: digits as fc.Arbitrary<StateDigest>,
    timestamp: number,
    proposer: id,
    kind: fc.constantFrom<EntryKind[]>('term-start', 'payload', 'membership'),
    payload: fc.uint8Array({ maxLength: 100 }),
  })
  .map(createEntry);
const parts = {
  epoch,
  term,
  index,
  hash,
  votes: fc
    .uniqueArray(fc.record({ voter: id, signature }), {
      selector: (one) => one.voter,
      maxLength: 5,
    })
    .map((votes) => votes.sort((left, right) => (left.voter < right.voter ? -1 : 1))),
};
const certificate: fc.Arbitrary<CommitCertificate> = fc.record({
  phase: fc.constant('commit'),
  ...parts,
});
const eitherCertificate: fc.Arbitrary<Certificate> = fc.record({
  phase: fc.constantFrom('prepare', 'commit'),
  ...parts,
});
const evidence: fc.Arbitrary<Evidence> = fc.oneof(
  fc.record({ kind: fc.constant('double-vote'), first: vote, second: vote }),
  fc.record({ kind: fc.constant('double-term-vote'), first: termVote, second: termVote }),
);
const proof: fc.Arbitrary<LeaderProof> = fc.record(
  {
    epoch,
    term,
    votes: fc
      .uniqueArray(termVote, { selector: (one) => one.voter, maxLength: 5 })
      .map((votes) => votes.sort((left, right) => (left.voter < right.voter ? -1 : 1))),
    anchorCertificate: eitherCertificate,
  },
  { requiredKeys: ['epoch', 'term', 'votes'] },
);
const readiness: fc.Arbitrary<Readiness> = fc.record({
  type: fc.constant('readiness'),
  epoch,
  member: id,
  index,
  hash,
  signature,
});
const member: fc.Arbitrary<Member> = fc.record({
  id,
  host: fc.constantFrom('127.0.0.1', '::1', 'node-1.example.org'),
  port: fc.integer({ min: 1, max: 65535 }),
  role: fc.constantFrom('validator', 'observer'),
});
const justification: fc.Arbitrary<Justification> = fc.oneof(preVote, yields, termVote, handOver);

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant('heartbeat'), epoch, term, last: entryId, committed: entryId }),
  fc.record({
    type: fc.constant('heartbeat-ack'),
    epoch,
    term,
    following: fc.boolean(),
    last: entryId,
    committed: entryId,
  }),
  fc.record({
    type: fc.constant('pre-vote'),
    preVote,
    relayed: fc.array(fc.oneof(preVote, yields), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('leader-alive'), term }),
  fc.record(
    {
      type: fc.constant('term-vote'),
      termVote,
      justification: fc.array(justification, { maxLength: 4 }),
      lockCertificate: eitherCertificate,
    },
    { requiredKeys: ['type', 'termVote', 'justification'] },
  ),
  fc.record({ type: fc.constant('hand-over'), handOver }),
  fc.record({ type: fc.constant('yield'), yield: yields }),
  fc.record({ type: fc.constant('propose'), entry, vote }, { requiredKeys: ['type', 'entry'] }),
  fc.record({ type: fc.constant('vote'), vote }),
  fc.record({ type: fc.constant('certificate'), certificate: eitherCertificate }),
  fc.record({ type: fc.constant('evidence'), evidence }),
  fc.record({ type: fc.constant('read-index'), request: number }),
  fc.record({ type: fc.constant('read-position'), request: number, lock }),
  fc.record({ type: fc.constant('fetch'), request: number, from: index, tip: entryId }),
  fc.record({
    type: fc.constant('entries'),
    request: number,
    entries: fc.array(entry, { maxLength: 3 }),
    certificate: fc.option(certificate),
  }),
  fc.record({ type: fc.constant('recertify'), proof, entry }),
  fc.record({
    type: fc.constant('membership-request'),
    epoch,
    request: number,
    members: fc.array(member, { maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant('membership-refusal'),
    request: number,
    code: fc.constantFrom(...MEMBERSHIP_REFUSALS),
  }),
  fc.record({ type: fc.constant('readiness-request'), epoch }),
  fc.record({ type: fc.constant('readiness'), readiness }),
);

describe('message codec', () => {
  it('gives back every message it encodes', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeMessage(encodeMessage(sent))).toEqual(sent);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses, with a coded error, all bytes that are not the one encoding of a message', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      to: fc.nat(255),
    });
    fc.assert(
      fc.property(message, fc.array(change, { minLength: 1, maxLength: 3 }), (sent, changes) => {
        const bytes = encodeMessage(sent).slice();
        for (const { at, to } of changes) bytes[Math.floor(at * bytes.length)] = to;
        let decoded: Message;
        try {
          decoded = decodeMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          return;
        }
        expect(toHex(encodeMessage(decoded))).toBe(toHex(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses arbitrary bytes, cut messages and trailing bytes', () => {
    fc.assert(
      fc.property(message, fc.uint8Array({ minLength: 1, maxLength: 40 }), (sent, noise) => {
        const bytes = encodeMessage(sent);
        expect(() => decodeMessage(Buffer.concat([bytes, noise]))).toThrow(DecodeError);
        expect(() => decodeMessage(bytes.subarray(0, bytes.length - 1))).toThrow(DecodeError);
        expect(() => decodeMessage(noise)).toThrow(DecodeError);
      }),
    );
    expect(() => decodeMessage(new Uint8Array())).toThrow(DecodeError);
  });

  it('refuses deep nesting before it is copied level by level', () => {
    let nested: Uint8Array = encodeItem([]);
    for (let depth = 0; depth < 20_000; depth += 1) {
      const { length } = nested;
      const header =
        length < 56
          ? [0xc0 + length]
          : length < 256
            ? [0xf8, length]
            : [0xf9, length >> 8, length & 255];
      nested = Buffer.concat([Uint8Array.from(header), nested]);
    }
    expect(() => decodeMessage(nested)).toThrow(DecodeError);
  });

  it('computes the same hash for an entry that was made and one that was decoded', () => {
    fc.assert(
      fc.property(entry, (made) => {
        expect(decodeEntry(encodeEntry(made))).toEqual(made);
      }),
    );
  });

  it('gives back certificates and proofs, and refuses voters out of order', () => {
    fc.assert(
      fc.property(certificate, proof, eitherCertificate, (one, other, lock) => {
        expect(decodeLockCertificate(encodeCertificate(lock))).toEqual(lock);
        if (lock.phase === 'prepare') {
          expect(() => decodeCertificate(encodeCertificate(lock))).toThrow(DecodeError);
        }
        expect(decodeCertificate(encodeCertificate(one))).toEqual(one);
        expect(decodeLeaderProof(encodeLeaderProof(other))).toEqual(other);
        if (one.votes.length < 2) return;
        const swapped = { ...one, votes: [...one.votes].reverse() };
        expect(() => decodeCertificate(encodeCertificate(swapped))).toThrow(DecodeError);
      }),
    );
  });

  it('Rule signed: no two statements of different type or cluster are signed as the same bytes', () => {
    const statement = fc.oneof(preVote, yields, termVote, handOver, vote);
    const clusterId = digits as fc.Arbitrary<ClusterId>;
    fc.assert(
      fc.property(statement, statement, clusterId, clusterId, (left, right, here, there) => {
        const { signature: _left, ...one } = left;
        const { signature: _right, ...other } = right;
        const same = toHex(signingBytes(here, left)) === toHex(signingBytes(there, right));
        expect(same).toBe(here === there && JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('Rule signed: what is signed tells the type, the cluster and every field', () => {
    const statement = fc.oneof(preVote, yields, termVote, handOver, vote);
    const clusterId = digits as fc.Arbitrary<ClusterId>;
    fc.assert(
      fc.property(statement, clusterId, clusterId, (signed, here, there) => {
        const bytes = toHex(signingBytes(here, signed));
        expect(toHex(signingBytes(there, signed)) === bytes).toBe(here === there);
        const { signature: _, type, ...fields } = signed;
        for (const name of Object.keys(fields)) {
          for (const other of changesOf(fields[name as keyof typeof fields])) {
            const changed = { ...signed, [name]: other };
            expect(toHex(signingBytes(here, changed)), `${type} ${name}`).not.toBe(bytes);
          }
        }
        if (type === 'pre-vote' || type === 'yield') {
          const other = {
            ...signed,
            type: type === 'yield' ? 'pre-vote' : 'yield',
          } as typeof signed;
          expect(toHex(signingBytes(here, other))).not.toBe(bytes);
        }
      }),
    );
  });
});

/** Values that differ from one in a single place. */
function changesOf(value: unknown): unknown[] {
  if (typeof value === 'number') return [value === 0 ? 1 : value - 1];
  if (value === 'prepare') return ['commit'];
  if (value === 'commit') return ['prepare'];
  if (typeof value === 'string') return [`${value.slice(0, -1)}${value.endsWith('0') ? '1' : '0'}`];
  return Object.entries(value as object).flatMap(([name, inner]) =>
    changesOf(inner).map((other) => ({ ...(value as object), [name]: other })),
  );
}
