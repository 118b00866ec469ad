/**
 * One node of the model: the real core, with a disk that syncs at once, an application that answers at once, and a clock that
 * only `patience` moves. It checks what can be seen at a single node: what is signed twice, below a promise, or not stored.
 */
import { decodeLockCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeMessage } from '../codec/message-codec.ts';
import { decodeBinding, decodeTerm, decodeVote } from '../codec/record-codec.ts';
import { Core } from '../core/core.ts';
import { RECORDS } from '../core/durability.ts';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { Input } from '../core/input.ts';
import type { Message } from '../core/message.ts';
import { quorumSize } from '../core/quorum.ts';
import { StatementSigner } from '../core/signing.ts';
import type { PreVote, Vote } from '../core/statements.ts';
import type { EntryHash, EntryId, Epoch, NodeId, Term } from '../core/types.ts';
import { createStore, restoreCore } from '../driver/restore.ts';
import { ViolationError } from '../simulator/world/violation.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import type { StorageOperation } from '../storage/storage.ts';
import { ModelApplication } from './application.ts';
import { fingerprintOf } from './fingerprint.ts';
import { ELECTION_TIMEOUT, type Model } from './model.ts';

/** What can happen to one node. */
export type Stimulus =
  | { readonly type: 'deliver'; readonly from: number; readonly message: Message }
  /** A quorum of pre-votes for the term reaches the node: they promise nothing, so any may at any time. Rule *pre-vote*. */
  | { readonly type: 'elect'; readonly term: number }
  /** The application of a leader has a payload. */
  | { readonly type: 'propose' }
  /** A candidate has waited for the highest lock long enough. Rule *proof*. */
  | { readonly type: 'patience' }
  /** Power cut and restart. */
  | { readonly type: 'crash' }
  /** As `cause`, with a power cut after this many of its writes; messages that waited for later ones are not sent. */
  | { readonly type: 'torn'; readonly writes: number; readonly cause: Stimulus };

export interface Sent {
  readonly to: number;
  readonly message: Message;
}

/** A change of what a node does, for tests that prove that the search notices. */
export interface Tampering {
  /** Before a restart. */
  disk?(tables: MemoryTables, node: number): void;
  /** What leaves, and what else is done, after an input. */
  effects?(effects: readonly Effect[], input: Input, machine: Machine): readonly Effect[];
}

const EPOCH = 0 as Epoch;

export class Machine {
  readonly node: number;
  readonly tables = new MemoryTables();
  readonly #model: Model;
  readonly #tampering: Tampering;
  #application: ModelApplication;
  #core: Core | null = null;
  #now = 0;
  #toPropose: string | null = null;
  /** Highest number of a fetch of this run: the core numbers on from it. */
  #requests = 0;
  #writesLeft = Number.POSITIVE_INFINITY;
  writes = 0;
  #sent: Sent[] = [];

  constructor(model: Model, node: number, tampering: Tampering = {}) {
    this.#model = model;
    this.node = node;
    this.#tampering = tampering;
    this.#application = new ModelApplication(model.rootHash);
  }

  async create(): Promise<void> {
    await createStore(new MemoryStorage(this.tables), this.#model.options(this.node));
    await this.#boot();
  }

  get self(): NodeId {
    return this.#model.options(this.node).self;
  }

  get core(): Core {
    if (this.#core === null) throw new Error('the node is down');
    return this.#core;
  }

  get committed(): EntryId {
    return this.core.position().committed;
  }

  /** All that its future depends on. */
  fingerprint(): string {
    const stored = this.tables.numbered.get('certificates')?.size ?? 0;
    const applied = this.#application.applied.index;
    return `${this.#now}/${this.#requests}/${stored}/${applied}/${this.#durable()}/${fingerprintOf(this.core.inspect())}`;
  }

  /** The term that a restart would begin in. */
  durableTerm(): number {
    const { records, numbered } = this.tables;
    const record = records.get('term');
    const termVote = records.get('term-vote');
    const entries = [...(numbered.get('entries')?.values() ?? [])].map(
      (one) => decodeEntry(one).term,
    );
    const promised = termVote === undefined ? 0 : termOf(termVote);
    return Math.max(record === undefined ? 0 : decodeTerm(record).term, promised, 0, ...entries);
  }

  /** Applies a stimulus; what is sent by it. Throws ViolationError. */
  async apply(stimulus: Stimulus): Promise<readonly Sent[]> {
    this.#sent = [];
    this.writes = 0;
    if (stimulus.type === 'torn') {
      this.#writesLeft = stimulus.writes;
      this.#run(stimulus.cause);
      this.#writesLeft = Number.POSITIVE_INFINITY;
      await this.#crash();
    } else if (stimulus.type === 'crash') await this.#crash();
    else this.#run(stimulus);
    return this.#sent;
  }

  #run(stimulus: Stimulus): void {
    switch (stimulus.type) {
      case 'deliver': {
        const from = this.#model.options(stimulus.from).self;
        this.input({ type: 'message', from, message: stimulus.message });
        return;
      }
      case 'elect':
        for (const preVote of this.#preVotes(stimulus.term)) {
          this.input({
            type: 'message',
            from: preVote.sender,
            message: { type: 'pre-vote', preVote, relayed: [] },
          });
        }
        return;
      case 'propose': {
        const { last } = this.core.position();
        this.#toPropose = `${this.core.status().term}/${last.index + 1}`;
        this.input({ type: 'pending' });
        this.#toPropose = null;
        return;
      }
      case 'patience':
        this.#now += ELECTION_TIMEOUT / 2;
        this.input({ type: 'tick' });
        return;
      default:
        throw new Error(`${stimulus.type} is no single input`);
    }
  }

  /** Of as many others as a quorum needs, so that this node's own voice is not needed. */
  #preVotes(term: number): PreVote[] {
    const { validators, clusterId, signatures } = this.#model;
    const quorum = quorumSize(this.core.inspect().crashModel, validators.length);
    const others = validators.filter((id) => id !== this.self);
    return others.slice(0, quorum).map((sender) => {
      const signer = new StatementSigner(clusterId, signatures.scheme(validators.indexOf(sender)));
      const statement = { type: 'pre-vote', epoch: EPOCH, term: term as Term, sender } as const;
      return signer.sign<PreVote>(statement);
    });
  }

  async #crash(): Promise<void> {
    const { applied } = this.#application;
    this.#application.rollback(applied.index);
    this.#tampering.disk?.(this.tables, this.node);
    this.#requests = 0;
    await this.#boot();
  }

  async #boot(): Promise<void> {
    const options = this.#model.options(this.node);
    const storage = new MemoryStorage(this.tables);
    this.#core = new Core(options, await restoreCore(storage, this.#application.info(), options));
    this.input({ type: 'tick' });
    for (const peer of options.validators) {
      if (peer !== this.self) this.input({ type: 'peer-connected', peer });
    }
  }

  /** Feeds the core and answers what it asks, first in first out, until it comes to rest or the power is cut. */
  input(first: Input): void {
    const inputs: Input[] = [first];
    while (inputs.length > 0) {
      const input = inputs.shift();
      if (input === undefined) return;
      const raw = this.core.step(input, { now: this.#now, unixTime: 0 });
      const effects = this.#tampering.effects?.(raw, input, this) ?? raw;
      for (const effect of effects) {
        if (effect.type === 'persist' && this.#writesLeft === 0) return;
        const answer = this.#answer(effect);
        if (answer !== null) inputs.push(answer);
      }
    }
  }

  #answer(effect: Effect): Input | null {
    const application = this.#application;
    switch (effect.type) {
      case 'send':
        this.#send(effect.to, effect.message);
        return null;
      case 'persist':
        this.#writesLeft -= 1;
        this.writes += 1;
        for (const operation of effect.operations) this.#store(operation);
        return { type: 'persisted', ticket: effect.ticket };
      case 'prepare-proposal': {
        if (this.#toPropose === null) {
          return { type: 'proposal-prepared', ticket: effect.ticket, proposal: null };
        }
        const payload = Buffer.from(this.#toPropose);
        this.#toPropose = null;
        const stateDigest = application.info().stateDigest;
        return {
          type: 'proposal-prepared',
          ticket: effect.ticket,
          proposal: { payload, stateDigest },
        };
      }
      case 'process-proposal': {
        const { ticket, entry } = effect;
        const verdict = application.process(entry);
        return { type: 'proposal-processed', ticket, hash: entry.hash, verdict };
      }
      case 'commit': {
        const stateDigest = application.commit(effect.entries, effect.certificate);
        return { type: 'applied', index: application.applied.index, stateDigest };
      }
      case 'rollback':
        application.rollback(effect.to.index);
        return null;
      case 'halt':
        throw new ViolationError(
          'halt',
          `node ${this.node} stops: ${effect.code}: ${effect.reason}`,
        );
      case 'read-entries':
        return this.#read(effect);
      case 'event':
      case 'read-current':
      // The model's application has no snapshots.
      case 'offer-snapshot':
      case 'read-chunk':
      case 'begin-restore':
      case 'restore-chunk':
      case 'abandon-restore':
      case 'finish-restore':
      case 'peers':
      case 'membership-result':
        return null;
    }
  }

  #read(effect: Extract<Effect, { type: 'read-entries' }>): Input {
    const entries: Entry[] = [];
    for (let index: number = effect.from; index <= effect.to; index += 1) {
      const entry = this.entryAt(index);
      if (entry === null) break;
      entries.push(entry);
    }
    return { type: 'entries-read', ticket: effect.ticket, entries, certificate: null };
  }

  entryAt(index: number): Entry | null {
    const value = this.tables.numbered.get('entries')?.get(index);
    return value === undefined ? null : decodeEntry(value);
  }

  #send(to: NodeId, message: Message): void {
    if (message.type === 'fetch') this.#requests = Math.max(this.#requests, message.request);
    if (message.type === 'vote' && message.vote.voter === this.self) {
      const { term, index, hash } = message.vote;
      const promised = this.#promised();
      if (term < promised)
        this.#fail('promise', `votes in term ${term} after promising ${promised}`);
      this.#requireChain(index, hash);
      if (message.vote.phase === 'commit') this.#requireLock(message.vote);
    }
    this.#sent.push({ to: this.#model.validators.indexOf(to), message });
  }

  /** Rule *durability*: the entry and all its ancestors. */
  #requireChain(index: number, hash: EntryHash): void {
    let expected = hash;
    for (let at = index; at > 0; at -= 1) {
      const entry = this.entryAt(at);
      if (entry?.hash !== expected)
        this.#fail('durability', `votes for ${index} without entry ${at}`);
      expected = entry?.parentHash ?? expected;
    }
  }

  /** BFT, rules *lock*, *vote*: a commit vote is for exactly what a stored prepare certificate of its term names, or named. */
  #requireLock({ term, index, hash }: Vote): void {
    if (this.core.inspect().crashModel === 'CFT') return;
    const record = this.tables.records.get(RECORDS.lock);
    const lock = record === undefined ? null : decodeLockCertificate(record);
    const isLocked = lock !== null && lock.term >= term && lock.index >= index;
    if (!isLocked || (lock.index === index && lock.hash !== hash)) {
      this.#fail('lock', `votes to commit ${index} in term ${term} without a lock on it`);
    }
  }

  #promised(): number {
    const stored = this.tables.records.get('term-vote');
    return stored === undefined ? 0 : termOf(stored);
  }

  /** One synced write; rules *vote*, *promise* and *proof* as far as a store contradicts itself. */
  #store(operation: StorageOperation): void {
    const { numbered, records } = this.tables;
    if (operation.type === 'put-record') {
      this.#compareRecord(operation.name, operation.value);
      records.set(operation.name, operation.value);
    } else if (operation.type === 'delete-record') records.delete(operation.name);
    else {
      const table = numbered.get(operation.table);
      if (operation.type === 'put') {
        if (operation.table === 'votes' || operation.table === 'commit-votes') {
          this.#compareVote(operation.table, operation.key, operation.value);
        }
        table?.set(operation.key, operation.value);
      }
      for (const key of [...(table?.keys() ?? [])]) {
        const drop =
          (operation.type === 'delete' && key === operation.key) ||
          (operation.type === 'delete-from' && key >= operation.from) ||
          (operation.type === 'delete-below' && key < operation.below);
        if (drop) table?.delete(key);
      }
    }
  }

  #compareVote(table: 'votes' | 'commit-votes', index: number, value: Uint8Array): void {
    const stored = this.tables.numbered.get(table)?.get(index);
    if (stored === undefined) return;
    const [before, after] = [decodeVote(stored), decodeVote(value)];
    if (before.term > after.term)
      this.#fail('vote', `votes in term ${after.term} after ${before.term}`);
    if (before.term === after.term && before.hash !== after.hash) {
      this.#fail('vote', `votes for two entries at term ${after.term}, index ${index}`);
    }
  }

  #compareRecord(name: string, value: Uint8Array): void {
    const stored = this.tables.records.get(name);
    if (stored === undefined) return;
    if (name === 'term-vote') {
      if (termOf(value) < termOf(stored))
        this.#fail('promise', `promises ${termOf(value)} too late`);
      if (termOf(value) === termOf(stored) && lockOf(value) !== lockOf(stored)) {
        this.#fail('promise', `shows two locks in term ${termOf(value)}`);
      }
    }
    if (name === 'binding') {
      const [before, after] = [decodeBinding(stored), decodeBinding(value)];
      if (before.term === after.term && before.termStart.hash !== after.termStart.hash) {
        this.#fail('binding', `binds to two term-starts in term ${after.term}`);
      }
    }
  }

  #durable(): string {
    const { numbered, records } = this.tables;
    const votes = [...(numbered.get('votes') ?? []), ...(numbered.get('commit-votes') ?? [])];
    const names = votes.map(([index, value]) => `${index}:${decodeVote(value).hash}`);
    const record = records.get(RECORDS.lock);
    const lock = record === undefined ? '' : decodeLockCertificate(record).hash;
    return `${this.durableTerm()} ${names.join()} ${lock}`;
  }

  #fail(rule: string, what: string): never {
    throw new ViolationError(rule, `node ${this.node} ${what}`);
  }
}

function termVoteOf(record: Uint8Array): Extract<Message, { type: 'term-vote' }>['termVote'] {
  const message = decodeMessage(record);
  if (message.type !== 'term-vote') throw new Error('the stored term vote is another message');
  return message.termVote;
}

function termOf(record: Uint8Array): number {
  return termVoteOf(record).term;
}

function lockOf(record: Uint8Array): string {
  const { lock } = termVoteOf(record);
  return `${lock.term}/${lock.index}/${lock.hash}`;
}
