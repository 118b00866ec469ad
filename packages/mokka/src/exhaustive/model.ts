/** What the search explores: cluster, bounds, and the settings that leave no timer to fire by itself. */
import { type CoreOptions, DEFAULT_LIMITS, type Timing } from '../core/options.ts';
import type { ClusterId, EntryHash, NodeId } from '../core/types.ts';
import { digestHex, digestOf } from '../simulator/world/digest.ts';
import { SignatureRegister } from '../simulator/world/signatures.ts';

/** Bounds of the search: everything that can happen within them is tried. */
export interface Bounds {
  readonly nodes: number;
  /** Terms 1 to this many can be started. */
  readonly terms: number;
  /** Payloads that a leader proposes in its term, above its term-start. */
  readonly entries: number;
  /** Power cuts in one run, each between any two writes or messages of a node. */
  readonly crashes: number;
  /** BFT: this validator lies. All are honest in CFT. */
  readonly liar?: number;
}

/** No timer is ever due but those that the search moves the clock to. */
const NEVER = 1e12;
/** Milliseconds; half of it is a candidate's patience. */
export const ELECTION_TIMEOUT = 1_000;

const TIMING: Timing = {
  heartbeatInterval: NEVER,
  electionTimeout: ELECTION_TIMEOUT,
  electionJitter: 0,
  electionTimeoutMax: ELECTION_TIMEOUT,
  proofExpiration: NEVER,
  progressTimeout: NEVER,
  fetchTimeout: NEVER,
  certificateDelay: NEVER,
};

export interface Model {
  readonly bounds: Bounds;
  readonly validators: readonly NodeId[];
  readonly rootHash: EntryHash;
  readonly clusterId: ClusterId;
  readonly signatures: SignatureRegister;
  options(node: number): CoreOptions;
}

export function createModel(bounds: Bounds): Model {
  const named = (text: string): string => digestHex(digestOf(Buffer.from(text), 2));
  const validators = Array.from({ length: bounds.nodes }, (_, at) => named(`node ${at}`) as NodeId);
  const rootHash = named('root') as EntryHash;
  const clusterId = named('cluster') as ClusterId;
  const signatures = new SignatureRegister(validators);
  return {
    bounds,
    validators,
    rootHash,
    clusterId,
    signatures,
    options: (node) => {
      const self = validators[node];
      if (self === undefined) throw new RangeError(`there is no node ${node}`);
      return {
        self,
        clusterId,
        crashModel: bounds.liar === undefined ? 'CFT' : 'BFT',
        validators,
        rootHash,
        signatures: signatures.scheme(node),
        timing: TIMING,
        limits: DEFAULT_LIMITS,
        seed: 1,
      };
    },
  };
}
