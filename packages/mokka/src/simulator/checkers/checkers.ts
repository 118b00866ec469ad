/** All checkers of a simulation, wired to each other. None of them uses the core's own verification. */
import type { Effect } from '../../core/effect.ts';
import type { CrashModel } from '../../core/types.ts';
import type { CoreBinding } from '../binding.ts';
import type { Observer } from '../observer.ts';
import type { Statistics } from '../statistics.ts';
import { commandsOf } from '../world/application.ts';
import type { Cluster } from '../world/cluster.ts';
import { AgreementChecker } from './agreement.ts';
import { DurabilityChecker } from './durability.ts';
import { EvidenceCollector } from './evidence.ts';
import { ProofChecker } from './proofs.ts';
import { ReadChecker } from './reads.ts';
import { SignatureChecker } from './signatures.ts';
import { VoteChecker } from './votes.ts';

/** The rule's own sizes, not the core's function for them. */
export function quorumOf(crashModel: CrashModel, nodes: number): number {
  if (crashModel === 'CFT') return Math.floor(nodes / 2) + 1;
  const faults = Math.floor((nodes - 1) / 3);
  return Math.ceil((nodes + faults + 1) / 2);
}

export function createCheckers(
  cluster: Cluster,
  binding: CoreBinding,
  statistics: Statistics,
): { readonly observers: readonly Observer[]; readonly reads: ReadChecker } {
  const { ids, rootHash } = cluster.names;
  const { crashModel } = cluster;
  const quorum = quorumOf(crashModel, ids.length);
  const collector = (): EvidenceCollector => evidence;
  const signatures = new SignatureChecker(cluster.signatures, ids);
  const disks = new DurabilityChecker({
    ids,
    register: cluster.signatures,
    decodeEntry: binding.decodeEntry,
    onEntry: (entry) => evidence.entry(entry),
  });
  const proofs = new ProofChecker({ ids, quorum, rootHash, proofOf: binding.proofOf, collector });
  const votes = new VoteChecker({
    ids,
    quorum,
    crashModel,
    signatures,
    disks,
    isSuperseded: (after, before) => proofs.isSuperseded(after, before),
  });
  const agreement = new AgreementChecker({
    ids,
    quorum,
    rootHash,
    disks,
    collector,
    appliedIndex: (node) => cluster.nodes[node]?.application.appliedIndex ?? 0,
    appliedHashes: (node) => cluster.nodes[node]?.application.appliedHashes() ?? [],
  });
  const evidence = new EvidenceCollector([signatures, votes, proofs, agreement]);
  let counted = 0;
  const collecting: Observer = {
    effect(_node: number, effect: Effect): void {
      if (effect.type === 'send') evidence.message(effect.message);
      if (effect.type !== 'commit') return;
      for (const entry of effect.entries) evidence.entry(entry);
      evidence.certificate(effect.certificate);
    },
    applied(_node, entries): void {
      for (const entry of entries) {
        if (entry.index <= counted) continue;
        counted = entry.index;
        if (entry.kind === 'payload') statistics.commands += commandsOf(entry.payload).length;
      }
    },
    finished(): void {
      statistics.elections = proofs.terms;
      statistics.committed = agreement.committedCount;
    },
  };
  const reads = new ReadChecker(
    ids.length,
    (node) => cluster.nodes[node]?.application.appliedIndex ?? 0,
  );
  return { observers: [disks, collecting, proofs, agreement, reads], reads };
}
