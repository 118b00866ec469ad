/**
 * Carries out what the core asks about snapshots: what is given is read from the store, what is taken goes to the application one
 * call after the other. Whatever fails is answered; only the core decides what follows from it.
 */
import type { Application } from '../application.ts';
import { encodeCertificate } from '../codec/certificate-codec.ts';
import type { Input } from '../core/input.ts';
import type { RestoreOutcome, SnapshotEffect, SnapshotOffer } from '../core/snapshot-exchange.ts';
import type { SnapshotApplication } from '../snapshot.ts';
import { ApplicationCalls } from './application-calls.ts';
import type { Logger } from './logger.ts';
import type { StoredLog } from './stored-log.ts';

export interface SnapshotCallsModules {
  readonly application: Application;
  readonly storedLog: StoredLog;
  /** The application's other calls. */
  readonly calls: ApplicationCalls;
  readonly logger: Logger;
  readonly input: (input: Input) => void;
  /** The store could not be read. */
  readonly failed: (error: unknown) => void;
}

type Effect<T extends SnapshotEffect['type']> = Extract<SnapshotEffect, { type: T }>;

export class SnapshotCalls {
  readonly #modules: SnapshotCallsModules;
  readonly #restoreCalls = new ApplicationCalls();
  #closed = false;

  constructor(modules: SnapshotCallsModules) {
    this.#modules = modules;
  }

  run(effect: SnapshotEffect): void {
    const { snapshots } = this.#modules.application;
    // The core was told whether there are any.
    if (snapshots === undefined) return;
    switch (effect.type) {
      case 'offer-snapshot':
        void this.#offer(snapshots, effect);
        return;
      case 'read-chunk':
        void this.#readChunk(snapshots, effect);
        return;
      case 'begin-restore': {
        const { ticket, manifest } = effect;
        this.#restore(
          this.#restoreCalls,
          () => snapshots.beginRestore(manifest),
          (result) => ({ type: 'restore-begun', ticket, result }),
        );
        return;
      }
      case 'restore-chunk': {
        const { ticket, chunk, bytes } = effect;
        this.#restore(
          this.#restoreCalls,
          async () => {
            await snapshots.restoreChunk(chunk, bytes);
            return null;
          },
          (result) => ({ type: 'chunk-restored', ticket, result }),
        );
        return;
      }
      case 'abandon-restore':
        this.#restoreCalls.run(
          () => snapshots.abandonRestore(),
          () => undefined,
          (error) => this.#warn(error, 'a snapshot could not be abandoned'),
        );
        return;
      case 'finish-restore': {
        const { ticket, certificate } = effect;
        this.#restore(
          this.#modules.calls,
          () => snapshots.finishRestore(encodeCertificate(certificate)),
          (result) => ({ type: 'restored', ticket, result }),
        );
        return;
      }
    }
  }

  /** Resolves when the present call has answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#restoreCalls.close();
  }

  #restore<T>(
    calls: ApplicationCalls,
    call: () => Promise<T>,
    answer: (result: RestoreOutcome<T>) => Input,
  ): void {
    calls.run(
      call,
      (value) => this.#modules.input(answer({ ok: true, value })),
      (error) => this.#modules.input(answer({ ok: false, ...describe(error) })),
    );
  }

  async #offer(
    snapshots: SnapshotApplication,
    { ticket, minimum, committed, epoch, newest }: Effect<'offer-snapshot'>,
  ): Promise<void> {
    const { storedLog } = this.#modules;
    let offer: SnapshotOffer | null = null;
    const manifest = await snapshots.offerSnapshot(minimum, committed).catch((error: unknown) => {
      this.#warn(error, 'no snapshot could be made');
      return null;
    });
    try {
      if (manifest !== null && !this.#closed) {
        offer = await storedLog.snapshotOffer(manifest, epoch, newest);
      }
    } catch (error) {
      if (!this.#closed) this.#modules.failed(error);
      return;
    }
    const at = manifest?.entry.index ?? null;
    if (!this.#closed) this.#modules.input({ type: 'snapshot-offered', ticket, at, offer });
  }

  async #readChunk(
    snapshots: SnapshotApplication,
    { ticket, entry, chunk }: Effect<'read-chunk'>,
  ): Promise<void> {
    const bytes = await snapshots.snapshotChunk(entry, chunk).catch((error: unknown) => {
      this.#warn(error, 'a chunk of a snapshot could not be read');
      return null;
    });
    if (!this.#closed) this.#modules.input({ type: 'chunk-read', ticket, bytes });
  }

  #warn(error: unknown, message: string): void {
    this.#modules.logger.warn(describe(error), message);
  }
}

function describe(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return { code: typeof code === 'string' ? code : 'snapshot-failed', message };
}
