/**
 * Rule *commit* and the promises to clients: one committed entry per index for ever, whoever certifies, applies or
 * restarts.
 *
 * Every commit certificate that appears anywhere is verified here, without the core's own code, and commits its entry with all
 * ancestors, once and for all.
 */
import type { Certificate, CommitCertificate } from '../../core/certificate.ts';
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { EntryHash, EntryId, NodeId } from '../../core/types.ts';
import type { Observer } from '../observer.ts';
import { ViolationError } from '../world/violation.ts';
import type { DurabilityChecker } from './durability.ts';
import type { EpochBook } from './epochs.ts';
import type { EvidenceCollector, EvidenceJudge } from './evidence.ts';

export interface AgreementModules {
  readonly ids: readonly NodeId[];
  readonly liars: ReadonlySet<number>;
  readonly epochs: EpochBook;
  readonly rootHash: EntryHash;
  readonly disks: DurabilityChecker;
  readonly collector: () => EvidenceCollector;
  /** Index of the last entry that a node's application made durable. */
  readonly appliedIndex: (node: number) => number;
  readonly appliedHashes: (node: number) => readonly EntryHash[];
}

export class AgreementChecker implements EvidenceJudge, Observer {
  readonly #modules: AgreementModules;
  /** Hashes of the committed entries; index 0 is the root. */
  readonly #committed: EntryHash[];
  /** Index after the last entry handed to each application since its boot. */
  readonly #next: number[];
  /** Highest index applied anywhere: what clients may have been told. */
  #answered = 0;

  constructor(modules: AgreementModules) {
    this.#modules = modules;
    this.#committed = [modules.rootHash];
    this.#next = modules.ids.map(() => 1);
  }

  get committedCount(): number {
    return this.#committed.length - 1;
  }

  certificate(certificate: Certificate): void {
    const { epochs } = this.#modules;
    const { votes, index, hash, epoch } = certificate;
    const quorum = epochs.quorum(epoch);
    const voters = new Set(votes.map((vote) => vote.voter));
    const known = votes.every((vote) => epochs.validators(epoch).includes(vote.voter));
    if (!known || voters.size !== votes.length) {
      this.#fail('commit', `a certificate of entry ${index} is not made of validators' votes`);
    }
    if (voters.size < quorum) {
      this.#fail('commit', `a certificate of entry ${index} has ${voters.size} votes`);
    }
    const entry = this.#modules.collector().entries.get(hash);
    if (entry === undefined || entry.index !== index) {
      this.#fail('commit', `entry ${index} is certified, but nobody ever stored it`);
    }
    // Rule *membership*: an entry of that kind may be certified again in a later term.
    const isInPlace = entry.kind === 'membership' && entry.term < certificate.term;
    if ((entry.term !== certificate.term && !isInPlace) || entry.epoch !== epoch) {
      this.#fail('commit', `entry ${index} is certified by votes of another term`);
    }
    if (certificate.phase === 'commit') this.#commitChain(entry);
  }

  #commitChain(certified: Entry): void {
    const { entries } = this.#modules.collector();
    const added: Entry[] = [];
    let entry: Entry | undefined = certified;
    while (entry !== undefined && entry.index >= this.#committed.length) {
      added.push(entry);
      if (entry.index === 1) break;
      const parent: Entry | undefined = entries.get(entry.parentHash);
      if (parent === undefined) this.#fail('agreement', `entry ${entry.index} has no parent`);
      entry = parent;
    }
    const oldest = added.at(-1);
    if (oldest === undefined) this.#requireCommitted(certified, 'certified');
    else if (this.#committed[oldest.index - 1] !== oldest.parentHash) {
      this.#fail(
        'agreement',
        `entry ${certified.index} is certified on a chain that misses committed entries`,
      );
    }
    for (const each of added.reverse()) {
      this.#committed[each.index] = each.hash;
      this.#modules.epochs.committed(each);
    }
  }

  effect(node: number, effect: Effect): void {
    switch (effect.type) {
      case 'send': {
        const { message } = effect;
        if (message.type === 'heartbeat' || message.type === 'heartbeat-ack') {
          this.#requireCommitted(message.committed, `told by node ${node} as committed`);
        }
        return;
      }
      case 'commit':
        this.#checkCommit(node, effect.entries, effect.certificate);
        return;
      case 'halt':
        this.#fail('halt', `node ${node} stops: ${effect.code}: ${effect.reason}`);
        return;
      default:
        return;
    }
  }

  #checkCommit(node: number, entries: readonly Entry[], certificate: CommitCertificate): void {
    const last = entries.at(-1);
    if (last === undefined || certificate.index < last.index) {
      this.#fail('commit', `node ${node} commits entries that its certificate does not cover`);
    }
    for (const entry of entries) {
      if (entry.index !== this.#next[node]) {
        this.#fail('commit', `node ${node} commits ${entry.index} instead of ${this.#next[node]}`);
      }
      this.#next[node] = entry.index + 1;
      this.#requireCommitted(entry, `committed by node ${node}`);
      if (!this.#isDurable(entry)) {
        this.#fail('durability', `entry ${entry.index} is committed and lies on too few disks`);
      }
    }
  }

  /** Rule *snapshot*: only what is committed is taken. */
  restored(node: number, entry: EntryId): void {
    this.#requireCommitted(entry, `taken by node ${node} as a snapshot`);
    this.#next[node] = entry.index + 1;
  }

  booted(node: number): void {
    this.#next[node] = this.#modules.appliedIndex(node) + 1;
  }

  applied(node: number, entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#requireCommitted(entry, `applied by node ${node}`);
      this.#answered = Math.max(this.#answered, entry.index);
    }
  }

  finished(healed: readonly number[]): void {
    for (const node of this.#modules.ids.keys()) {
      if (this.#modules.liars.has(node)) continue;
      for (const [place, hash] of this.#modules.appliedHashes(node).entries()) {
        if (this.#committed[place + 1] === hash) continue;
        this.#fail('agreement', `node ${node} ends with another entry ${place + 1}`);
      }
    }
    for (const node of healed) {
      if (this.#modules.appliedIndex(node) < this.#answered) {
        this.#fail('agreement', `node ${node} lacks entries that clients were told of`);
      }
    }
    for (const [index, hash] of this.#committed.entries()) {
      const entry = this.#modules.collector().entries.get(hash);
      if (entry === undefined || this.#isDurable(entry)) continue;
      this.#fail('durability', `entry ${index} was committed and is on too few disks`);
    }
  }

  /** On the disks of a quorum of its epoch, less the liars in it. */
  #isDurable({ index, hash, epoch }: Entry): boolean {
    const { ids, epochs, disks, liars } = this.#modules;
    const numbers = epochs.validators(epoch).map((id) => ids.indexOf(id));
    const correct = numbers.filter((number) => !liars.has(number));
    const holders = correct.filter((number) => disks.holds(number, index, hash));
    return holders.length >= epochs.quorum(epoch) - (numbers.length - correct.length);
  }

  #requireCommitted(id: EntryId, how: string): void {
    const known = this.#committed[id.index];
    if (known === id.hash) return;
    if (known === undefined) {
      this.#fail('commit', `entry ${id.index} is ${how} without a certificate`);
    }
    this.#fail('agreement', `entry ${id.index} is ${how}, another one is committed there`);
  }

  #fail(rule: string, what: string): never {
    throw new ViolationError(rule, what);
  }
}
