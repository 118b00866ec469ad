/**
 * Rule *membership*: which validators count in which epoch, and that nothing steps over a membership entry.
 *
 * Sets are taken from the committed entries themselves, not from what a node says about them.
 */
import { decodeMembership } from '../../codec/membership-codec.ts';
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import { type Member, sameMembers, validatorsOf } from '../../core/members.ts';
import type { CrashModel, Epoch, NodeId, Term } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import { liarsTolerated, quorumOf } from '../scenario.ts';
import { ViolationError } from '../world/violation.ts';
import type { EvidenceCollector, EvidenceJudge } from './evidence.ts';

interface EpochSet {
  readonly members: readonly Member[];
  readonly validators: readonly NodeId[];
  /** Null for genesis. */
  readonly entry: Entry | null;
}

export class EpochBook implements EvidenceJudge, Observer {
  readonly #sets: EpochSet[];
  readonly #crashModel: CrashModel;
  readonly #collector: () => EvidenceCollector;

  constructor(
    genesis: readonly Member[],
    crashModel: CrashModel,
    collector: () => EvidenceCollector,
  ) {
    this.#crashModel = crashModel;
    this.#sets = [{ members: genesis, validators: validatorsOf(genesis), entry: null }];
    this.#collector = collector;
  }

  /** Members of the last epoch that began anywhere. */
  get members(): readonly Member[] {
    return this.#sets.at(-1)?.members ?? [];
  }

  get last(): number {
    return this.#sets.length - 1;
  }

  validators(epoch: Epoch): readonly NodeId[] {
    const set = this.#sets[epoch];
    if (set === undefined) this.#fail(`something is signed in epoch ${epoch}, which never began`);
    return set.validators;
  }

  quorum(epoch: Epoch): number {
    return quorumOf(this.#crashModel, this.validators(epoch).length);
  }

  /** Validators that may fail. */
  faults(epoch: Epoch): number {
    const { length } = this.validators(epoch);
    return this.#crashModel === 'CFT' ? Math.floor((length - 1) / 2) : liarsTolerated(length);
  }

  leaderOf(epoch: Epoch, term: Term): NodeId | undefined {
    const validators = this.validators(epoch);
    return validators[term % validators.length];
  }

  /** An entry was committed by a certificate of its epoch. Called in the order of the log. */
  committed(entry: Entry): void {
    if (entry.kind !== 'membership' || entry.epoch < this.last) return;
    const { members } = decodeMembership(entry.payload);
    this.#sets.push({ members, validators: validatorsOf(members), entry });
  }

  /** Nothing follows a membership entry but the term-start of the next epoch, once that one has begun. */
  entry(entry: Entry): void {
    const parent = this.#collector().entries.get(entry.parentHash);
    if (parent === undefined) return;
    if (parent.kind !== 'membership') {
      if (entry.epoch !== parent.epoch) {
        this.#fail(`entry ${entry.index} changes the epoch without a membership entry`);
      }
      return;
    }
    const begun = this.#sets[entry.epoch]?.entry;
    const follows = entry.epoch === parent.epoch + 1 && entry.kind === 'term-start';
    if (!follows || begun?.hash !== parent.hash) {
      this.#fail(`entry ${entry.index} follows a membership entry that is not committed`);
    }
  }

  effect(node: number, effect: Effect): void {
    if (effect.type !== 'event' || effect.event.type !== 'epoch') return;
    const { epoch, index, members } = effect.event;
    const set = this.#sets[epoch];
    if (set?.entry?.index !== index || !sameMembers(set.members, members)) {
      this.#fail(`node ${node} begins epoch ${epoch} at entry ${index}, which nobody committed`);
    }
  }

  #fail(what: string): never {
    throw new ViolationError('membership', what);
  }
}
