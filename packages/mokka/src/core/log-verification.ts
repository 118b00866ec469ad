/**
 * Checking a log offline, from genesis or a known entry on and without trusting whoever gave it: hash links, who led by what right, every
 * certificate by the validators of its epoch, and every change of the members. One entry at a time, in constant memory.
 */

import { DecodeError } from '../codec/decode-error.ts';
import { createEntry } from '../codec/entry-codec.ts';
import { decodeTermStart, type TermStartPayload } from '../codec/term-start-codec.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import { isOfTerm, unproved } from './epoch-steps.ts';
import { EpochHistory } from './epochs.ts';
import type { Member } from './members.ts';
import { readMembership } from './membership-rules.ts';
import { leaderOf } from './quorum.ts';
import { StatementSigner } from './signing.ts';
import type { CertifiedMembership } from './snapshot-exchange.ts';
import type { SignatureScheme } from './statements.ts';
import type { ClusterId, CrashModel, EntryHash, EntryId, Epoch, LogIndex, Term } from './types.ts';
import { anchorOf, verifyCertificate, verifyLeaderProof } from './verification.ts';

export type LogDamage =
  /** The entry's hash is not that of its fields. */
  | 'wrong-hash'
  /** It is not the next one, or names another parent. */
  | 'broken-link'
  /** Its epoch is not the one that its place is in. */
  | 'wrong-epoch'
  /** Terms or times run backwards, a term begins without a term-start, or has two. */
  | 'wrong-term'
  /** Its proposer is not the leader of its term. */
  | 'wrong-proposer'
  /** A term-start shows no quorum of term votes whose highest lock is its parent. */
  | 'wrong-leader-proof'
  /** The members named may not follow the present ones. */
  | 'wrong-membership'
  /** An entry follows a membership entry that no certificate names. */
  | 'membership-not-certified'
  /** A certificate names another entry, or is no quorum of valid votes of its epoch. */
  | 'wrong-certificate';

/** The log is not what the cluster agreed on; `index` is the first entry that shows it. */
export class LogVerificationError extends Error {
  override readonly name = 'LogVerificationError';
  readonly code: LogDamage;
  readonly index: LogIndex;

  constructor(code: LogDamage, index: LogIndex, message: string) {
    super(`entry ${index}: ${message}`);
    this.code = code;
    this.index = index;
  }
}

export interface LogVerifierOptions {
  readonly clusterId: ClusterId;
  readonly crashModel: CrashModel;
  readonly rootHash: EntryHash;
  /** Of genesis. */
  readonly members: readonly Member[];
  readonly verify: SignatureScheme['verify'];
  /** As the cluster has it in its limits. */
  readonly readinessWindow: number;
  /** Of a log that does not hold its first entries; left out, the log is one from entry 1 on. */
  readonly beginning?: LogBeginning;
}

/**
 * Where a log begins that was pruned, or that a snapshot stands before. What came before it nobody looks at: whoever relies on the log has
 * to know one of its entries, or the first one's parent, to be right.
 */
export interface LogBeginning {
  /** The first entry that is kept; it is given to `add` too. */
  readonly first: Entry;
  /** All membership entries below it, ascending, each with the certificate that names it. */
  readonly memberships: readonly CertifiedMembership[];
}

interface LastEntry extends EntryId {
  readonly term: Term;
  readonly timestamp: number;
}

export class LogVerifier {
  readonly #options: LogVerifierOptions;
  readonly #signer: StatementSigner;
  readonly #epochs: EpochHistory;
  /** Hashes of the last entries, as many as readiness may speak of. */
  readonly #hashes = new Map<number, EntryHash>();
  #last: LastEntry;
  #certified: EntryId;
  /** A membership entry that no certificate was given for. */
  #open: Entry | null = null;

  constructor(options: LogVerifierOptions) {
    this.#options = options;
    this.#signer = new StatementSigner(options.clusterId, {
      verify: options.verify,
      sign: () => {
        throw new TypeError('a verifier signs nothing');
      },
    });
    this.#epochs = new EpochHistory(options.crashModel, options.members, []);
    const { beginning } = options;
    const root =
      beginning === undefined
        ? { index: 0 as LogIndex, hash: options.rootHash, term: 0 as Term, timestamp: 0 }
        : this.#before(beginning);
    this.#last = root;
    this.#certified = { index: root.index, hash: root.hash };
  }

  /** The place below the first entry, as that tells it. Throws {@link LogVerificationError} `wrong-membership`. */
  #before({ first, memberships }: LogBeginning): LastEntry {
    const above = memberships.find(({ entry }) => entry.index >= first.index)?.entry;
    const wrong = above ?? unproved(this.#epochs, memberships, this.#signer);
    if (wrong !== null) {
      failAt(wrong.index)('wrong-membership', 'it is not shown to have begun the next epoch');
    }
    if (first.epoch !== this.epoch) {
      failAt(first.index)(
        'wrong-epoch',
        `it is of epoch ${first.epoch}, and the changes of the members before it lead to ${this.epoch}`,
      );
    }
    return {
      index: (first.index - 1) as LogIndex,
      hash: first.parentHash,
      // Below a term-start any earlier term will do, below another entry only its own.
      term: (first.kind === 'term-start' ? first.term - 1 : first.term) as Term,
      timestamp: 0,
    };
  }

  /** The last entry that a valid certificate covers, or the place before the first; what is above it may still be dropped. */
  get certified(): EntryId {
    return this.#certified;
  }

  get last(): EntryId {
    return { index: this.#last.index, hash: this.#last.hash };
  }

  get epoch(): Epoch {
    return this.#epochs.present.epoch;
  }

  get members(): readonly Member[] {
    return this.#epochs.present.members;
  }

  /**
   * The next entry, with the certificate that names exactly it where one is kept; membership entries must have one. Throws
   * {@link LogVerificationError}; the verifier is of no use after that.
   */
  add(entry: Entry, certificate: CommitCertificate | null): void {
    this.#checkLink(entry);
    this.#checkTerm(entry);
    const members = entry.kind === 'membership' ? this.#readMembers(entry) : null;
    this.#remember(entry);
    if (certificate !== null) this.#certify(entry, certificate, members);
  }

  #checkLink(entry: Entry): void {
    const fail = failAt(entry.index);
    const { index, hash } = this.#last;
    if (entry.index !== index + 1) {
      throw new LogVerificationError(
        'broken-link',
        (index + 1) as LogIndex,
        `entry ${entry.index} is given instead`,
      );
    }
    if (createEntry(entry).hash !== entry.hash) fail('wrong-hash', 'its hash is another one');
    if (entry.parentHash !== hash) fail('broken-link', `its parent is not entry ${index}`);
    if (this.#open !== null) {
      throw new LogVerificationError(
        'membership-not-certified',
        this.#open.index,
        'entries follow it without its certificate',
      );
    }
    if (entry.epoch !== this.epoch) {
      fail('wrong-epoch', `it is of epoch ${entry.epoch}, its place is in ${this.epoch}`);
    }
  }

  #checkTerm(entry: Entry): void {
    const fail = failAt(entry.index);
    const { term, timestamp } = this.#last;
    const { validators } = this.#epochs.present;
    if (entry.timestamp < timestamp) fail('wrong-term', 'its time is before that of its parent');
    if (entry.kind === 'term-start' ? entry.term <= term : entry.term !== term) {
      fail('wrong-term', `a ${entry.kind} of term ${entry.term} can not follow term ${term}`);
    }
    if (entry.proposer !== leaderOf(validators, entry.term)) {
      fail('wrong-proposer', `${entry.proposer} does not lead term ${entry.term}`);
    }
    if (entry.kind === 'term-start') this.#checkProof(entry);
  }

  #checkProof(entry: Entry): undefined {
    const fail = failAt(entry.index);
    const { present } = this.#epochs;
    const payload = readTermStart(entry);
    if (payload === null) return fail('wrong-leader-proof', 'it carries no proof');
    const { proof, certificate } = payload;
    const isValid = proof.term === entry.term && verifyLeaderProof(proof, present, this.#signer);
    if (!isValid) fail('wrong-leader-proof', 'its proof is no quorum of valid term votes');
    const anchor = anchorOf(proof.votes);
    if (anchor?.index !== this.#last.index || anchor.hash !== this.#last.hash) {
      fail('wrong-leader-proof', 'the highest lock in its proof is not its parent');
    }
    const isFirst = present.since > 0 && present.since === this.#last.index;
    if (isFirst !== (certificate !== null)) {
      fail('wrong-leader-proof', 'it must carry the certificate of a membership entry below it');
    }
    if (certificate !== null) this.#checkCertificate(this.#last, entry.epoch - 1, certificate);
  }

  #readMembers(entry: Entry): readonly Member[] {
    const payload = readMembership(entry, this.#epochs.present, {
      signer: this.#signer,
      window: this.#options.readinessWindow,
      hashAt: (index) => this.#hashes.get(index),
    });
    if (typeof payload === 'string') return failAt(entry.index)('wrong-membership', payload);
    return payload.members;
  }

  #remember(entry: Entry): void {
    const { index, hash, term, timestamp } = entry;
    this.#hashes.set(index, hash);
    this.#hashes.delete(index - this.#options.readinessWindow - 1);
    this.#last = { index, hash, term, timestamp };
    this.#open = entry.kind === 'membership' ? entry : null;
  }

  #certify(entry: Entry, certificate: CommitCertificate, members: readonly Member[] | null): void {
    this.#checkCertificate(entry, entry.epoch, certificate);
    if (!isOfTerm(certificate, entry)) {
      failAt(entry.index)('wrong-certificate', `votes of term ${certificate.term} do not count`);
    }
    this.#certified = { index: entry.index, hash: entry.hash };
    if (members === null) return;
    this.#epochs.begin({ entry, members, certificate });
    this.#open = null;
  }

  #checkCertificate(entry: EntryId, epoch: number, certificate: CommitCertificate): void {
    const set = this.#epochs.of(epoch as Epoch);
    const isNamed =
      certificate.phase === 'commit' &&
      certificate.index === entry.index &&
      certificate.hash === entry.hash;
    if (!isNamed || set === null || !verifyCertificate(certificate, set, this.#signer)) {
      failAt(entry.index)(
        'wrong-certificate',
        'its certificate is no quorum of valid votes for it by the validators of its epoch',
      );
    }
  }
}

function failAt(index: LogIndex): (code: LogDamage, message: string) => never {
  return (code, message) => {
    throw new LogVerificationError(code, index, message);
  };
}

function readTermStart(entry: Entry): TermStartPayload | null {
  try {
    return decodeTermStart(entry.payload);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
