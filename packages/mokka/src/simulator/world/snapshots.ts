/**
 * Snapshots of the virtual application: all states it went through, in a few chunks. Offers vanish, calls fail by chance, and a
 * crash keeps the chunks that were taken. A snapshot is taken only if replaying its commands gives every digest in it.
 */
import type { ApplicationInfo } from '../../application.ts';
import { sha256, toHex } from '../../core/bytes.ts';
import type { CommitCertificate } from '../../core/certificate.ts';
import type { Input } from '../../core/input.ts';
import type { RestoreOutcome, SnapshotEffect } from '../../core/snapshot-exchange.ts';
import type { EntryId, StateDigest } from '../../core/types.ts';
import type { SnapshotManifest } from '../../snapshot.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

const CHUNKS = 4;
/** Chance that a chunk can not be had when it is asked for. */
const VANISHES = 0.03;
/** Chance that a call fails for reasons of this machine. */
const FAILS = 0.01;

/** One entry with the state after it. */
export interface SnapshotState {
  readonly id: EntryId;
  readonly digest: StateDigest;
  readonly commands: readonly number[];
}

/** The application whose snapshots these are. */
export interface SnapshotSubject {
  readonly info: ApplicationInfo;
  states(): readonly SnapshotState[];
  /** Whether each digest is what the commands before it give. */
  isReplayable(states: readonly SnapshotState[]): boolean;
  /** Takes its turn among the other calls; may become durable in a crash. */
  enqueue(run: () => () => void): void;
  replace(states: readonly SnapshotState[], certificate: CommitCertificate): void;
}

export interface SnapshotsSettings {
  readonly subject: SnapshotSubject;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly meanAnswer: () => number;
}

type Prove = (
  manifest: SnapshotManifest,
  effect: SnapshotEffect & { type: 'offer-snapshot' },
) => Input;
type Answer = (input: Input) => void;

export class VirtualSnapshots {
  readonly #settings: SnapshotsSettings;
  /** Durable: the two newest. */
  #offered: { manifest: SnapshotManifest; chunks: readonly Uint8Array[] }[] = [];
  /** Durable. */
  #taken: { manifest: SnapshotManifest; chunks: Map<number, Uint8Array> } | null = null;
  #generation = 0;
  /** Snapshots that became the state. */
  taken = 0;
  /** Calls no longer fail by chance, as on a machine that was repaired. */
  isReliable = false;

  constructor(settings: SnapshotsSettings) {
    this.#settings = settings;
  }

  crash(): void {
    this.#generation += 1;
  }

  wipe(): void {
    this.#taken = null;
    this.#offered = [];
  }

  /** Answers after a while; `prove` reads what proves a snapshot. */
  run(effect: SnapshotEffect, prove: Prove, answer: Answer): void {
    if (effect.type === 'finish-restore') {
      this.#settings.subject.enqueue(() => {
        const result = this.#outcome(() => this.#finish(effect.certificate));
        return () => answer({ type: 'restored', ticket: effect.ticket, result });
      });
      return;
    }
    this.#later(() => this.#runNow(effect, prove, answer));
  }

  #later(run: () => void): void {
    const generation = this.#generation;
    const { timeline, random, meanAnswer } = this.#settings;
    timeline.after(random.exponential(meanAnswer()), () => {
      if (generation === this.#generation) run();
    });
  }

  #runNow(
    effect: Exclude<SnapshotEffect, { type: 'finish-restore' }>,
    prove: Prove,
    answer: Answer,
  ): void {
    switch (effect.type) {
      case 'offer-snapshot': {
        const manifest = this.#offer(effect.minimum, effect.committed);
        const { ticket } = effect;
        answer(
          manifest === null
            ? { type: 'snapshot-offered', ticket, at: null, offer: null }
            : prove(manifest, effect),
        );
        return;
      }
      case 'read-chunk': {
        const bytes = this.#chunk(effect.entry, effect.chunk);
        answer({ type: 'chunk-read', ticket: effect.ticket, bytes });
        return;
      }
      case 'begin-restore': {
        const result = this.#outcome(() => this.#begin(effect.manifest));
        answer({ type: 'restore-begun', ticket: effect.ticket, result });
        return;
      }
      case 'restore-chunk': {
        const result = this.#outcome(() => {
          this.#taken?.chunks.set(effect.chunk, effect.bytes);
          return null;
        });
        answer({ type: 'chunk-restored', ticket: effect.ticket, result });
        return;
      }
      case 'abandon-restore':
        this.#taken = null;
        return;
    }
  }

  #offer(minimum: number, committed: number): SnapshotManifest | null {
    const known = this.#offered.filter(({ manifest }) => manifest.entry.index >= minimum);
    const provable = known.findLast(({ manifest }) => manifest.entry.index < committed);
    const best = provable ?? known.at(-1);
    if (best !== undefined) return best.manifest;
    const { applied, stateDigest } = this.#settings.subject.info;
    if (applied.index < Math.max(1, minimum)) return null;
    const bytes = new TextEncoder().encode(JSON.stringify(this.#settings.subject.states()));
    const size = Math.ceil(bytes.length / CHUNKS);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
    const list = chunks.map((chunk) => ({ hash: toHex(sha256(chunk)), bytes: chunk.length }));
    const manifest = { entry: applied, stateDigest, chunks: list };
    this.#offered = [...this.#offered.slice(-1), { manifest, chunks }];
    return manifest;
  }

  #chunk(entry: EntryId, chunk: number): Uint8Array | null {
    if (!this.isReliable && this.#settings.random.chance(VANISHES)) return null;
    const kept = this.#offered.find(({ manifest }) => manifest.entry.hash === entry.hash);
    return kept?.chunks[chunk] ?? null;
  }

  #begin(manifest: SnapshotManifest): readonly number[] {
    if (manifest.entry.index <= this.#settings.subject.info.applied.index) {
      throw new RestoreFailure('invalid-request');
    }
    if (JSON.stringify(this.#taken?.manifest) !== JSON.stringify(manifest)) {
      this.#taken = { manifest, chunks: new Map() };
    }
    return [...(this.#taken?.chunks.keys() ?? [])].sort((left, right) => left - right);
  }

  #finish(certificate: CommitCertificate): ApplicationInfo {
    const { subject } = this.#settings;
    if (this.#taken === null) throw new RestoreFailure('invalid-request');
    const { manifest, chunks } = this.#taken;
    const parts = manifest.chunks.map((_, chunk) => chunks.get(chunk) ?? new Uint8Array());
    this.#taken = null;
    const states = parseStates(Buffer.concat(parts));
    const last = states?.at(-1);
    const isRight = last?.id.hash === manifest.entry.hash && last.digest === manifest.stateDigest;
    if (states === null || !isRight || !subject.isReplayable(states)) {
      throw new RestoreFailure('invalid-snapshot');
    }
    subject.replace(states, certificate);
    this.taken += 1;
    return subject.info;
  }

  #outcome<T>(call: () => T): RestoreOutcome<T> {
    if (!this.isReliable && this.#settings.random.chance(FAILS)) {
      return { ok: false, code: 'snapshot-failed', message: 'failed by chance' };
    }
    try {
      return { ok: true, value: call() };
    } catch (error) {
      if (!(error instanceof RestoreFailure)) throw error;
      return { ok: false, code: error.message, message: 'refused' };
    }
  }
}

class RestoreFailure extends Error {}

function parseStates(bytes: Uint8Array): readonly SnapshotState[] | null {
  try {
    const states: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(states) ? (states as readonly SnapshotState[]) : null;
  } catch {
    return null;
  }
}
