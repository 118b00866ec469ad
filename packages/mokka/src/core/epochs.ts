/**
 * The member sets of a cluster by epoch. Rule *membership*: an epoch begins above the membership entry that its predecessor's
 * validators committed, and whatever is signed is judged by the set of its own epoch.
 */
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import { invalidMembers, type Member, validatorsOf } from './members.ts';
import type { CoreOptions } from './options.ts';
import { faultsTolerated, quorumSize } from './quorum.ts';
import type { Lock } from './statements.ts';
import type { CrashModel, Epoch, LogIndex, NodeId } from './types.ts';
import type { ValidatorSet } from './verification.ts';

/** One epoch. */
export interface EpochSet extends ValidatorSet {
  /** All members, the validators among them in their agreed order. */
  readonly members: readonly Member[];
  readonly quorum: number;
  readonly faults: number;
  /** Index of the membership entry that began the epoch; 0 for genesis. */
  readonly since: LogIndex;
  /** The certificate that names exactly this entry; null for genesis. */
  readonly certificate: CommitCertificate | null;
}

/** A committed membership entry with the members it names. */
export interface EpochBeginning {
  readonly entry: Entry;
  readonly members: readonly Member[];
  readonly certificate: CommitCertificate;
}

export class EpochHistory {
  readonly #crashModel: CrashModel;
  readonly #sets: EpochSet[];

  constructor(
    crashModel: CrashModel,
    genesis: readonly Member[],
    beginnings: readonly EpochBeginning[],
  ) {
    this.#crashModel = crashModel;
    this.#sets = [this.#set(0, genesis, 0 as LogIndex, null)];
    for (const beginning of beginnings) this.begin(beginning);
  }

  get present(): EpochSet {
    return this.#sets[this.#sets.length - 1] as EpochSet;
  }

  get previous(): EpochSet | null {
    return this.#sets[this.#sets.length - 2] ?? null;
  }

  /** The set of an epoch; null when this node does not know it (yet). */
  of(epoch: Epoch): EpochSet | null {
    return this.#sets[epoch] ?? null;
  }

  /** The next epoch begins. The caller has checked that its entry is committed. */
  begin({ entry, members, certificate }: EpochBeginning): EpochSet {
    if (entry.epoch !== this.present.epoch || entry.index <= this.present.since) {
      throw new RangeError(`entry ${entry.index} does not end epoch ${this.present.epoch}`);
    }
    const { term, index, hash } = entry;
    const set = this.#set(entry.epoch + 1, members, index, certificate, { term, index, hash });
    this.#sets.push(set);
    return set;
  }

  /** The same history, to be continued apart from this one. */
  copy(): EpochHistory {
    const [genesis] = this.#sets;
    const copy = new EpochHistory(this.#crashModel, genesis?.members ?? [], []);
    copy.#sets.push(...this.#sets.slice(1));
    return copy;
  }

  /** Those of the membership entries below `index`. */
  certificatesBelow(index: number): CommitCertificate[] {
    return this.#sets.flatMap(({ since, certificate }) =>
      certificate !== null && since < index ? [certificate] : [],
    );
  }

  /** The first epoch that begins at `index` or above; null when none does. */
  firstFrom(index: number): EpochSet | null {
    let found: EpochSet | null = null;
    for (let at = this.#sets.length - 1; at > 0; at -= 1) {
      const set = this.#sets[at];
      if (set === undefined || set.since < index) break;
      found = set;
    }
    return found;
  }

  #set(
    epoch: number,
    members: readonly Member[],
    since: LogIndex,
    certificate: CommitCertificate | null,
    root?: Lock,
  ): EpochSet {
    const validators: readonly NodeId[] = validatorsOf(members);
    return {
      epoch: epoch as Epoch,
      members,
      validators,
      crashModel: this.#crashModel,
      quorum: quorumSize(this.#crashModel, validators.length),
      faults: faultsTolerated(this.#crashModel, validators.length),
      since,
      certificate,
      ...(root === undefined ? {} : { root }),
    };
  }
}

/** The members of epoch 0. Throws RangeError when they can not be the members of an epoch. */
export function genesisMembers(options: CoreOptions): readonly Member[] {
  const { validators } = options;
  const members =
    options.members ??
    validators.map(
      (id, at): Member => ({ id, host: `validator-${at}`, port: at + 1, role: 'validator' }),
    );
  const reason = invalidMembers(members);
  if (reason !== null) throw new RangeError(reason);
  if (validatorsOf(members).join() !== validators.join()) {
    throw new RangeError('the members name other validators');
  }
  return members;
}
