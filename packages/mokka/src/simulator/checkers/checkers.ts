/** All checkers of a simulation, wired to each other. None of them uses the core's own verification. */
import type { Certificate } from '../../core/certificate.ts';
import type { Effect } from '../../core/effect.ts';
import type { Input } from '../../core/input.ts';
import type { CoreBinding } from '../binding.ts';
import { type Observer, ofCorrectNodes } from '../observer.ts';
import type { Statistics } from '../statistics.ts';
import { commandsOf } from '../world/application.ts';
import { type Cluster, genesisMembers } from '../world/cluster.ts';
import { ViolationError } from '../world/violation.ts';
import { AccusationChecker } from './accusations.ts';
import { AgreementChecker } from './agreement.ts';
import { DurabilityChecker } from './durability.ts';
import { EpochBook } from './epochs.ts';
import { EvidenceCollector, type EvidenceJudge } from './evidence.ts';
import { ProofChecker } from './proofs.ts';
import { ReadChecker } from './reads.ts';
import { SignatureChecker } from './signatures.ts';
import { VoteChecker } from './votes.ts';

export interface CheckOptions {
  readonly statistics: Statistics;
  readonly only: 'agreement' | null;
  /** Machines that nothing is demanded of. */
  readonly liars: ReadonlySet<number>;
  /** Those among them that are honest, and share their key. */
  readonly twins: ReadonlySet<number>;
}

export function createCheckers(
  cluster: Cluster,
  binding: CoreBinding,
  options: CheckOptions,
): {
  readonly observers: readonly Observer[];
  readonly reads: ReadChecker;
  readonly epochs: EpochBook;
} {
  const { statistics, only, liars, twins } = options;
  const { ids, rootHash } = cluster.names;
  const { crashModel } = cluster;
  const liarIds = new Set(ids.filter((_, node) => liars.has(node)));
  const accusations = new AccusationChecker(liarIds);
  const collector = (): EvidenceCollector => evidence;
  const epochs = new EpochBook(genesisMembers(cluster.validators), crashModel, collector);
  const signatures = new SignatureChecker(cluster.signatures, ids);
  const disks = new DurabilityChecker({
    ids,
    register: cluster.signatures,
    decodeEntry: binding.decodeEntry,
    onEntry: (entry) => evidence.entry(entry),
  });
  const proofs = new ProofChecker({
    ids,
    liars: liarIds,
    epochs,
    rootHash,
    proofOf: binding.proofOf,
    collector,
  });
  const votes = new VoteChecker({
    ids,
    liars: liarIds,
    epochs,
    signatures,
    disks,
    isSuperseded: (epoch, after, before) => proofs.isSuperseded(epoch, after, before),
  });
  const agreement = new AgreementChecker({
    ids,
    liars,
    epochs,
    rootHash,
    disks,
    collector,
    appliedIndex: (node) => cluster.nodes[node]?.application.appliedIndex ?? 0,
    appliedHashes: (node) => cluster.nodes[node]?.application.appliedHashes() ?? [],
  });
  const forks = forksOnly(agreement);
  const judges = only === null ? [signatures, agreement, epochs, votes, proofs] : [forks];
  const evidence = new EvidenceCollector(judges);
  let counted = 0;
  /** A liar's certificate may be right, and then correct nodes act on it before they show it. */
  const takeFromLiar = (certificate: Certificate | null | undefined): void => {
    if (certificate?.phase !== 'commit' || certificate.epoch > epochs.last) return;
    if (certificate.votes.length < epochs.quorum(certificate.epoch)) return;
    if (evidence.entries.has(certificate.hash) && signatures.isGenuine(certificate)) {
      evidence.certificate(certificate);
    }
  };
  const collecting: Observer = {
    input(_node: number, input: Input): void {
      if (input.type !== 'message' || !liarIds.has(input.from)) return;
      const { message } = input;
      if (message.type === 'term-vote') takeFromLiar(message.lockCertificate);
      if (message.type === 'certificate' || message.type === 'entries') {
        takeFromLiar(message.certificate);
      }
      if (message.type === 'snapshot-offer') takeFromLiar(message.offer?.certificate);
    },
    effect(node: number, effect: Effect): void {
      const sender = ids[node];
      if (effect.type === 'send' && sender !== undefined) {
        evidence.message(sender, effect.message);
      }
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
    restored(): void {
      statistics.snapshots += 1;
    },
    finished(): void {
      statistics.convicted = accusations.convicted.size;
      statistics.epochs = epochs.last;
      statistics.elections = proofs.terms;
      statistics.committed = agreement.committedCount;
    },
  };
  const reads = new ReadChecker(
    ids.length,
    (node) => cluster.nodes[node]?.application.appliedIndex ?? 0,
  );
  const all = [disks, collecting, epochs, proofs, agreement, accusations, reads];
  const chosen = only === null ? all : [collecting, forks];
  const observers = chosen.map((each) => ofCorrectNodes(each, liars));
  if (twins.size > 0) observers.push(committedByTwins(twins, evidence));
  return { observers, reads, epochs };
}

/** Whatever one half of a twin commits is certified by votes of others: it must fit what all others commit. */
function committedByTwins(twins: ReadonlySet<number>, evidence: EvidenceCollector): Observer {
  return {
    effect(node, effect): void {
      if (!twins.has(node) || effect.type !== 'commit') return;
      for (const entry of effect.entries) evidence.entry(entry);
      evidence.certificate(effect.certificate);
    },
  };
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
    restored: (node, entry) => attempt(() => checker.restored(node, entry)),
    booted: (node) => checker.booted(node),
    finished: (healed) => attempt(() => checker.finished(healed)),
  };
}
