/** The application of a virtual node. */
import type { ApplicationInfo, Proposal, ProposalVerdict } from '../application.ts';
import { encodeCertificate } from '../codec/certificate-codec.ts';
import { sha256, toHex } from './bytes.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { EntryHash, EntryId, LogIndex, StateDigest } from './types.ts';

export const ROOT_HASH = toHex(sha256(new TextEncoder().encode('root'))) as EntryHash;
export const ROOT: EntryId = { index: 0 as LogIndex, hash: ROOT_HASH };

/** Its state is the hash of all payloads. */
export class TestApplication {
  readonly committed: Entry[] = [];
  readonly pending: Uint8Array[] = [];
  readonly accepted: Entry[] = [];
  rejects: (entry: Entry) => boolean = () => false;
  #digests: StateDigest[] = [toHex(sha256(new Uint8Array())) as StateDigest];
  #certificate: CommitCertificate | null = null;

  info(): ApplicationInfo {
    const last = this.committed[this.committed.length - 1];
    return {
      applied: last === undefined ? ROOT : { index: last.index, hash: last.hash },
      stateDigest: this.#digest(this.committed.length),
      certificate: this.#certificate === null ? null : encodeCertificate(this.#certificate),
    };
  }

  prepare(parent: EntryId): Proposal | null {
    const known = new Set(
      [...this.committed, ...this.accepted].map((entry) => toHex(entry.payload)),
    );
    const payload = this.pending.find((candidate) => !known.has(toHex(candidate)));
    if (payload === undefined || parent.index !== this.#height()) return null;
    return { payload, stateDigest: this.#after(this.#digest(parent.index), payload) };
  }

  process(entry: Entry): ProposalVerdict {
    if (this.rejects(entry)) return { accepted: false, reason: 'test' };
    if (entry.index !== this.#height() + 1)
      throw new Error(`processed ${entry.index} out of order`);
    this.accepted.push(entry);
    this.#execute(entry);
    return { accepted: true, stateDigest: this.#digest(entry.index) };
  }

  commit(entries: readonly Entry[], certificate: CommitCertificate): StateDigest {
    for (const entry of entries) {
      if (this.accepted[0]?.hash === entry.hash) {
        this.accepted.shift();
      } else {
        this.rollback(this.committed.length);
        if (entry.index !== this.committed.length + 1) throw new Error(`commit gap ${entry.index}`);
        this.#execute(entry);
      }
      this.committed.push(entry);
    }
    this.#certificate = certificate;
    return this.#digest(this.committed.length);
  }

  rollback(to: number): void {
    if (to < this.committed.length) throw new Error(`rollback below commit: ${to}`);
    this.accepted.splice(to - this.committed.length);
    this.#digests.splice(to + 1);
  }

  crash(): void {
    this.rollback(this.committed.length);
  }

  /** Takes the place of everything: what a snapshot holds. */
  replace(entries: readonly Entry[], certificate: CommitCertificate): void {
    this.accepted.length = 0;
    this.committed.length = 0;
    this.#digests.splice(1);
    for (const entry of entries) {
      this.#execute(entry);
      this.committed.push(entry);
    }
    this.#certificate = certificate;
  }

  #height(): number {
    return this.committed.length + this.accepted.length;
  }

  #execute(entry: Entry): void {
    const before = this.#digest(entry.index - 1);
    this.#digests[entry.index] =
      entry.kind === 'payload' ? this.#after(before, entry.payload) : before;
  }

  /** Digest of the state after an entry that was accepted or committed. */
  digestAt(index: number): StateDigest {
    return this.#digest(index);
  }

  #digest(index: number): StateDigest {
    const digest = this.#digests[index];
    if (digest === undefined) throw new Error(`no digest at ${index}`);
    return digest;
  }

  #after(digest: StateDigest, payload: Uint8Array): StateDigest {
    return toHex(sha256(Buffer.concat([Buffer.from(digest, 'hex'), payload]))) as StateDigest;
  }
}
