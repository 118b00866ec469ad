/**
 * The world of a scenario: real cores, and everything around them moved by hand. A message stays in flight until it is
 * delivered or dropped. Each node has a clock of its own, which stands still until the script moves it. The disk syncs at once
 * unless writes are held; the application answers at once.
 */
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeMessage, encodeMessage } from '../codec/message-codec.ts';
import { decodeTermStart } from '../codec/term-start-codec.ts';
import type { CommitCertificate } from '../core/certificate.ts';
import { Core } from '../core/core.ts';
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { Input } from '../core/input.ts';
import type { Message } from '../core/message.ts';
import type { CoreOptions, Limits, Timing } from '../core/options.ts';
import { ROOT_HASH, TestApplication } from '../core/test-application.test.support.ts';
import type { CrashModel, LogIndex, NodeId } from '../core/types.ts';
import { nodeId, testOptions } from '../core/virtual-cluster.test.support.ts';
import { TestSnapshots } from '../core/virtual-snapshots.test.support.ts';
import { createStore, restoreCore } from '../driver/restore.ts';
import { MemoryStorage, MemoryTables } from '../storage/memory.ts';
import { Printer } from './printer.test.support.ts';
import { ScriptError } from './script.test.support.ts';
import { runSnapshot } from './snapshots.test.support.ts';
import { contentOf } from './writes.test.support.ts';

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
  /** Nodes that are validators of genesis; the others join later. */
  readonly validators: number;
  /** Entries kept of the log; null for all. Applications give and take snapshots where it is set. */
  readonly keep: number | null;
}

type Write = Extract<Effect, { type: 'persist' }>;

class ScenarioNode {
  readonly options: CoreOptions;
  readonly application = new TestApplication();
  readonly snapshots = new TestSnapshots(this.application);
  tables = new MemoryTables();
  core: Core | null = null;
  now = 0;
  runs = 0;
  /** True while writes wait for the `sync` command. */
  holdsWrites = false;
  readonly writes: Write[] = [];
  backup: MemoryTables | null = null;
  /** Whom it keeps links to, and the numbers of those with whom it has one. */
  peers: ReadonlySet<NodeId> = new Set();
  readonly linked = new Set<number>();
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
  /** Changes of the members that were asked for. */
  requests = 0;
  readonly #lines: string[] = [];
  /** Links that carry nothing, as `lower-higher`. */
  readonly #cuts = new Set<string>();
  /** Some node keeps links to others than before. */
  #peersChanged = false;

  constructor(count: number, settings: WorldSettings) {
    const { limits, timing, crashModel, validators, keep } = settings;
    this.nodes = Array.from({ length: count }, (_, number) => {
      const options = testOptions(
        number,
        validators,
        { electionJitter: 20, ...timing },
        crashModel,
      );
      const all = { ...options, limits: { ...options.limits, ...limits } };
      const snapshots = { snapshots: true, retention: { entries: keep ?? 0 } };
      return new ScenarioNode(keep === null ? all : { ...all, ...snapshots });
    });
    this.printer = new Printer({
      validators: this.nodes.map((node) => node.options.self),
      rootHash: ROOT_HASH,
      proofOf: (entry) => decodeTermStart(entry.payload).proof,
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
    node.peers = new Set(node.core.peerAddresses().map(({ id }) => id));
    await this.input(number, { type: 'tick' });
    await this.#connect();
  }

  /** The node loses what is not synced; its peers notice. Messages it sent stay in flight, those to it are lost. */
  async crash(number: number): Promise<void> {
    const node = this.node(number);
    if (node.core === null) throw new ScriptError(`n${number} is down`);
    for (const write of node.writes.splice(0))
      this.say(`n${number} loses ${contentOf(this.printer, write)}`);
    node.core = null;
    node.holdsWrites = false;
    node.application.crash();
    this.dropWhere(({ to }) => to === number);
    await this.#connect();
  }

  /** Tells both ends of links that came to be, or are no more: a link is where both run, want one and are not cut off. */
  async #connect(): Promise<void> {
    this.#peersChanged = false;
    for (const [left, one] of this.nodes.entries()) {
      for (const [right, other] of this.nodes.entries()) {
        if (left >= right || one.linked.has(right) === this.#isPossible(left, right)) continue;
        const type = one.linked.has(right) ? 'peer-disconnected' : 'peer-connected';
        for (const [node, peer] of [
          [one, right],
          [other, left],
        ] as const) {
          if (type === 'peer-connected') node.linked.add(peer);
          else node.linked.delete(peer);
        }
        await this.input(left, { type, peer: other.options.self });
        await this.input(right, { type, peer: one.options.self });
      }
    }
  }

  #isPossible(left: number, right: number): boolean {
    const wants = (from: number, to: number): boolean =>
      this.node(from).core !== null && this.node(from).peers.has(nodeId(to));
    return wants(left, right) && wants(right, left) && !this.#isCut(left, right);
  }

  /** Nothing passes between two nodes from now on, what is in flight is lost, and both notice. */
  async cut(left: number, right: number): Promise<void> {
    this.#cuts.add(linkOf(left, right));
    this.dropWhere(({ from, to }) => this.#isCut(from, to));
    await this.#connect();
  }

  async heal(): Promise<void> {
    this.#cuts.clear();
    await this.#connect();
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
    if (this.#peersChanged) await this.#connect();
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
      const isLost = !this.node(number).linked.has(to) && !this.#isPossible(number, to);
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
        this.say(`n${number} writes ${contentOf(this.printer, effect)}, not synced`);
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
        node.peers = new Set(effect.peers.map(({ id }) => id));
        this.#peersChanged = true;
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
        return runSnapshot(node, effect, (line) => this.say(`n${number} ${line}`));
    }
  }

  #reportEvent(number: number, event: Extract<Effect, { type: 'event' }>['event']): void {
    if (event.type === 'heartbeat_timeout') this.say(`n${number} misses a leader`);
    if (event.type === 'epoch') {
      this.say(`n${number} is in epoch ${event.epoch}: ${this.printer.members(event.members)}`);
    }
    if (event.type === 'snapshot') {
      this.say(`n${number} goes on from the snapshot of ${this.printer.id(event.entry)}`);
    }
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
    this.say(`n${number} stores ${contentOf(this.printer, write)}`);
    return { type: 'persisted', ticket: write.ticket };
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
