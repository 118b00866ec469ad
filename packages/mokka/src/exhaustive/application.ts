/** The application of the model: its state is the digest of all payloads; it answers at once and its commits are durable at once. */
import type { ApplicationInfo, ProposalVerdict } from '../application.ts';
import { encodeCertificate } from '../codec/certificate-codec.ts';
import type { CommitCertificate } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import type { EntryHash, EntryId, LogIndex, StateDigest } from '../core/types.ts';
import { digestHex, digestOf } from '../simulator/world/digest.ts';

/** The digest before any payload. */
export const EMPTY_STATE = digestHex(digestOf(new Uint8Array(), 0)) as StateDigest;

export class ModelApplication {
  applied: EntryId;
  /** Digests after each executed entry; index 0 is the empty state. */
  #digests: StateDigest[] = [EMPTY_STATE];
  #certificate: CommitCertificate | null = null;

  constructor(rootHash: EntryHash) {
    this.applied = { index: 0 as LogIndex, hash: rootHash };
  }

  info(): ApplicationInfo {
    return {
      applied: this.applied,
      stateDigest: this.#digestAt(this.applied.index),
      certificate: this.#certificate === null ? null : encodeCertificate(this.#certificate),
    };
  }

  process(entry: Entry): ProposalVerdict {
    this.#execute(entry);
    return { accepted: true, stateDigest: this.#digestAt(entry.index) };
  }

  commit(entries: readonly Entry[], certificate: CommitCertificate): StateDigest {
    for (const entry of entries) {
      if (entry.index !== this.applied.index + 1) throw new Error(`commit gap at ${entry.index}`);
      this.#execute(entry);
      this.applied = { index: entry.index, hash: entry.hash };
    }
    this.#certificate = certificate;
    return this.#digestAt(this.applied.index);
  }

  rollback(to: number): void {
    if (to < this.applied.index) throw new Error(`rollback below what is applied, to ${to}`);
    this.#digests.splice(to + 1);
  }

  #execute(entry: Entry): void {
    const before = this.#digestAt(entry.index - 1);
    this.#digests[entry.index] =
      entry.kind === 'payload'
        ? (digestHex(
            digestOf(Buffer.concat([Buffer.from(before), entry.payload]), 1),
          ) as StateDigest)
        : before;
  }

  #digestAt(index: number): StateDigest {
    const digest = this.#digests[index];
    if (digest === undefined) throw new Error(`entry ${index} was never executed`);
    return digest;
  }
}
