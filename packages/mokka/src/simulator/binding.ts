/**
 * What the simulator needs of the consensus implementation. The real one is in `core-binding.ts`; tests put a tampered one
 * in its place to prove that the checkers notice.
 */
import type { ApplicationInfo } from '../application.ts';
import type { CommitCertificate, LeaderProof } from '../core/certificate.ts';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { Input } from '../core/input.ts';
import type { Limits, Timing } from '../core/options.ts';
import type { Retention } from '../core/pruning.ts';
import type { SignatureScheme } from '../core/statements.ts';
import type { ClusterId, CrashModel, EntryHash, Instant, NodeId } from '../core/types.ts';
import type { Storage } from '../storage/storage.ts';
import type { MessageCodec } from './world/network.ts';

/** The core as a node drives it. */
export interface ConsensusCore {
  step(input: Input, instant: Instant): readonly Effect[];
  nextDeadline(): number | null;
  /** How many inputs were ignored, by reason. */
  ignored?(): ReadonlyMap<string, number>;
}

export interface BootRequest {
  /** Number of the machine in the cluster; the validators of genesis come first. */
  readonly node: number;
  readonly validators: readonly NodeId[];
  readonly crashModel: CrashModel;
  readonly self: NodeId;
  /** Whom a node outside of genesis asks. */
  readonly contacts: readonly NodeId[];
  readonly clusterId: ClusterId;
  readonly rootHash: EntryHash;
  readonly signatures: SignatureScheme;
  readonly timing: Timing;
  readonly limits: Limits;
  /** The application gives and takes snapshots. */
  readonly snapshots: boolean;
  readonly retention: Retention;
  readonly storage: Storage;
  readonly application: ApplicationInfo;
  /** Seeds the jitter of this boot. */
  readonly seed: number;
}

export interface CoreBinding extends MessageCodec {
  /** Writes what only an operator's `init` creates; called once per disk, before the first boot. */
  initialise(request: BootRequest): Promise<void>;
  /** Builds a core from what disk and application hold; called at every boot. */
  boot(request: BootRequest): Promise<ConsensusCore>;
  readonly encodeCertificate: (certificate: CommitCertificate) => Uint8Array;
  readonly decodeCertificate: (bytes: Uint8Array) => CommitCertificate;
  readonly decodeEntry: (bytes: Uint8Array) => Entry;
  /** The proof that a term-start entry carries. */
  readonly proofOf: (termStart: Entry) => LeaderProof;
}
