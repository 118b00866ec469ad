/**
 * The nouns of the protocol, branded so that the compiler keeps them apart.
 *
 * Values of these types are made by decoders and constructors only; inside the core they are trusted.
 */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Ed25519 public key of a node: 64 lower-case hexadecimal digits. */
export type NodeId = Branded<string, 'NodeId'>;
/** Hash of the genesis configuration: 64 lower-case hexadecimal digits. */
export type ClusterId = Branded<string, 'ClusterId'>;
/** SHA-256 of an entry's canonical RLP encoding: 64 lower-case hexadecimal digits. */
export type EntryHash = Branded<string, 'EntryHash'>;
/** Digest of the application's state: 64 lower-case hexadecimal digits. */
export type StateDigest = Branded<string, 'StateDigest'>;
/** Number of a leadership, counted from 1; 0 is the time before any leader. */
export type Term = Branded<number, 'Term'>;
/** Position of an entry in the log, counted from 1; 0 is the root, which is no entry. */
export type LogIndex = Branded<number, 'LogIndex'>;
/** Number of a validator set, counted from 0 at genesis. */
export type Epoch = Branded<number, 'Epoch'>;
/** Ed25519 signature, 64 bytes. */
export type Signature = Branded<Uint8Array, 'Signature'>;
/** Names one asynchronous request of the core to its host, and the host's answer to it. */
export type Ticket = Branded<number, 'Ticket'>;

/** CFT tolerates f crashed of n >= 2f+1 validators, BFT f lying ones of n >= 3f+1. */
export type CrashModel = 'CFT' | 'BFT';
/** What a node is at the moment. An observer follows without voting. */
export type Role = 'leader' | 'candidate' | 'follower' | 'observer';

/** An entry named by its place and its content. */
export interface EntryId {
  readonly index: LogIndex;
  readonly hash: EntryHash;
}

/** Instant of a step. The core knows no other clock. */
export interface Instant {
  /** Monotonic milliseconds since an arbitrary start; drives every timer. */
  readonly now: number;
  /** Unix time in milliseconds; stamps proposals, never a safety decision. */
  readonly unixTime: number;
}
