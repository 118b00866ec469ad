/**
 * The world of a scenario: real cores, and everything around them moved by hand. A message stays in flight until it is
 * delivered or dropped. Each node has a clock of its own, which stands still until the script moves it. The disk syncs at once
 * unless writes are held; the application answers at once.
 */
import {
  decodeCertificate,
  decodeLeaderProof,
  decodeLockCertificate,
} from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeMessage, encodeMessage } from '../codec/message-codec.ts';
import type { CommitCertificate } from '../core/certificate.ts';
import { Core } from '../core/core.ts';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { Input } from '../core/input.ts';
import type { Message } from '../core/message.ts';
import type { CoreOptions, Limits, Timing } from '../core/options.ts';
import { ROOT_HASH, TestApplication } from '../core/test-application.test.support.ts';
import type { CrashModel, LogIndex, NodeId } from '../core/types.ts';
import { testOptions } from '../core/virtual-cluster.test.support.ts';
import { createStore, restoreCore } from '../driver/restore.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import { Printer } from './printer.test.support.ts';
import { ScriptError } from './script.test.support.ts';

/** Inputs that one command may cause at one node; beyond, something goes round in circles. */
const MAX_INPUTS = 10_000;

export interface Flight {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** Settings that differ from the defaults. */
export interface WorldSettings {
  readonly limits: Partial<Limits>;
  readonly timing: Partial<Timing>;
  readonly crashModel: CrashModel;
}

type Write = Extract<Effect, { type: 'persist' }>;

class ScenarioNode {
  readonly options: CoreOptions;
  application = new TestApplication();
  tables = new MemoryTables();
  core: Core | null = null;
  now = 0;
  runs = 0;
  /** True while writes wait for the `sync` command. */
  holdsWrites = false;
  readonly writes: Write[] = [];
  backup: MemoryTables | null = null;
  ignored: ReadonlyMap<string, number> = new Map();

  constructor(options: CoreOptions) {
    this.options = options;
  }

  get running(): Core {
    if (this.core === null) throw new ScriptError('the node is down');
    return this.core;
  }
}

export class ScenarioWorld {
  readonly nodes: readonly ScenarioNode[];
  readonly printer: Printer;
  readonly flights: Flight[] = [];
  /** Delivered messages, for `replay`. */
  readonly delivered: Flight[] = [];
  readonly #lines: string[] = [];
  /** Links that carry nothing, as `lower-higher`. */
  readonly #cuts = new Set<string>();

  constructor(count: number, { limits, timing, crashModel }: WorldSettings) {
    this.nodes = Array.from({ length: count }, (_, number) => {
      const options = testOptions(number, count, { electionJitter: 20, ...timing }, crashModel);
      return new ScenarioNode({ ...options, limits: { ...options.limits, ...limits } });
    });
    this.printer = new Printer({
      validators: this.nodes.map((node) => node.options.self),
      rootHash: ROOT_HASH,
      proofOf: (entry) => decodeLeaderProof(entry.payload),
    });
  }

  node(number: number): ScenarioNode {
    const node = this.nodes[number];
    if (node === undefined) throw new ScriptError(`there is no node n${number}`);
    return node;
  }

  say(line: string): void {
    this.#lines.push(line);
  }

  /** What was said and not yet taken. */
  peekLines(): readonly string[] {
    return this.#lines;
  }

  /** What was said since the last call. */
  takeLines(): string[] {
    return this.#lines.splice(0);
  }

  async boot(number: number): Promise<void> {
    const node = this.node(number);
    if (node.core !== null) throw new ScriptError(`n${number} is up`);
    const storage = new MemoryStorage(node.tables);
    if (node.runs === 0) await createStore(storage, node.options);
    node.runs += 1;
    const restored = await restoreCore(storage, node.application.info(), node.options);
    node.core = new Core(node.options, restored);
    node.ignored = new Map();
    await this.input(number, { type: 'tick' });
    for (const other of this.nodes.keys()) await this.#meet(number, other);
  }

  /** The node loses what is not synced; its peers notice. Messages it sent stay in flight, those to it are lost. */
  async crash(number: number): Promise<void> {
    const node = this.node(number);
    if (node.core === null) throw new ScriptError(`n${number} is down`);
    for (const write of node.writes.splice(0)) this.say(`n${number} loses ${this.#content(write)}`);
    node.core = null;
    node.holdsWrites = false;
    node.application.crash();
    this.dropWhere(({ to }) => to === number);
    for (const other of this.nodes.keys()) await this.#part(number, other);
  }

  /** A peer of the node is gone, for both. */
  async #part(left: number, right: number): Promise<void> {
    for (const [number, peer] of [
      [left, right],
      [right, left],
    ] as const) {
      if (left === right || this.node(number).core === null) continue;
      const { self } = this.node(peer).options;
      await this.input(number, { type: 'peer-disconnected', peer: self });
    }
  }

  async #meet(left: number, right: number): Promise<void> {
    if (left === right || this.#isCut(left, right)) return;
    if (this.node(left).core === null || this.node(right).core === null) return;
    await this.input(left, { type: 'peer-connected', peer: this.node(right).options.self });
    await this.input(right, { type: 'peer-connected', peer: this.node(left).options.self });
  }

  /** Nothing passes between two nodes from now on, what is in flight is lost, and both notice. */
  async cut(left: number, right: number): Promise<void> {
    this.#cuts.add(linkOf(left, right));
    this.dropWhere(({ from, to }) => this.#isCut(from, to));
    await this.#part(left, right);
  }

  async heal(): Promise<void> {
    const pairs = [...this.#cuts].map((link) => link.split('-').map(Number));
    this.#cuts.clear();
    for (const [left = 0, right = 0] of pairs) await this.#meet(left, right);
  }

  #isCut(from: number, to: number): boolean {
    return this.#cuts.has(linkOf(from, to));
  }

  dropWhere(isDropped: (flight: Flight) => boolean): void {
    for (let at = this.flights.length - 1; at >= 0; at -= 1) {
      const flight = this.flights[at];
      if (flight !== undefined && isDropped(flight)) this.flights.splice(at, 1);
    }
  }

  async deliver(flight: Flight): Promise<void> {
    const { from, to, message } = flight;
    const at = this.flights.indexOf(flight);
    if (at >= 0) this.flights.splice(at, 1);
    this.delivered.push(flight);
    if (this.node(to).core === null) return;
    const copy = decodeMessage(encodeMessage(message));
    await this.input(to, { type: 'message', from: this.node(from).options.self, message: copy });
  }

  /** Moves a node's clock on, with every tick that is due; stops early once `until` holds. */
  async pass(number: number, milliseconds: number, until = () => false): Promise<void> {
    const node = this.node(number);
    const end = node.now + milliseconds;
    while (!until()) {
      const due = node.running.nextDeadline();
      if (due === null || due > end) {
        node.now = end;
        return;
      }
      node.now = Math.max(node.now, due);
      await this.input(number, { type: 'tick' });
    }
  }

  /** Syncs the oldest write that is held. */
  async sync(number: number): Promise<void> {
    const write = this.node(number).writes.shift();
    if (write === undefined) throw new ScriptError(`n${number} has no write to sync`);
    await this.input(number, await this.#store(number, write));
  }

  /** Feeds one input and answers what the core asks for, first in first out. */
  async input(number: number, input: Input): Promise<void> {
    const node = this.node(number);
    const inputs: Input[] = [input];
    for (let count = 0; inputs.length > 0; count += 1) {
      if (count > MAX_INPUTS) throw new ScriptError(`n${number} does not come to rest`);
      const next = inputs.shift();
      if (next === undefined || node.core === null) return;
      const effects = node.core.step(next, { now: node.now, unixTime: 1_700_000_000_000 });
      this.#reportIgnored(number);
      const reported = new Set<Message>();
      for (const effect of effects) {
        if (effect.type === 'send' && !reported.has(effect.message)) {
          reported.add(effect.message);
          this.#reportSend(number, effect.message, effects);
        }
        const answer = await this.#run(number, effect);
        if (answer !== null) inputs.push(answer);
      }
    }
  }

  /** Entries in a node's disk or on their way to it, oldest first. */
  log(number: number): Entry[] {
    const node = this.node(number);
    const stored = node.tables.numbered.get('entries') ?? new Map<number, Uint8Array>();
    const keys = [...stored.keys()].sort((left, right) => left - right);
    return keys.map((key) => decodeEntry(stored.get(key) ?? new Uint8Array()));
  }

  state(number: number): string {
    const { core } = this.node(number);
    if (core === null) return 'down';
    return this.printer.state(core.status(), this.log(number), core.position().committed);
  }

  #reportIgnored(number: number): void {
    const node = this.node(number);
    const { ignored } = node.running.status();
    for (const [reason, count] of ignored) {
      if (count > (node.ignored.get(reason) ?? 0)) this.say(`n${number} ignores it: ${reason}`);
    }
    node.ignored = ignored;
  }

  /** One line for each message, however many peers it goes to. */
  #reportSend(number: number, message: Message, effects: readonly Effect[]): void {
    const sent = effects.filter((effect) => effect.type === 'send' && effect.message === message);
    const names: string[] = [];
    for (const effect of sent) {
      if (effect.type !== 'send') continue;
      const to = this.#numberOf(effect.to);
      const isLost = this.#isCut(number, to) || this.node(to).core === null;
      if (!isLost) this.flights.push({ from: number, to, message });
      names.push(isLost ? `(n${to})` : `n${to}`);
    }
    this.say(`n${number} -> ${names.join(' ')}: ${this.printer.message(message)}`);
  }

  async #run(number: number, effect: Effect): Promise<Input | null> {
    const node = this.node(number);
    const { application } = node;
    switch (effect.type) {
      case 'send':
        return null;
      case 'persist':
        if (!node.holdsWrites) return this.#store(number, effect);
        node.writes.push(effect);
        this.say(`n${number} writes ${this.#content(effect)}, not synced`);
        return null;
      case 'read-entries':
        return entriesRead(node.tables, effect);
      case 'prepare-proposal': {
        const proposal = application.prepare(effect.parent);
        return { type: 'proposal-prepared', ticket: effect.ticket, proposal };
      }
      case 'process-proposal': {
        const { ticket, entry } = effect;
        const verdict = application.process(entry);
        return { type: 'proposal-processed', ticket, hash: entry.hash, verdict };
      }
      case 'commit': {
        const stateDigest = application.commit(effect.entries, effect.certificate);
        const names = effect.entries.map((entry) => this.printer.entry(entry));
        this.say(`n${number} commits ${names.join(', ')}`);
        const index = effect.entries.at(-1)?.index ?? (0 as LogIndex);
        return { type: 'applied', index, stateDigest };
      }
      case 'rollback':
        application.rollback(effect.to.index);
        return null;
      case 'event':
        this.#reportEvent(number, effect.event);
        return null;
      case 'read-current':
        this.say(`n${number} may answer reads up to ${effect.through} from ${effect.index} on`);
        return null;
      case 'peers':
        return null;
      case 'membership-result': {
        const { result, request } = effect;
        const answer = result.accepted ? `epoch ${result.epoch}` : result.code;
        this.say(`n${number} answers change ${request}: ${answer}`);
        return null;
      }
      case 'halt':
        this.say(`n${number} STOPS: ${effect.code}`);
        return null;
      case 'offer-snapshot':
      case 'read-chunk':
      case 'begin-restore':
      case 'restore-chunk':
      case 'abandon-restore':
      case 'finish-restore':
        throw new Error(`the application has no snapshots: ${effect.type}`);
    }
  }

  #reportEvent(number: number, event: Extract<Effect, { type: 'event' }>['event']): void {
    if (event.type === 'heartbeat_timeout') this.say(`n${number} misses a leader`);
    if (event.type === 'epoch') this.say(`n${number} is in epoch ${event.epoch}`);
    if (event.type === 'error') this.say(`n${number} reports ${event.code}`);
    if (event.type === 'evidence') {
      this.say(`n${number} has evidence against n${this.#numberOf(event.offender)}`);
    }
    if (event.type !== 'state') return;
    const of =
      event.leader === null || event.role !== 'follower'
        ? ''
        : ` of n${this.#numberOf(event.leader)}`;
    this.say(`n${number} is ${event.role}${of} T${event.term}`);
  }

  async #store(number: number, write: Write): Promise<Input> {
    await new MemoryStorage(this.node(number).tables).write(write.operations);
    this.say(`n${number} stores ${this.#content(write)}`);
    return { type: 'persisted', ticket: write.ticket };
  }

  /** What a transaction holds, without what follows from the rest of it. */
  #content(write: Write): string {
    const parts: string[] = [];
    for (const operation of write.operations) {
      if (operation.type === 'put' && operation.table === 'entries') {
        parts.push(this.printer.entry(decodeEntry(operation.value)));
      } else if (operation.type === 'put' && operation.table === 'votes') {
        parts.push('vote');
      } else if (operation.type === 'put' && operation.table === 'commit-votes') {
        parts.push('commit vote');
      } else if (operation.type === 'put' && operation.table === 'evidence') {
        parts.push('evidence');
      } else if (operation.type === 'put-record' && operation.name === 'lock') {
        parts.push(`lock ${this.printer.id(decodeLockCertificate(operation.value))}`);
      } else if (operation.type === 'delete-record' && operation.name === 'lock') {
        parts.push('no lock');
      } else if (operation.type === 'put' && operation.table === 'certificates') {
        parts.push(this.printer.certificate(decodeCertificate(operation.value)));
      } else if (operation.type === 'delete-from' && operation.table === 'entries') {
        parts.push(`drop from ${operation.from}`);
      } else if (operation.type === 'put-record' && operation.name === 'term-vote') {
        const message = decodeMessage(operation.value);
        if (message.type === 'term-vote') parts.push(`term-vote T${message.termVote.term}`);
      } else if (operation.type === 'put-record' && operation.name === 'binding') {
        parts.push('binding');
      }
    }
    return parts.length === 0 ? 'its term' : parts.join(' + ');
  }

  #numberOf(id: NodeId): number {
    return this.nodes.findIndex((node) => node.options.self === id);
  }
}

function entriesRead(
  tables: MemoryTables,
  effect: Extract<Effect, { type: 'read-entries' }>,
): Input {
  const entries: Entry[] = [];
  let certificate: CommitCertificate | null = null;
  let bytes = 0;
  for (
    let index: number = effect.from;
    index <= effect.to && bytes <= effect.maxBytes;
    index += 1
  ) {
    const value = tables.numbered.get('entries')?.get(index);
    if (value === undefined) break;
    entries.push(decodeEntry(value));
    bytes += value.length;
    const stored = tables.numbered.get('certificates')?.get(index);
    if (stored !== undefined) certificate = decodeCertificate(stored);
  }
  return { type: 'entries-read', ticket: effect.ticket, entries, certificate };
}

function linkOf(left: number, right: number): string {
  return `${Math.min(left, right)}-${Math.max(left, right)}`;
}
