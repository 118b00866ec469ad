/**
 * Generators of everything that is encoded, one for each type of message and statement: the tables do not compile while one
 * is missing, and `wire.fuzz.test.ts` fails on a type that is decoded and not generated.
 */
import fc from 'fast-check';
import { toHex } from '../core/bytes.ts';
import type { Certificate, CommitCertificate, LeaderProof } from '../core/certificate.ts';
import type { Entry, EntryKind } from '../core/entry.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Member } from '../core/members.ts';
import { MEMBERSHIP_REFUSALS, type Message } from '../core/message.ts';
import type { TermBinding } from '../core/restored-state.ts';
import type { Statement } from '../core/statements.ts';
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
  encodeCertificate,
  encodeLeaderProof,
} from './certificate-codec.ts';
import { createEntry, decodeEntry, encodeEntry } from './entry-codec.ts';
import { decodeEvidence, encodeEvidence } from './evidence-codec.ts';
import { decodeMembership, encodeMembership, type MembershipPayload } from './membership-codec.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import {
  decodeBinding,
  decodeStoreIdentity,
  decodeTerm,
  decodeVote,
  encodeBinding,
  encodeStoreIdentity,
  encodeTerm,
  encodeVote,
  type StoreIdentity,
} from './record-codec.ts';
import { decodeItem, encodeItem, type Item } from './rlp.ts';
import {
  decodePruning,
  decodeSnapshotRecord,
  encodePruning,
  encodeSnapshotRecord,
} from './snapshot-codec.ts';
import { snapshotValues } from './snapshot-values.test.support.ts';
import { decodeTermStart, encodeTermStart, type TermStartPayload } from './term-start-codec.ts';

/** Small ones that meet each other, and the edges of every length that RLP knows. */
const number = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.constantFrom(1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32, Number.MAX_SAFE_INTEGER),
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

type StatementTable = {
  readonly [T in Statement['type']]: fc.Arbitrary<Extract<Statement, { type: T }>>;
};

const statements: StatementTable = {
  'pre-vote': fc.record({
    type: fc.constant('pre-vote'),
    epoch,
    term,
    sender: id,
    signature,
  }),
  yield: fc.record({ type: fc.constant('yield'), epoch, term, sender: id, signature }),
  'term-vote': fc.record({
    type: fc.constant('term-vote'),
    epoch,
    term,
    lock: fc.record({ term, index, hash }),
    voter: id,
    signature,
  }),
  'hand-over': fc.record({
    type: fc.constant('hand-over'),
    epoch,
    fromTerm: term,
    toTerm: term,
    leader: id,
    signature,
  }),
  vote: fc.record({
    type: fc.constant('vote'),
    phase: fc.constantFrom('prepare', 'commit'),
    epoch,
    term,
    index,
    hash,
    voter: id,
    signature,
  }),
  readiness: fc.record({
    type: fc.constant('readiness'),
    epoch,
    member: id,
    index,
    hash,
    signature,
  }),
};

const entry: fc.Arbitrary<Entry> = fc
  .record({
    index,
    term,
    epoch,
    parentHash: hash,
    stateDigest: digits as fc.Arbitrary<StateDigest>,
    timestamp: fc.oneof(fc.constant(0), number),
    proposer: id,
    kind: fc.constantFrom<EntryKind[]>('term-start', 'payload', 'membership'),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 2 }),
      fc.uint8Array({ minLength: 54, maxLength: 57 }),
      fc.uint8Array({ maxLength: 300 }),
    ),
  })
  .map(createEntry);

function sortedBy<T>(voters: fc.Arbitrary<T>, voterOf: (one: T) => NodeId): fc.Arbitrary<T[]> {
  return fc
    .uniqueArray(voters, { selector: voterOf, maxLength: 5 })
    .map((all) => all.sort((left, right) => (voterOf(left) < voterOf(right) ? -1 : 1)));
}

const certificate: fc.Arbitrary<CommitCertificate> = fc.record({
  phase: fc.constant('commit'),
  epoch,
  term,
  index,
  hash,
  votes: sortedBy(fc.record({ voter: id, signature }), (one) => one.voter),
});
const eitherCertificate: fc.Arbitrary<Certificate> = fc
  .tuple(certificate, fc.constantFrom<Certificate['phase'][]>('prepare', 'commit'))
  .map(([one, phase]) => ({ ...one, phase }));
const proof: fc.Arbitrary<LeaderProof> = fc.record(
  {
    epoch,
    term,
    votes: sortedBy(statements['term-vote'], (one) => one.voter),
    anchorCertificate: eitherCertificate,
  },
  { requiredKeys: ['epoch', 'term', 'votes'] },
);

const evidence: fc.Arbitrary<Evidence> = fc.oneof(
  fc.record({
    kind: fc.constant('double-vote'),
    first: statements.vote,
    second: statements.vote,
  }),
  fc.record({
    kind: fc.constant('double-term-vote'),
    first: statements['term-vote'],
    second: statements['term-vote'],
  }),
);

const snapshots = snapshotValues({ entry, certificate, entryId, digits, number, index, epoch });
const member: fc.Arbitrary<Member> = fc.record({
  id,
  host: fc.constantFrom('127.0.0.1', '::1', 'node-1.example.org'),
  port: fc.integer({ min: 1, max: 65535 }),
  role: fc.constantFrom('validator', 'observer'),
});
const membership: fc.Arbitrary<MembershipPayload> = fc.record({
  members: fc.array(member, { maxLength: 4 }),
  readiness: fc.array(statements.readiness, { maxLength: 3 }),
});
const termStart: fc.Arbitrary<TermStartPayload> = fc.record({
  proof,
  certificate: fc.option(certificate),
});

type MessageTable = {
  readonly [T in Message['type']]: fc.Arbitrary<Extract<Message, { type: T }>>;
};

const { 'pre-vote': preVote, yield: yields, 'term-vote': termVote, vote } = statements;
const { 'hand-over': handOver } = statements;

const messages: MessageTable = {
  heartbeat: fc.record({
    type: fc.constant('heartbeat'),
    epoch,
    term,
    last: entryId,
    committed: entryId,
  }),
  'heartbeat-ack': fc.record({
    type: fc.constant('heartbeat-ack'),
    epoch,
    term,
    following: fc.boolean(),
    last: entryId,
    committed: entryId,
  }),
  'pre-vote': fc.record({
    type: fc.constant('pre-vote'),
    preVote,
    relayed: fc.array(fc.oneof(preVote, yields), { maxLength: 3 }),
  }),
  'leader-alive': fc.record({ type: fc.constant('leader-alive'), term }),
  'term-vote': fc.record(
    {
      type: fc.constant('term-vote'),
      termVote,
      justification: fc.array(fc.oneof(preVote, yields, termVote, handOver), { maxLength: 4 }),
      lockCertificate: eitherCertificate,
    },
    { requiredKeys: ['type', 'termVote', 'justification'] },
  ),
  'hand-over': fc.record({ type: fc.constant('hand-over'), handOver }),
  yield: fc.record({ type: fc.constant('yield'), yield: yields }),
  propose: fc.oneof(
    fc.record({ type: fc.constant('propose'), entry }),
    fc.record({ type: fc.constant('propose'), entry, vote }),
  ),
  vote: fc.record({ type: fc.constant('vote'), vote }),
  certificate: fc.record({
    type: fc.constant('certificate'),
    certificate: eitherCertificate,
  }),
  fetch: fc.record({ type: fc.constant('fetch'), request: number, from: index, tip: entryId }),
  evidence: fc.record({ type: fc.constant('evidence'), evidence }),
  'read-index': fc.record({ type: fc.constant('read-index'), request: number }),
  'read-position': fc.record({
    type: fc.constant('read-position'),
    request: number,
    lock: fc.record({ term, index, hash }),
  }),
  entries: fc.record(
    {
      type: fc.constant('entries'),
      request: number,
      entries: fc.array(entry, { maxLength: 3 }),
      certificate: fc.option(certificate),
      lowest: index,
    },
    { requiredKeys: ['type', 'request', 'entries', 'certificate'] },
  ),
  ...snapshots.messages,
  recertify: fc.record({ type: fc.constant('recertify'), proof, entry }),
  'membership-request': fc.record({
    type: fc.constant('membership-request'),
    epoch,
    request: number,
    members: fc.array(member, { maxLength: 4 }),
  }),
  'membership-refusal': fc.record({
    type: fc.constant('membership-refusal'),
    request: number,
    code: fc.constantFrom(...MEMBERSHIP_REFUSALS),
  }),
  'readiness-request': fc.record({ type: fc.constant('readiness-request'), epoch }),
  readiness: fc.record({ type: fc.constant('readiness'), readiness: statements.readiness }),
};

/** Of each type equally often. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values(messages));
export const messageTypes = Object.keys(messages) as readonly Message['type'][];

/** One codec: what it writes, and values for it. */
export interface WireFormat {
  readonly name: string;
  /** A value with its encoding. */
  readonly encoded: fc.Arbitrary<{ readonly value: unknown; readonly bytes: Uint8Array }>;
  decode(bytes: Uint8Array): unknown;
  /** Encodes what `decode` gave, from its fields and not from bytes that were kept. */
  encodeAgain(value: unknown): Uint8Array;
}

function format<T>(
  name: string,
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
): WireFormat {
  return {
    name,
    encoded: values.map((value) => ({ value, bytes: encode(value) })),
    decode,
    // A copy: the encoding of a decoded entry is remembered with the object.
    encodeAgain: (value) => encode(structuredClone(value) as T),
  };
}

const binding: fc.Arbitrary<TermBinding> = fc.record({
  epoch,
  term,
  termStart: entryId,
});
const termRecord = fc.record({ term, epoch });
const identity: fc.Arbitrary<StoreIdentity> = fc.record({
  clusterId: digits as fc.Arbitrary<ClusterId>,
  self: id,
  rootHash: hash,
  crashModel: fc.constantFrom('CFT', 'BFT'),
});

/** Everything that is decoded from a peer or from a disk. */
export const wireFormats: readonly WireFormat[] = [
  format('message', anyMessage, encodeMessage, decodeMessage),
  format('entry', entry, encodeEntry, decodeEntry),
  format('certificate', certificate, encodeCertificate, decodeCertificate),
  format('leader proof', proof, encodeLeaderProof, decodeLeaderProof),
  format('term-start', termStart, encodeTermStart, decodeTermStart),
  format('membership', membership, encodeMembership, decodeMembership),
  format('term record', termRecord, (record) => encodeTerm(record.term, record.epoch), decodeTerm),
  format('vote record', vote, encodeVote, decodeVote),
  format('evidence', evidence, encodeEvidence, decodeEvidence),
  format('snapshot record', snapshots.proof, encodeSnapshotRecord, decodeSnapshotRecord),
  format('pruning record', snapshots.pruned, encodePruning, decodePruning),
  format('binding record', binding, encodeBinding, decodeBinding),
  format('identity record', identity, encodeStoreIdentity, decodeStoreIdentity),
];

/** Changes bytes as a broken or hostile sender would; may give them back as they were. */
export const tampering: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('set', 'flip', 'cut', 'insert', 'repeat', 'swap'),
      at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
      to: fc.double({ min: 0, max: 0.9999, noNaN: true }),
      value: fc.oneof(fc.nat(255), fc.constantFrom(0, 0x7f, 0x80, 0xb7, 0xb8, 0xbf, 0xc0, 0xf7)),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((changes) => (bytes) => {
    let changed = Buffer.from(bytes);
    for (const { kind, at, to, value } of changes) {
      const [left, right] = [at, to]
        .map((part) => Math.floor(part * changed.length))
        .sort((one, other) => one - other) as [number, number];
      const [head, middle, tail] = [
        changed.subarray(0, left),
        changed.subarray(left, right),
        changed.subarray(right),
      ];
      if (kind === 'cut') changed = Buffer.concat([head, tail]);
      else if (kind === 'insert') changed = Buffer.concat([head, Buffer.of(value), middle, tail]);
      else if (kind === 'repeat') changed = Buffer.concat([head, middle, middle, tail]);
      else if (kind === 'swap') changed = Buffer.concat([middle, head, tail]);
      else if (left < changed.length) {
        changed[left] = kind === 'set' ? value : (changed[left] ?? 0) ^ (1 << (value & 7));
      }
    }
    return new Uint8Array(changed);
  });

/** What happens to one item of well-formed RLP, which stays well-formed. */
const ITEM_CHANGES = [
  'zero in front',
  'zero behind',
  'one byte less',
  'counted up',
  'nothing',
  'wrapped',
  'unwrapped',
  'left out',
  'twice',
  'swapped with the next',
] as const;

/** Changes items of an encoded value and encodes it again: gets past the checks of RLP itself. */
export const itemTampering: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .array(fc.record({ change: fc.constantFrom(...ITEM_CHANGES), at: fc.nat(1_000_000) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((changes) => (bytes) => {
    let item = decodeItem(bytes);
    for (const { change, at } of changes) {
      const [changed] = changeAt(item, at % countOf(item), change);
      item = changed ?? [];
    }
    return encodeItem(item);
  });

function countOf(item: Item): number {
  if (item instanceof Uint8Array) return 1;
  return item.reduce((sum, one) => sum + countOf(one), 1);
}

/** What stands in the place of the item whose `at`th descendant (itself first) is changed. */
function changeAt(item: Item, at: number, change: (typeof ITEM_CHANGES)[number]): Item[] {
  if (at === 0) return changedItem(item, change);
  if (item instanceof Uint8Array) return [item];
  let before = 1;
  const items: Item[] = [];
  for (const [place, one] of item.entries()) {
    const isHere = at >= before && at < before + countOf(one);
    if (isHere && at === before && change === 'swapped with the next') {
      const next = item[place + 1];
      const rest = item.slice(place + 2);
      return [next === undefined ? [...items, one] : [...items, next, one, ...rest]];
    }
    items.push(...(isHere ? changeAt(one, at - before, change) : [one]));
    before += countOf(one);
  }
  return [items];
}

function changedItem(item: Item, change: (typeof ITEM_CHANGES)[number]): Item[] {
  if (change === 'left out') return [];
  if (change === 'twice') return [item, item];
  if (change === 'wrapped') return [[item]];
  if (!(item instanceof Uint8Array)) return change === 'unwrapped' ? [...item] : [item];
  if (change === 'zero in front') return [Buffer.concat([Buffer.of(0), item])];
  if (change === 'zero behind') return [Buffer.concat([item, Buffer.of(0)])];
  if (change === 'one byte less') return [item.subarray(1)];
  if (change === 'counted up')
    return [item.map((byte, at) => byte + Number(at + 1 === item.length))];
  if (change === 'nothing') return [new Uint8Array()];
  return [item];
}
