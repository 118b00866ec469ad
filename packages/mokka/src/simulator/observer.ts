/** What can be seen of a simulated cluster from outside: the trace and the checkers listen here. */
import type { Effect } from '../core/effect.ts';
import type { Entry } from '../core/entry.ts';
import type { Input } from '../core/input.ts';
import type { EntryId } from '../core/types.ts';
import type { StorageOperation } from '../storage/storage.ts';
import type { SignatureRecord } from './world/signatures.ts';

/** Nodes are named by their number. Every method is called at the instant it happens; throwing ends the run. */
export interface Observer {
  /** A node is about to react to an input. */
  input?(node: number, input: Input): void;
  /** An effect is about to be carried out. */
  effect?(node: number, effect: Effect): void;
  /** A key was used for the first time over these bytes. */
  signed?(record: SignatureRecord): void;
  /** An atomic write is on the disk. */
  synced?(node: number, operations: readonly StorageOperation[]): void;
  /** The application made entries durable. */
  applied?(node: number, entries: readonly Entry[]): void;
  /** A snapshot took the place of what the application had applied. */
  restored?(node: number, entry: EntryId): void;
  crashed?(node: number): void;
  booted?(node: number): void;
  /** What a core that ends has ignored since it booted: how many inputs, by reason. */
  ignored?(node: number, counts: ReadonlyMap<string, number>): void;
  /** Something done to the cluster, in words. */
  fault?(description: string): void;
  /** The run is over; `healed` are the nodes that had to recover. */
  finished?(healed: readonly number[]): void;
}

/** Passes everything on to each of `observers`, which may still grow. */
export function combineObservers(observers: readonly Observer[]): Required<Observer> {
  return {
    input: (node, input) => {
      for (const each of observers) each.input?.(node, input);
    },
    effect: (node, effect) => {
      for (const each of observers) each.effect?.(node, effect);
    },
    signed: (record) => {
      for (const each of observers) each.signed?.(record);
    },
    synced: (node, operations) => {
      for (const each of observers) each.synced?.(node, operations);
    },
    applied: (node, entries) => {
      for (const each of observers) each.applied?.(node, entries);
    },
    restored: (node, entry) => {
      for (const each of observers) each.restored?.(node, entry);
    },
    crashed: (node) => {
      for (const each of observers) each.crashed?.(node);
    },
    booted: (node) => {
      for (const each of observers) each.booted?.(node);
    },
    ignored: (node, counts) => {
      for (const each of observers) each.ignored?.(node, counts);
    },
    fault: (description) => {
      for (const each of observers) each.fault?.(description);
    },
    finished: (healed) => {
      for (const each of observers) each.finished?.(healed);
    },
  };
}

/** What liars do is nobody's promise. */
export function ofCorrectNodes(observer: Observer, liars: ReadonlySet<number>): Observer {
  if (liars.size === 0) return observer;
  return {
    input: (node, input) => {
      if (!liars.has(node)) observer.input?.(node, input);
    },
    effect: (node, effect) => {
      if (!liars.has(node)) observer.effect?.(node, effect);
    },
    signed: (record) => observer.signed?.(record),
    synced: (node, operations) => {
      if (!liars.has(node)) observer.synced?.(node, operations);
    },
    applied: (node, entries) => {
      if (!liars.has(node)) observer.applied?.(node, entries);
    },
    ignored: (node, counts) => {
      if (!liars.has(node)) observer.ignored?.(node, counts);
    },
    restored: (node, entry) => {
      if (!liars.has(node)) observer.restored?.(node, entry);
    },
    crashed: (node) => {
      if (!liars.has(node)) observer.crashed?.(node);
    },
    booted: (node) => {
      if (!liars.has(node)) observer.booted?.(node);
    },
    finished: (healed) => observer.finished?.(healed),
  };
}
