/**
 * A virtual replicated application: its state is the digest of all payloads applied so far, a payload is a list of
 * command numbers of which each may be applied once.
 *
 * Calls are answered one after the other, as the contract of `Application` promises. What was committed is durable on its own,
 * apart from the node's log, so after a crash it may be ahead of that log or behind it. It checks what the core owes it
 * (rule name `application`): known parents, no gaps, a rollback before anything conflicting.
 */
import type { ApplicationInfo, Proposal, ProposalVerdict } from '../../application.ts';
import type { CommitCertificate } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import type { EntryHash, EntryId, LogIndex, StateDigest } from '../../core/types.ts';
import { digestHex, digestOf } from './digest.ts';
import type { Random } from './random.ts';
import { type SnapshotState, type SnapshotSubject, VirtualSnapshots } from './snapshots.ts';
import type { Timeline } from './timeline.ts';
import { ViolationError } from './violation.ts';

/** Most commands in one payload. */
const MAX_COMMANDS = 4;
const DIGEST_KEY = 0x61707000;

const GENESIS_DIGEST = digestHex(digestOf(new Uint8Array(), DIGEST_KEY)) as StateDigest;

type State = SnapshotState;

interface Call {
  /** Does the work and returns what tells the caller. */
  readonly run: () => () => void;
  /** The part that a crash in the middle of the call may or may not leave behind. */
  readonly durable: boolean;
}

export interface ApplicationSettings {
  readonly name: string;
  readonly rootHash: EntryHash;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly snapshotRandom: Random;
  readonly encodeCertificate: (certificate: CommitCertificate) => Uint8Array;
  /** Told when a right proposal is refused by chance. */
  readonly onRefused: () => void;
}

export class VirtualApplication {
  /** Mean milliseconds until an answer. */
  meanAnswer = 1;
  /** Share of right proposals refused. */
  refusal = 0;
  onApplied: (entries: readonly Entry[]) => void = () => {};
  /** Told when a snapshot took the place of the state. */
  onRestored: (entry: EntryId) => void = () => {};
  readonly snapshots: VirtualSnapshots;
  readonly #settings: ApplicationSettings;
  /** Durable: everything applied, in order of index from 1. */
  readonly #applied: State[] = [];
  readonly #appliedCommands = new Set<number>();
  #certificate: CommitCertificate | null = null;
  /** Volatile: accepted and not committed, and commands waiting. */
  #accepted: State[] = [];
  readonly #pending = new Set<number>();
  #calls: Call[] = [];
  #generation = 0;

  constructor(settings: ApplicationSettings) {
    this.#settings = settings;
    this.snapshots = new VirtualSnapshots({
      subject: this.#subject(),
      timeline: settings.timeline,
      random: settings.snapshotRandom,
      meanAnswer: () => this.meanAnswer,
    });
  }

  #subject(): SnapshotSubject {
    const info = (): ApplicationInfo => this.info;
    return {
      get info() {
        return info();
      },
      states: () => this.#applied,
      isReplayable,
      enqueue: (run) => this.#enqueue(true, run),
      replace: (states, certificate) => this.#replace(states, certificate),
    };
  }

  /** Nothing is accepted any more, and everything that was applied is among what comes. */
  #replace(states: readonly SnapshotState[], certificate: CommitCertificate): void {
    const index = this.#lastApplied().id.index;
    if (states.length <= index) this.#fail(`takes a snapshot of ${states.length} at ${index}`);
    this.#accepted = [];
    this.#applied.splice(0, this.#applied.length, ...states);
    for (const command of states.flatMap(({ commands }) => commands)) {
      this.#appliedCommands.add(command);
      this.#pending.delete(command);
    }
    this.#certificate = certificate;
    this.onRestored(this.#lastApplied().id);
  }

  get info(): ApplicationInfo {
    const last = this.#lastApplied();
    const certificate =
      this.#certificate === null ? null : this.#settings.encodeCertificate(this.#certificate);
    return { applied: last.id, stateDigest: last.digest, certificate };
  }

  /** Index of the last entry made durable. */
  get appliedIndex(): LogIndex {
    return this.#lastApplied().id.index;
  }

  hasApplied(command: number): boolean {
    return this.#appliedCommands.has(command);
  }

  /** Hashes of everything applied, from index 1. */
  appliedHashes(): readonly EntryHash[] {
    return this.#applied.map((state) => state.id.hash);
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** A client's command arrives. False when it is known or done. */
  submit(command: number): boolean {
    if (this.#appliedCommands.has(command) || this.#pending.has(command)) return false;
    this.#pending.add(command);
    return true;
  }

  prepare(parent: EntryId, answer: (proposal: Proposal | null) => void): void {
    this.#enqueue(false, () => {
      const proposal = this.#prepare(parent);
      return () => answer(proposal);
    });
  }

  process(entry: Entry, answer: (verdict: ProposalVerdict) => void): void {
    this.#enqueue(false, () => {
      const verdict = this.#process(entry);
      return () => answer(verdict);
    });
  }

  commit(
    entries: readonly Entry[],
    certificate: CommitCertificate,
    answer: (index: LogIndex, digest: StateDigest) => void,
  ): void {
    this.#enqueue(true, () => {
      this.#commit(entries, certificate);
      const { id, digest } = this.#lastApplied();
      return () => answer(id.index, digest);
    });
  }

  rollback(to: EntryId): void {
    this.#enqueue(false, () => {
      const kept = this.#accepted.filter((state) => state.id.index <= to.index);
      const last = kept.at(-1) ?? this.#lastApplied();
      if (last.id.index === to.index && last.id.hash !== to.hash) {
        this.#fail(`rollback to ${to.index} names another entry than the one accepted there`);
      }
      this.#accepted = kept;
      return () => {};
    });
  }

  /** Power is cut. A commit under way may have become durable or not. */
  crash(): void {
    const running = this.#calls[0];
    this.#calls = [];
    this.#generation += 1;
    this.snapshots.crash();
    if (running?.durable === true && this.#settings.random.chance(0.5)) running.run();
    this.#accepted = [];
    this.#pending.clear();
  }

  /** Its folder is gone, too. Only while the node is down. */
  wipe(): void {
    this.#applied.length = 0;
    this.#appliedCommands.clear();
    this.#certificate = null;
    this.snapshots.wipe();
  }

  #enqueue(durable: boolean, run: () => () => void): void {
    this.#calls.push({ run, durable });
    if (this.#calls.length === 1) this.#startNext();
  }

  #startNext(): void {
    const generation = this.#generation;
    const { timeline, random } = this.#settings;
    timeline.after(random.exponential(this.meanAnswer), () => {
      if (generation !== this.#generation) return;
      const call = this.#calls[0];
      if (call === undefined) return;
      const tellCaller = call.run();
      this.#calls.shift();
      if (this.#calls.length > 0) this.#startNext();
      // Last, since the caller may crash on the answer.
      tellCaller();
    });
  }

  #lastApplied(): State {
    const root = { index: 0 as LogIndex, hash: this.#settings.rootHash };
    return this.#applied.at(-1) ?? { id: root, digest: GENESIS_DIGEST, commands: [] };
  }

  /** The state after the entry `id`, if it is accepted or applied. */
  #stateAfter(index: number, hash: EntryHash): State | undefined {
    const last = this.#lastApplied();
    const state =
      index <= last.id.index
        ? index === last.id.index
          ? last
          : this.#applied[index - 1]
        : this.#accepted[index - last.id.index - 1];
    return state?.id.hash === hash ? state : undefined;
  }

  #prepare(parent: EntryId): Proposal | null {
    const before = this.#stateAfter(parent.index, parent.hash);
    if (before === undefined || parent.index < this.#lastApplied().id.index) {
      return this.#fail(`asked to propose on entry ${parent.index}, which it does not know`);
    }
    const used = new Set(
      this.#accepted.filter((s) => s.id.index <= parent.index).flatMap((s) => s.commands),
    );
    const commands = [...this.#pending].filter((command) => !used.has(command));
    if (commands.length === 0) return null;
    const payload = Buffer.from(commands.slice(0, MAX_COMMANDS).join(','), 'latin1');
    return { payload, stateDigest: digestAfter(before.digest, payload) };
  }

  #process(entry: Entry): ProposalVerdict {
    const applied = this.#lastApplied().id.index;
    const known = this.#stateAfter(entry.index, entry.hash);
    if (known !== undefined) return { accepted: true, stateDigest: known.digest };
    if (entry.index <= applied) {
      return this.#fail(`asked to accept another entry ${entry.index} than the one it applied`);
    }
    const state = this.#execute(entry);
    if (this.#accepted.length >= entry.index - applied) {
      this.#fail(`asked to accept another entry ${entry.index} without a rollback first`);
    }
    if (entry.kind === 'payload' && this.#settings.random.chance(this.refusal)) {
      this.#settings.onRefused();
      return { accepted: false, reason: 'refused by chance' };
    }
    this.#accepted.push(state);
    return { accepted: true, stateDigest: state.digest };
  }

  #execute(entry: Entry): State {
    const before = this.#stateAfter(entry.index - 1, entry.parentHash);
    if (before === undefined) {
      return this.#fail(`entry ${entry.index} given before its parent`);
    }
    if (before.digest !== entry.stateDigest) {
      this.#fail(`entry ${entry.index} carries another digest than the state after its parent`);
    }
    const commands = entry.kind === 'payload' ? commandsOf(entry.payload) : [];
    const digest =
      entry.kind === 'payload' ? digestAfter(before.digest, entry.payload) : before.digest;
    return { id: { index: entry.index, hash: entry.hash }, digest, commands };
  }

  #commit(entries: readonly Entry[], certificate: CommitCertificate): void {
    for (const entry of entries) {
      if (entry.index !== this.#lastApplied().id.index + 1) {
        this.#fail(`entry ${entry.index} committed after ${this.#lastApplied().id.index}`);
      }
      const accepted = this.#accepted[0];
      if (accepted !== undefined && accepted.id.hash !== entry.hash) {
        this.#fail(`entry ${entry.index} committed over another accepted one without a rollback`);
      }
      const state = accepted ?? this.#execute(entry);
      this.#accepted.shift();
      this.#applied.push(state);
      for (const command of state.commands) this.#applyCommand(command, entry);
    }
    this.#certificate = certificate;
    this.onApplied(entries);
  }

  #applyCommand(command: number, entry: Entry): void {
    if (this.#appliedCommands.has(command)) {
      this.#fail(`command ${command} applied a second time, in entry ${entry.index}`);
    }
    this.#appliedCommands.add(command);
    this.#pending.delete(command);
  }

  #fail(what: string): never {
    throw new ViolationError('application', `${this.#settings.name}: ${what}`);
  }
}

export function commandsOf(payload: Uint8Array): number[] {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    .toString('latin1')
    .split(',')
    .map(Number);
}

/** Whether each digest is what the commands before it give. */
function isReplayable(states: readonly SnapshotState[]): boolean {
  let digest = GENESIS_DIGEST;
  for (const [at, state] of states.entries()) {
    const { commands } = state;
    if (commands.length > 0) {
      digest = digestAfter(digest, Buffer.from(commands.join(','), 'latin1'));
    }
    if (state.id.index !== at + 1 || state.digest !== digest) return false;
  }
  return true;
}

/** Chained: the payload's digest is keyed by the state's. */
function digestAfter(before: StateDigest, payload: Uint8Array): StateDigest {
  const words = [0, 8, 16, 24].map((at) => Number.parseInt(before.slice(at, at + 8), 16));
  const key = words.reduce((mixed, word) => Math.imul(mixed, 31) + word, DIGEST_KEY) | 0;
  return digestHex(digestOf(payload, key)) as StateDigest;
}
