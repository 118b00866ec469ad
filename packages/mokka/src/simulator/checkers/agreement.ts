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
import type { EvidenceCollector, EvidenceJudge } from './evidence.ts';

export interface AgreementModules {
  readonly ids: readonly NodeId[];
  readonly liars: ReadonlySet<number>;
  readonly quorum: number;
  readonly rootHash: EntryHash;
  readonly disks: DurabilityChecker;
  readonly collector: () => EvidenceCollector;
  /** Index of the last entry that a node's application made durable. */
  readonly appliedIndex: (node: number) => number;
  readonly appliedHashes: (node: number) => readonly EntryHash[];
}

export class AgreementChecker implements EvidenceJudge, Observer {
  readonly #modules: AgreementModules;
  /** Disks of correct nodes that hold whatever is committed. */
  readonly #leastCopies: number;
  /** Hashes of the committed entries; index 0 is the root. */
  readonly #committed: EntryHash[];
  /** Index after the last entry handed to each application since its boot. */
  readonly #next: number[];
  /** Highest index applied anywhere: what clients may have been told. */
  #answered = 0;

  constructor(modules: AgreementModules) {
    this.#modules = modules;
    this.#committed = [modules.rootHash];
    this.#leastCopies = modules.quorum - modules.liars.size;
    this.#next = modules.ids.map(() => 1);
  }

  get committedCount(): number {
    return this.#committed.length - 1;
  }

  certificate(certificate: Certificate): void {
    const { ids, quorum } = this.#modules;
    const { votes, index, hash } = certificate;
    const voters = new Set(votes.map((vote) => vote.voter));
    const known = votes.every((vote) => ids.includes(vote.voter));
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
    if (entry.term !== certificate.term || entry.epoch !== certificate.epoch) {
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
    for (const each of added) this.#committed[each.index] = each.hash;
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
      const copies = this.#modules.disks.copies(entry.index, entry.hash);
      if (copies < this.#leastCopies) {
        this.#fail('durability', `entry ${entry.index} is committed and lies on ${copies} disks`);
      }
    }
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
      if (index === 0 || this.#modules.disks.copies(index, hash) >= this.#leastCopies) continue;
      this.#fail('durability', `entry ${index} was committed and is on too few disks`);
    }
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
