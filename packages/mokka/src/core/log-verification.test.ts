/** Rules *proof*, *commit* and *membership* as a client sees them that was given a log and trusts nobody. */
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { createEntry, decodeEntry } from '../codec/entry-codec.ts';
import { decodeMembership, encodeMembership } from '../codec/membership-codec.ts';
import { decodeTermStart, encodeTermStart } from '../codec/term-start-codec.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import { genesisMembers } from './epochs.ts';
import {
  type LogBeginning,
  type LogDamage,
  LogVerificationError,
  LogVerifier,
} from './log-verification.ts';
import type { MembershipChange } from './members.ts';
import { ROOT_HASH } from './test-application.test.support.ts';
import {
  CLUSTER_ID,
  nodeId,
  testOptions,
  testSignatures,
  VirtualCluster,
} from './virtual-cluster.test.support.ts';

interface Kept {
  readonly entry: Entry;
  readonly certificate: CommitCertificate | null;
}

let log: readonly Kept[] = [];

function place(kind: Entry['kind'], from = 0): number {
  const at = log.findIndex(({ entry }, index) => index >= from && entry.kind === kind);
  if (at === -1) throw new Error(`the log has no ${kind}`);
  return at;
}

function verified(kept: readonly Kept[], beginning?: LogBeginning): LogVerifier {
  const verifier = new LogVerifier({
    ...(beginning === undefined ? {} : { beginning }),
    clusterId: CLUSTER_ID,
    crashModel: 'CFT',
    rootHash: ROOT_HASH,
    members: genesisMembers(testOptions(0, 3)),
    verify: testSignatures(nodeId(0)).verify,
    readinessWindow: 1024,
  });
  for (const { entry, certificate } of kept) verifier.add(entry, certificate);
  return verifier;
}

/** Changes, removes or swaps one place of the log, and expects it to be named. */
function expectDamage(
  at: number,
  change: (kept: Kept) => Partial<Kept> | null,
  code: LogDamage,
  named = at,
): void {
  const damaged = log.flatMap((kept, index) => {
    if (index !== at) return [kept];
    const changed = change(kept);
    return changed === null ? [] : [{ ...kept, ...changed }];
  });
  let found: unknown = null;
  try {
    verified(damaged);
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(LogVerificationError);
  expect(found).toMatchObject({ code, index: named + 1 });
}

const fields = (changed: (entry: Entry) => Partial<Entry>) => (kept: Kept) => ({
  entry: createEntry({ ...kept.entry, ...changed(kept.entry) }),
});

beforeAll(async () => {
  const cluster = await VirtualCluster.started(3);
  cluster.until(() => cluster.leader() !== null);
  const added = await cluster.join();
  const changes: MembershipChange[] = [
    { type: 'add', member: { id: nodeId(added), host: 'added', port: 1 } },
    { type: 'promote', id: nodeId(added) },
    { type: 'remove', id: nodeId(1) },
  ];
  for (const [round, change] of changes.entries()) {
    cluster.submit(`round ${round}`);
    cluster.until(() => cluster.committed(0).length === round + 1);
    cluster.input(0, { type: 'propose-membership', request: round, change, timeout: 5_000 });
    cluster.until(() => cluster.node(0).results.length === round + 1);
  }
  cluster.submit('end');
  cluster.until(() => cluster.committed(0).length === 4);
  cluster.pass(1_000);
  const { numbered } = cluster.node(0).tables;
  const certificates = numbered.get('certificates') ?? new Map<number, Uint8Array>();
  log = [...(numbered.get('entries') ?? [])].map(([index, bytes]) => {
    const certificate = certificates.get(index);
    return {
      entry: decodeEntry(bytes),
      certificate: certificate === undefined ? null : decodeCertificate(certificate),
    };
  });
});

describe('an untouched log', () => {
  it('is verified over all its epochs, to its last certificate', () => {
    const verifier = verified(log);
    expect(verifier.epoch).toBe(3);
    expect(verifier.members.map(({ id }) => id)).toEqual([0, 2, 3].map(nodeId));
    expect(verifier.certified).toEqual(verifier.last);
    expect(verifier.last.index).toBe(log.length);
  });

  it('needs certificates of membership entries only', () => {
    const bare = log.map(({ entry, certificate }) => ({
      entry,
      certificate: entry.kind === 'membership' ? certificate : null,
    }));
    const last = log.findLastIndex(({ entry }) => entry.kind === 'membership');
    expect(verified(bare).certified.index).toBe(last + 1);
  });
});

describe('a log without its first entries', () => {
  const changes = (below: number) =>
    log.slice(0, below).flatMap(({ entry, certificate }) => {
      return entry.kind === 'membership' && certificate !== null ? [{ entry, certificate }] : [];
    });
  const from = (start: number, memberships = changes(start)) => {
    const kept = log.slice(start);
    const [first] = kept;
    if (first === undefined) throw new Error('nothing is left of the log');
    return verified(kept, { first: first.entry, memberships });
  };

  it('is verified from wherever it begins, by the changes of the members before that', () => {
    const whole = verified(log);
    for (let start = 1; start < log.length; start += 1) {
      const verifier = from(start);
      expect([verifier.last, verifier.epoch]).toEqual([whole.last, whole.epoch]);
      expect(verifier.certified).toEqual(whole.certified);
    }
  });

  it('is not, when the changes do not lead to where it begins', () => {
    const start = place('membership', place('membership', place('membership') + 1) + 1) + 1;
    const all = changes(start);
    expect(all).toHaveLength(3);
    const [one, two, three] = all;
    if (one === undefined || two === undefined || three === undefined) throw new Error('too few');
    const bare = { ...two, certificate: { ...two.certificate, votes: [] } };
    for (const [memberships, code] of [
      [[one, two], 'wrong-epoch'],
      [[one, three], 'wrong-membership'],
      [[two, one, three], 'wrong-membership'],
      [[one, bare, three], 'wrong-membership'],
      [[one, { entry: two.entry, certificate: one.certificate }, three], 'wrong-membership'],
    ] as const) {
      expect(() => from(start, [...memberships])).toThrow(expect.objectContaining({ code }));
    }
    expect(() => from(start - 1, all)).toThrow(
      expect.objectContaining({ code: 'wrong-membership' }),
    );
  });
});

describe('damage is named at its place', () => {
  it('in the chain', () => {
    const payload = place('payload');
    expectDamage(payload, (kept) => ({ entry: { ...kept.entry, timestamp: 1 } }), 'wrong-hash');
    expectDamage(payload, () => null, 'broken-link');
    expectDamage(
      payload,
      fields(() => ({ parentHash: ROOT_HASH })),
      'broken-link',
    );
    expectDamage(
      payload,
      fields(({ epoch }) => ({ epoch: (epoch + 1) as Entry['epoch'] })),
      'wrong-epoch',
    );
    expectDamage(
      payload,
      fields(({ term }) => ({ term: (term + 3) as Entry['term'] })),
      'wrong-term',
    );
    expectDamage(
      payload,
      fields(() => ({ timestamp: 0 })),
      'wrong-term',
    );
    expectDamage(
      payload,
      fields(({ proposer }) => ({ proposer: proposer === nodeId(0) ? nodeId(1) : nodeId(0) })),
      'wrong-proposer',
    );
    // Changed bytes under a certificate: the certificate is of another entry.
    expectDamage(
      payload,
      fields(() => ({ payload: new Uint8Array([1]) })),
      log[payload]?.certificate === null ? 'broken-link' : 'wrong-certificate',
      log[payload]?.certificate === null ? payload + 1 : payload,
    );
  });

  it('in leader proofs', () => {
    const start = place('term-start', 1);
    const change = (
      edit: (payload: ReturnType<typeof decodeTermStart>) => ReturnType<typeof decodeTermStart>,
    ) => fields(({ payload }) => ({ payload: encodeTermStart(edit(decodeTermStart(payload))) }));
    expectDamage(
      start,
      fields(() => ({ payload: new Uint8Array([1]) })),
      'wrong-leader-proof',
    );
    expectDamage(
      start,
      change(({ proof, certificate }) => ({
        proof: { ...proof, votes: proof.votes.slice(1) },
        certificate,
      })),
      'wrong-leader-proof',
    );
    expectDamage(
      start,
      change(({ proof }) => ({ proof, certificate: null })),
      'wrong-leader-proof',
    );
    expectDamage(
      start,
      change(({ proof, certificate }) => ({
        proof,
        certificate: certificate && { ...certificate, votes: certificate.votes.slice(1) },
      })),
      'wrong-certificate',
      start - 1,
    );
  });

  it('in certificates', () => {
    const at = log.findIndex(({ certificate }) => certificate !== null);
    const change =
      (edit: (certificate: CommitCertificate) => CommitCertificate) => (kept: Kept) => ({
        certificate: kept.certificate && edit(kept.certificate),
      });
    expectDamage(
      at,
      change((one) => ({ ...one, votes: one.votes.slice(1) })),
      'wrong-certificate',
    );
    expectDamage(
      at,
      change((one) => ({ ...one, term: (one.term + 1) as Entry['term'] })),
      'wrong-certificate',
    );
    const forged = new Uint8Array(64) as CommitCertificate['votes'][number]['signature'];
    expectDamage(
      at,
      change((one) => ({
        ...one,
        votes: one.votes.map((vote) => ({ ...vote, signature: forged })),
      })),
      'wrong-certificate',
    );
    // Of another epoch's validators.
    const last = log.findLastIndex(({ certificate }) => certificate !== null);
    expectDamage(
      last,
      change((one) => ({ ...one, epoch: 0 as Entry['epoch'] })),
      'wrong-certificate',
    );
  });

  it('in changes of the members', () => {
    const first = place('membership');
    expectDamage(first, () => ({ certificate: null }), 'membership-not-certified');
    const promotion = place('membership', first + 1);
    const edit = (readiness: boolean) =>
      fields(({ payload }) => {
        const read = decodeMembership(payload);
        return {
          payload: encodeMembership(
            readiness
              ? { members: read.members, readiness: [] }
              : { members: [], readiness: read.readiness },
          ),
        };
      });
    expectDamage(promotion, edit(true), 'wrong-membership');
    expectDamage(promotion, edit(false), 'wrong-membership');
  });
});
