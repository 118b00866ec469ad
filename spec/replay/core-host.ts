/**
 * One real core whose disk and application answer at once, but for the two answers a model's step decides about: what the
 * application says to a proposal, and what it proposes.
 */
import { decodeLockCertificate } from '../../packages/mokka/src/codec/certificate-codec.ts';
import { decodeEntry } from '../../packages/mokka/src/codec/entry-codec.ts';
import { decodeMessage } from '../../packages/mokka/src/codec/message-codec.ts';
import { decodeBinding, decodeVote } from '../../packages/mokka/src/codec/record-codec.ts';
import type { Certificate } from '../../packages/mokka/src/core/certificate.ts';
import { Core } from '../../packages/mokka/src/core/core.ts';
import { RECORDS } from '../../packages/mokka/src/core/durability.ts';
import type { Effect } from '../../packages/mokka/src/core/effect.ts';
import type { Entry } from '../../packages/mokka/src/core/entry.ts';
import type { Input } from '../../packages/mokka/src/core/input.ts';
import type { Message } from '../../packages/mokka/src/core/message.ts';
import type { CoreOptions } from '../../packages/mokka/src/core/options.ts';
import type { TermBinding } from '../../packages/mokka/src/core/restored-state.ts';
import type { TermVote, Vote } from '../../packages/mokka/src/core/statements.ts';
import { TestApplication } from '../../packages/mokka/src/core/test-application.test.support.ts';
import type { CrashModel, LogIndex, NodeId } from '../../packages/mokka/src/core/types.ts';
import { nodeId, testOptions } from '../../packages/mokka/src/core/virtual-cluster.test.support.ts';
import { createStore, restoreCore } from '../../packages/mokka/src/driver/restore.ts';
import { MemoryStorage, MemoryTables } from '../../packages/mokka/src/storage/memory.ts';

type Asked<T extends Effect['type']> = Extract<Effect, { type: T }>;

export class CoreHost {
  readonly number: number;
  /** What it sent since the last start, oldest first. */
  readonly sent: { readonly to: NodeId; readonly message: Message }[] = [];
  readonly #count: number;
  readonly #crashModel: CrashModel;
  readonly #tables = new MemoryTables();
  readonly #application = new TestApplication();
  #core: Core | null = null;
  #now = 0;
  /** Proposals the application was asked about, which no step has answered yet. */
  #processing: Asked<'process-proposal'>[] = [];
  #preparing: Asked<'prepare-proposal'> | null = null;

  private constructor(number: number, count: number, crashModel: CrashModel) {
    this.number = number;
    this.#count = count;
    this.#crashModel = crashModel;
  }

  static async started(
    number: number,
    count: number,
    crashModel: CrashModel = 'CFT',
  ): Promise<CoreHost> {
    const host = new CoreHost(number, count, crashModel);
    await createStore(new MemoryStorage(host.#tables), host.#options());
    await host.restart();
    return host;
  }

  get core(): Core {
    if (this.#core === null) throw new Error('the core was not started');
    return this.#core;
  }

  /** Starts anew from what is durable. */
  async restart(): Promise<void> {
    this.#processing = [];
    this.#preparing = null;
    this.#application.crash();
    this.sent.length = 0;
    const options = this.#options();
    const storage = new MemoryStorage(this.#tables);
    this.#core = new Core(options, await restoreCore(storage, this.#application.info(), options));
    await this.feed({ type: 'tick' });
    for (let peer = 0; peer < this.#count; peer += 1) {
      if (peer !== this.number) await this.feed({ type: 'peer-connected', peer: nodeId(peer) });
    }
  }

  async receive(from: number, message: Message): Promise<void> {
    await this.feed({ type: 'message', from: nodeId(from), message });
  }

  /** Lets time pass, with every tick that is due. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const deadline = this.core.nextDeadline();
      if (deadline === null || deadline > end) break;
      this.#now = Math.max(this.#now, deadline);
      await this.feed({ type: 'tick' });
    }
    this.#now = end;
    await this.feed({ type: 'tick' });
  }

  async feed(input: Input): Promise<void> {
    const instant = { now: this.#now, unixTime: 1_700_000_000_000 + this.#now };
    for (const effect of this.core.step(input, instant)) await this.#run(effect);
    await this.#processStored();
  }

  /** The application accepts this proposal. */
  async accept(entry: Entry): Promise<void> {
    const asked = this.#processing.find((one) => one.entry.hash === entry.hash);
    if (asked === undefined) throw new Error(`node ${this.number} was not asked about the entry`);
    await this.#answer(asked);
  }

  /** The application has a payload for the leader. */
  async proposes(payload: string): Promise<void> {
    const asked = this.#preparing;
    if (asked === null) throw new Error(`node ${this.number} did not ask for a proposal`);
    this.#preparing = null;
    this.#application.pending.push(new TextEncoder().encode(payload));
    const proposal = this.#application.prepare(asked.parent);
    await this.feed({ type: 'proposal-prepared', ticket: asked.ticket, proposal });
    // The leader has its own application judge it, too.
    const own = this.#processing.find(({ entry }) => entry.proposer === nodeId(this.number));
    if (own !== undefined) await this.#answer(own);
  }

  lastSent<T extends Message['type']>(type: T): Extract<Message, { type: T }> | undefined {
    return this.lastSentTo(type)?.message;
  }

  lastSentTo<T extends Message['type']>(
    type: T,
  ): { readonly to: NodeId; readonly message: Extract<Message, { type: T }> } | undefined {
    return this.sent.findLast(({ message }) => message.type === type) as
      | { readonly to: NodeId; readonly message: Extract<Message, { type: T }> }
      | undefined;
  }

  /** The log on the disk. */
  storedEntries(): Entry[] {
    return [...this.#table('entries')].map(([, bytes]) => decodeEntry(bytes));
  }

  /** The last vote at each index on the disk. */
  storedVotes(): Vote[] {
    return [...this.#table('votes')].map(([, bytes]) => decodeVote(bytes));
  }

  /** BFT: likewise for the second phase. */
  storedCommitVotes(): Vote[] {
    return [...this.#table('commit-votes')].map(([, bytes]) => decodeVote(bytes));
  }

  /** BFT: the certificate on the disk. */
  storedLock(): Certificate | null {
    const bytes = this.#tables.records.get(RECORDS.lock);
    return bytes === undefined ? null : decodeLockCertificate(bytes);
  }

  storedTermVote(): TermVote | null {
    const bytes = this.#tables.records.get(RECORDS.termVote);
    if (bytes === undefined) return null;
    const message = decodeMessage(bytes);
    if (message.type !== 'term-vote') throw new Error('the stored term vote is something else');
    return message.termVote;
  }

  storedBinding(): TermBinding | null {
    const bytes = this.#tables.records.get(RECORDS.binding);
    return bytes === undefined ? null : decodeBinding(bytes);
  }

  #options(): CoreOptions {
    return testOptions(this.number, this.#count, {}, this.#crashModel);
  }

  #table(name: 'entries' | 'votes' | 'commit-votes'): [number, Uint8Array][] {
    return [...(this.#tables.numbered.get(name) ?? [])].sort(([left], [right]) => left - right);
  }

  async #run(effect: Effect): Promise<void> {
    switch (effect.type) {
      case 'send':
        this.sent.push(effect);
        return;
      case 'persist':
        await new MemoryStorage(this.#tables).write(effect.operations);
        return this.feed({ type: 'persisted', ticket: effect.ticket });
      case 'process-proposal':
        this.#processing.push(effect);
        return;
      case 'prepare-proposal':
        this.#preparing = effect;
        return;
      case 'commit': {
        const stateDigest = this.#application.commit(effect.entries, effect.certificate);
        const index = effect.entries.at(-1)?.index ?? (0 as LogIndex);
        return this.feed({ type: 'applied', index, stateDigest });
      }
      case 'rollback':
        // The core asked for nothing that is above, or forgot it.
        this.#application.rollback(effect.to.index);
        this.#processing = [];
        return;
      default:
        return;
    }
  }

  /** Entries that are in the log already were accepted by an earlier step: they are only executed. */
  async #processStored(): Promise<void> {
    const stored = new Set(this.storedEntries().map((entry) => entry.hash));
    const asked = this.#processing.find(({ entry }) => stored.has(entry.hash));
    if (asked !== undefined) await this.#answer(asked);
  }

  async #answer(asked: Asked<'process-proposal'>): Promise<void> {
    this.#processing = this.#processing.filter((one) => one !== asked);
    const { entry, ticket } = asked;
    const height = this.#application.committed.length + this.#application.accepted.length;
    // A certificate may have taken the application past the entry meanwhile.
    const verdict =
      entry.index === height + 1
        ? this.#application.process(entry)
        : ({ accepted: false, reason: 'past it' } as const);
    await this.feed({ type: 'proposal-processed', ticket, hash: entry.hash, verdict });
  }
}
