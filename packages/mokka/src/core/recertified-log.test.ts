/** Rules *proof* and *membership*: a log in which a change was certified again in place is verified offline, in both modes. */
import { describe, expect, it } from 'vitest';
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { createEntry, decodeEntry } from '../codec/entry-codec.ts';
import { decodeTermStart, encodeTermStart } from '../codec/term-start-codec.ts';
import type { CommitCertificate, LeaderProof } from './certificate.ts';
import type { Entry } from './entry.ts';
import { genesisMembers } from './epochs.ts';
import { LogVerificationError, LogVerifier } from './log-verification.ts';
import { ROOT_HASH } from './test-application.test.support.ts';
import type { CrashModel } from './types.ts';
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

const NODES = [0, 1, 2, 3];

/** Four nodes whose first leader dies between storing a change and committing it, then a second change. */
async function logOf(crashModel: CrashModel): Promise<readonly Kept[]> {
  const cluster = await VirtualCluster.started(4, {}, crashModel);
  cluster.until(() => cluster.leader() !== null);
  cluster.submit('before');
  cluster.until(() => NODES.every((at) => cluster.committed(at).includes('before')));
  const ask = (number: number, nodes: readonly number[]): void => {
    const member = { id: nodeId(number), host: `node-${number}`, port: 1 };
    const change = { type: 'add', member } as const;
    for (const at of nodes) {
      cluster.input(at, { type: 'propose-membership', request: number, change, timeout: 15_000 });
    }
  };
  cluster.link = (_, __, message) =>
    message.type !== 'vote' ||
    message.vote.phase === 'prepare' ||
    !isOpen(cluster, message.vote.hash);
  ask(4, NODES);
  cluster.until(() => NODES.every((at) => isHeld(cluster, at)));
  cluster.pass(100);
  const first = cluster.leader() ?? 0;
  const rest = NODES.filter((at) => at !== first);
  cluster.crash(first);
  cluster.link = () => true;
  cluster.until(() => rest.every((at) => cluster.node(at).running.status().epoch === 1));
  ask(5, rest);
  cluster.until(() => rest.every((at) => cluster.node(at).running.status().epoch === 2));
  for (const word of ['one', 'two']) {
    cluster.submit(word);
    cluster.until(() => rest.every((at) => cluster.committed(at).includes(word)));
  }
  cluster.pass(1_000);
  const { numbered } = cluster.node(rest[0] ?? 0).tables;
  return [...(numbered.get('entries') ?? [])].map(([index, bytes]) => {
    const certificate = numbered.get('certificates')?.get(index);
    return {
      entry: decodeEntry(bytes),
      certificate: certificate === undefined ? null : decodeCertificate(certificate),
    };
  });
}

function isOpen(cluster: VirtualCluster, hash: string): boolean {
  return NODES.some((at) => {
    const log = cluster.node(at).core?.inspect().log;
    const tip = log?.get(log.tip.index);
    return tip?.kind === 'membership' && tip.hash === hash;
  });
}

/** Stored, and in BFT prepared too. */
function isHeld(cluster: VirtualCluster, at: number): boolean {
  const { log, preparation, crashModel } = cluster.node(at).running.inspect();
  const tip = log.get(log.tip.index);
  if (tip?.kind !== 'membership') return false;
  return crashModel === 'CFT' || preparation.certificate?.hash === tip.hash;
}

function verify(crashModel: CrashModel, log: readonly Kept[]): LogVerifier {
  const verifier = new LogVerifier({
    clusterId: CLUSTER_ID,
    crashModel,
    rootHash: ROOT_HASH,
    members: genesisMembers(testOptions(0, 4)),
    verify: testSignatures(nodeId(0)).verify,
    readinessWindow: 1024,
  });
  for (const { entry, certificate } of log) verifier.add(entry, certificate);
  return verifier;
}

function damageOf(crashModel: CrashModel, log: readonly Kept[]): string | null {
  try {
    verify(crashModel, log);
    return null;
  } catch (error) {
    if (error instanceof LogVerificationError) return error.code;
    throw error;
  }
}

function changeProof(log: readonly Kept[], change: (proof: LeaderProof) => LeaderProof) {
  const at = log.findLastIndex(({ entry }) => entry.kind === 'term-start');
  return log.slice(0, at + 1).map((kept, index) => {
    if (index !== at) return kept;
    const { proof, certificate } = decodeTermStart(kept.entry.payload);
    const payload = encodeTermStart({ proof: change(proof), certificate });
    return { entry: createEntry({ ...kept.entry, payload }), certificate: null };
  });
}

describe.each<[CrashModel]>([['CFT'], ['BFT']])('a log of %s', (crashModel) => {
  it('is verified over a change that was certified again, and its damage is named', async () => {
    const log = await logOf(crashModel);
    const again = log.find(({ entry }) => entry.kind === 'membership');
    expect(again?.certificate?.term).toBeGreaterThan(again?.entry.term ?? 0);
    const verifier = verify(crashModel, log);
    expect(verifier.epoch).toBe(2);
    expect(verifier.certified).toEqual(verifier.last);

    // A prepare certificate in its place, as far as the types let it through.
    const prepared = log.map((kept) => {
      if (kept.certificate === null) return kept;
      return { ...kept, certificate: { ...kept.certificate, phase: 'prepare' } as never };
    });
    expect(damageOf(crashModel, prepared)).toBe('wrong-certificate');
    const fewer = changeProof(log, (proof) => ({ ...proof, votes: proof.votes.slice(1) }));
    expect(damageOf(crashModel, fewer)).toBe('wrong-leader-proof');
    // The lock that an epoch begins with needs no certificate, and may not bring one.
    const certificate = again?.certificate ?? undefined;
    if (certificate === undefined) throw new Error('it is certified');
    const padded = changeProof(log, (proof) => ({ ...proof, anchorCertificate: certificate }));
    if (crashModel === 'BFT') expect(damageOf(crashModel, padded)).toBe('wrong-leader-proof');
  });
});
