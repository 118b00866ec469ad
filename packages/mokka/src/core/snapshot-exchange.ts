/**
 * Rule *snapshot*: the messages, effects and inputs of giving and taking snapshots, and the state of both. How one is asked for
 * is in `snapshot-fetch.ts`, how it is taken in `snapshot-taking.ts`, how it is given in `snapshot-service.ts`.
 */
import type { ApplicationInfo } from '../application.ts';
import type { SnapshotManifest } from '../snapshot.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { EntryId, Epoch, LogIndex, NodeId, Ticket } from './types.ts';

/** Most chunks of one snapshot. */
export const MAX_SNAPSHOT_CHUNKS = 65_536;
/** Most bytes of one chunk. */
export const MAX_CHUNK_BYTES = 262_144;

/** A membership entry and the certificate that names exactly it. */
export interface CertifiedMembership {
  readonly entry: Entry;
  readonly certificate: CommitCertificate;
}

/** A snapshot with what proves it. */
export interface SnapshotOffer {
  readonly manifest: SnapshotManifest;
  /** The entry it was made at. */
  readonly base: Entry;
  /** From the child of `base`, which names the snapshot's digest, to the one that the certificate names. */
  readonly next: readonly Entry[];
  readonly certificate: CommitCertificate;
  /** Those above the epoch of the asker up to `base`, in order: they tell whose votes the certificate needs. */
  readonly memberships: readonly CertifiedMembership[];
}

export type SnapshotMessage =
  /** Ask for a snapshot made at entry `from` or above. The sender knows the members up to `epoch`. */
  | {
      readonly type: 'snapshot-request';
      readonly request: number;
      readonly from: LogIndex;
      readonly epoch: Epoch;
    }
  /** Answer to `snapshot-request`; null when the sender has none to give now. */
  | {
      readonly type: 'snapshot-offer';
      readonly request: number;
      readonly offer: SnapshotOffer | null;
    }
  /** Ask for a chunk, numbered from 0, of the snapshot made at `entry`, of whoever has it. */
  | {
      readonly type: 'chunk-request';
      readonly request: number;
      readonly entry: EntryId;
      readonly chunk: number;
    }
  /** Answer to `chunk-request`; null when the sender does not keep it. */
  | {
      readonly type: 'chunk';
      readonly request: number;
      readonly chunk: number;
      readonly bytes: Uint8Array | null;
    };

/** What is asked of the host. Each is answered, but for `abandon-restore`. */
export type SnapshotEffect =
  /**
   * Ask the application for a snapshot at `minimum` or above, if it has several for one below `committed`, and read what proves it from the store (the entry, the smallest
   * certificate that covers its child, or `newest` where none is stored yet, the entries between, and the memberships above
   * `epoch`); answer `snapshot-offered`.
   */
  | {
      readonly type: 'offer-snapshot';
      readonly ticket: Ticket;
      readonly minimum: LogIndex;
      readonly committed: LogIndex;
      readonly epoch: Epoch;
      readonly newest: CommitCertificate | null;
    }
  /** Ask the application for a chunk, answer `chunk-read`. */
  | {
      readonly type: 'read-chunk';
      readonly ticket: Ticket;
      readonly entry: EntryId;
      readonly chunk: number;
    }
  /** These four go to the application one after the other; they may run beside its other calls. Answer `restore-begun`. */
  | {
      readonly type: 'begin-restore';
      readonly ticket: Ticket;
      readonly manifest: SnapshotManifest;
    }
  /** Answer `chunk-restored`. */
  | {
      readonly type: 'restore-chunk';
      readonly ticket: Ticket;
      readonly chunk: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'abandon-restore' }
  /** Takes its turn among the application's other calls. Answer `restored`. */
  | {
      readonly type: 'finish-restore';
      readonly ticket: Ticket;
      readonly certificate: CommitCertificate;
    };

/** What a call of the application came to; `code` is that of its error. */
export type RestoreOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Answers to the effects. */
export type SnapshotInput =
  | {
      readonly type: 'snapshot-offered';
      readonly ticket: Ticket;
      /** Where the application's newest snapshot was made, also while nothing proves it yet. */
      readonly at: LogIndex | null;
      readonly offer: SnapshotOffer | null;
    }
  | { readonly type: 'chunk-read'; readonly ticket: Ticket; readonly bytes: Uint8Array | null }
  /** The numbers of the chunks that are here already. */
  | {
      readonly type: 'restore-begun';
      readonly ticket: Ticket;
      readonly result: RestoreOutcome<readonly number[]>;
    }
  | {
      readonly type: 'chunk-restored';
      readonly ticket: Ticket;
      readonly result: RestoreOutcome<null>;
    }
  | {
      readonly type: 'restored';
      readonly ticket: Ticket;
      readonly result: RestoreOutcome<ApplicationInfo>;
    };

/** Peers are asked for a snapshot, one after the other; entries are fetched meanwhile. */
export interface SnapshotSearch {
  readonly phase: 'asking';
  readonly request: number;
  /** In the order in which they were asked; an answer of any of them is taken. */
  readonly asked: Set<NodeId>;
  readonly answered: Set<NodeId>;
  /** The next one is asked here. */
  deadline: number;
  /** All were asked. */
  isClosing: boolean;
}

/** A verified snapshot is on its way. Entries are fetched until its first chunk is here: who offered it may fall silent. */
export interface SnapshotTaking {
  /**
   * `beginning`: the application looks what it has. `fetching`: chunks arrive. `ready`: all are here, nothing else is asked of
   * the application any more. `recording`: what completes the installation after a crash is written. `finishing`: the
   * application makes it its state.
   */
  phase: 'beginning' | 'fetching' | 'ready' | 'recording' | 'finishing';
  readonly offer: SnapshotOffer;
  /** Who offered it. */
  readonly from: NodeId;
  /** The call under way at the application. */
  ticket: Ticket | null;
  /** Chunks that are not asked for yet, in order. */
  missing: number[];
  readonly asked: Map<
    number,
    { readonly peer: NodeId; readonly request: number; deadline: number }
  >;
  /** Right ones that wait for the application. */
  readonly arrived: { readonly chunk: number; readonly bytes: Uint8Array }[];
  /** Peers that do not have this snapshot. */
  readonly without: Set<NodeId>;
  /** Whether a chunk arrived. */
  isArriving: boolean;
  /** How often in a row the offerer did not answer. */
  unanswered: number;
  /** The last instant at which a chunk arrived. */
  progressAt: number;
  /** The offerer must have given everything by then. */
  readonly deadline: number;
  /** How often the application asked for chunks again after all of them were here. */
  repetitions: number;
}

export interface SnapshotExchange {
  fetch: SnapshotSearch | SnapshotTaking | null;
  /** Nobody had one, or this machine could not take it: none is asked for before. */
  retryAt: number;
  /** How often in a row this machine could not take one, and what was said of it last. */
  failed: { readonly times: number; readonly message: string } | null;
  /** A peer has pruned the entries that this node needs. */
  arePruned: boolean;
  /** Peers that offered or sent what was not right are not asked before. */
  readonly refusedUntil: Map<NodeId, number>;
  /** How many snapshots of each peer could not be had, since the last one that could: the fewest are asked first. */
  readonly unobtainable: Map<NodeId, number>;
  /** The newest snapshot that peers asked for, and until when what follows it is not pruned: they need that next. */
  held: { readonly at: LogIndex; readonly until: number } | null;
  /** The last offer that could be proved, for those who know the members up to `epoch` or later: a newer one may not be yet. */
  proved: { readonly offer: SnapshotOffer; readonly epoch: Epoch } | null;
  /** Peers that wait for a snapshot made at `at`, until an entry above it is committed and proves it. */
  readonly waiting: Map<
    NodeId,
    {
      readonly request: number;
      readonly from: LogIndex;
      readonly epoch: Epoch;
      readonly at: LogIndex;
    }
  >;
  /** What the host is preparing for peers. */
  readonly serving: Map<Ticket, ServedRequest>;
}

export type ServedRequest =
  | {
      readonly kind: 'offer';
      readonly to: NodeId;
      readonly request: number;
      readonly from: LogIndex;
      readonly epoch: Epoch;
      /** Whether it was read anew, once what proves it was there. */
      readonly isRepeated: boolean;
    }
  | {
      readonly kind: 'chunk';
      readonly to: NodeId;
      readonly request: number;
      readonly chunk: number;
    };

export function newSnapshotExchange(): SnapshotExchange {
  return {
    fetch: null,
    retryAt: 0,
    failed: null,
    arePruned: false,
    refusedUntil: new Map(),
    unobtainable: new Map(),
    held: null,
    proved: null,
    waiting: new Map(),
    serving: new Map(),
  };
}

/** Whether a verified snapshot arrives: then no entries are fetched. */
export function isTakingSnapshot({ fetch }: SnapshotExchange): boolean {
  if (fetch === null || fetch.phase === 'asking') return false;
  return fetch.isArriving || fetch.phase === 'recording' || fetch.phase === 'finishing';
}

/** Whether the application is about to change its state: then nothing else is asked of it. */
export function holdsExecution({ fetch }: SnapshotExchange): boolean {
  if (fetch === null) return false;
  return fetch.phase === 'ready' || fetch.phase === 'recording' || fetch.phase === 'finishing';
}
