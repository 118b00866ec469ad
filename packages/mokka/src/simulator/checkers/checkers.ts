/** All checkers of a simulation, wired to each other. None of them uses the core's own verification. */
import type { Effect } from '../../core/effect.ts';
import type { CoreBinding } from '../binding.ts';
import type { Observer } from '../observer.ts';
import { quorumOf } from '../scenario.ts';
import type { Statistics } from '../statistics.ts';
import { commandsOf } from '../world/application.ts';
import type { Cluster } from '../world/cluster.ts';
import { ViolationError } from '../world/violation.ts';
import { AgreementChecker } from './agreement.ts';
import { DurabilityChecker } from './durability.ts';
import { EvidenceCollector, type EvidenceJudge } from './evidence.ts';
import { ProofChecker } from './proofs.ts';
import { SignatureChecker } from './signatures.ts';
import { VoteChecker } from './votes.ts';

export function createCheckers(
  cluster: Cluster,
  binding: CoreBinding,
  options: { readonly statistics: Statistics; readonly only: 'agreement' | null },
): readonly Observer[] {
  const { statistics, only } = options;
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
  const forks = forksOnly(agreement);
  const judges = only === null ? [signatures, votes, proofs, agreement] : [forks];
  const evidence = new EvidenceCollector(judges);
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
  return only === null ? [disks, collecting, proofs, agreement] : [collecting, forks];
}

/** Lets every violation pass but a fork: two entries committed at one index. */
function forksOnly(checker: AgreementChecker): Observer & EvidenceJudge {
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof ViolationError) || error.rule === 'agreement') throw error;
    }
  };
  return {
    certificate: (certificate) => attempt(() => checker.certificate(certificate)),
    effect: (node, effect) => attempt(() => checker.effect(node, effect)),
    applied: (node, entries) => attempt(() => checker.applied(node, entries)),
    booted: (node) => checker.booted(node),
    finished: (healed) => attempt(() => checker.finished(healed)),
  };
}
