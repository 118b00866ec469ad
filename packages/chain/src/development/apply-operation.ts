/**
 * What an operation does to a position, without touching any state: whoever has one (the chain) or has none (who
 * verifies a log) follows it alike.
 */
import type { HeaderData } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import { type Address, type BlockNumber, blockNumberOf, type Hash } from '../primitives.ts';
import {
  type DevelopmentSettings,
  type DevelopmentSnapshot,
  type DevelopmentState,
  IMPERSONATED_MAX,
  INITIAL_SETTINGS,
  REQUESTS_MAX,
  ROLLBACK_DEPTH_MAX,
  SNAPSHOTS_MAX,
  UNUSED,
} from './development-state.ts';
import type {
  AccountEdit,
  DevelopmentOperation,
  OperationOutcome,
  OperationRequest,
} from './operation.ts';
import type { Position } from './position.ts';
import { accountsIn } from './state-archive.ts';

export interface OperationContext {
  /** Agreed Unix time of the log entry, seconds. */
  readonly agreedSeconds: number;
  readonly genesis: HeaderData;
  /** Header of a block that is the head or below it. */
  readonly header: (hash: Hash) => HeaderData;
  /** The head or a block below it, with the root of its last state. Throws `ChainError` where it is not known. */
  readonly block: (number: BlockNumber) => PlacedHeader;
}

export interface PlacedHeader {
  readonly header: HeaderData;
  readonly stateRoot: Hash;
}

/** What becomes of head and state. */
export type StateMove =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'edit';
      readonly accounts: readonly AccountEdit[];
      /** A nonce is raised only: what an account has sent must not be possible again. */
      readonly keepsHigherNonces: boolean;
    }
  | { readonly kind: 'revert'; readonly head: HeaderData; readonly stateRoot: Hash };

export interface AppliedOperation {
  readonly development: DevelopmentState;
  readonly outcome: OperationOutcome;
  readonly move: StateMove;
}

/** Latest time that is accepted, Unix seconds: far beyond use, and far from where sums lose precision. */
const TIMESTAMP_MAX = 1e13;
/** EIP-1985, gas. */
const GAS_LIMIT_MAX = 2n ** 63n - 1n;
/** Yellow Paper 4.3.4, gas. */
const GAS_LIMIT_MIN = 5_000n;
/** Milliseconds: what a timer can hold. */
const INTERVAL_MAX_MS = 2 ** 31 - 1;
/** EIP-2681. */
const NONCE_MAX = 2n ** 64n - 2n;

/** Throws `ChainError` `invalid-request` for an operation that is not possible here. */
export function applyOperation(
  position: Position,
  { id, operation }: OperationRequest,
  context: OperationContext,
): AppliedOperation {
  const before = position.development;
  if (before.requests.some((one) => Buffer.compare(one, id) === 0)) {
    throw refused('the request was applied already');
  }
  const {
    development = before,
    outcome = true,
    move = NO_MOVE,
  } = effectOf(operation, position, context);
  const counted = {
    ...development,
    operations: before.operations + 1,
    requests: [...before.requests, id].slice(-REQUESTS_MAX),
  };
  return { development: counted, outcome, move };
}

const NO_MOVE: StateMove = { kind: 'none' };

/** What is absent: nothing changes, true, no move. */
type Effect = Partial<AppliedOperation>;

function effectOf(
  operation: DevelopmentOperation,
  position: Position,
  context: OperationContext,
): Effect {
  const { development, head } = position;
  const { settings } = development;
  const set = (changes: Partial<DevelopmentSettings>): Effect => ({
    development: { ...development, settings: { ...settings, ...changes } },
  });
  switch (operation.kind) {
    case 'snapshot':
      return takeSnapshot(position, context);
    case 'revert':
      return revert(operation.snapshot, position, context);
    case 'reset':
      return reset(development, context);
    case 'edit':
      for (const edit of operation.accounts) requireEdit(edit);
      return { move: { kind: 'edit', accounts: operation.accounts, keepsHigherNonces: false } };
    case 'load': {
      const accounts = accountsIn(operation.archive);
      for (const edit of accounts) requireEdit(edit);
      return { move: { kind: 'edit', accounts, keepsHigherNonces: true } };
    }
    case 'increase-time':
      return clock(development, settings.timeOffset + operation.seconds, context);
    case 'set-time':
      return clock(development, operation.timestamp - context.agreedSeconds, context);
    case 'set-next-timestamp':
      requireNextTimestamp(operation.timestamp, head);
      return set({ nextTimestamp: operation.timestamp });
    case 'set-timestamp-interval':
      if ((operation.seconds ?? 0) > TIMESTAMP_MAX) throw refused('the interval is too long');
      return {
        ...set({ timestampInterval: operation.seconds }),
        outcome: settings.timestampInterval !== null,
      };
    case 'set-next-base-fee':
      if (head.baseFeePerGas === undefined) throw refused('this chain has no base fee');
      return set({ nextBaseFee: operation.fee });
    case 'set-next-prevrandao':
      return set({ nextPrevRandao: operation.value });
    case 'set-gas-limit':
      if (operation.gasLimit < GAS_LIMIT_MIN || operation.gasLimit > GAS_LIMIT_MAX) {
        throw refused(`a gas limit is from ${GAS_LIMIT_MIN} to ${GAS_LIMIT_MAX}`);
      }
      return set({ gasLimit: operation.gasLimit });
    case 'set-coinbase':
      return set({ coinbase: operation.address });
    case 'set-mining': {
      const { automine, intervalMs } = operation;
      if (intervalMs > INTERVAL_MAX_MS) throw refused('the interval is too long');
      return { development: { ...development, mining: { automine, intervalMs } } };
    }
    case 'impersonate':
      return impersonate(operation.address, development);
    case 'stop-impersonating':
      return {
        outcome: development.impersonated.includes(operation.address),
        development: {
          ...development,
          impersonated: development.impersonated.filter((one) => one !== operation.address),
        },
      };
    case 'auto-impersonate':
      return { development: { ...development, impersonatesAll: operation.enabled } };
    case 'drop-transactions':
      return {};
    case 'rollback':
      return rollback(operation.depth, position, context);
  }
}

function takeSnapshot(position: Position, { agreedSeconds }: OperationContext): Effect {
  const { development, head, stateRoot } = position;
  const id = development.nextSnapshot;
  const taken: DevelopmentSnapshot = {
    id,
    head: head.hash,
    stateRoot,
    takenAt: agreedSeconds,
    settings: development.settings,
  };
  const snapshots = [...development.snapshots, taken].slice(-SNAPSHOTS_MAX);
  return { outcome: id, development: { ...development, nextSnapshot: id + 1, snapshots } };
}

/** As Hardhat does: the clock goes on from where it stood when the snapshot was taken. */
function revert(id: number, { development, head }: Position, context: OperationContext): Effect {
  const at = development.snapshots.findIndex((one) => one.id === id);
  const found = development.snapshots[at];
  if (found === undefined) return { outcome: false };
  const timeOffset = found.settings.timeOffset - (context.agreedSeconds - found.takenAt);
  const target = context.header(found.head);
  return {
    development: {
      ...development,
      snapshots: development.snapshots.slice(0, at),
      settings: { ...found.settings, timeOffset },
      rollbackFloor: floorAfter(development, head, target),
    },
    move: { kind: 'revert', head: target, stateRoot: found.stateRoot },
  };
}

/** As in Anvil the settings stay. Snapshots of blocks that are gone are gone with them. */
function rollback(
  depth: number,
  { development, head }: Position,
  context: OperationContext,
): Effect {
  if (depth > head.number) throw refused(`the chain has ${head.number} blocks, not ${depth}`);
  const lowest = lowestTarget(development, head);
  if (head.number - depth < lowest) {
    throw refused(`at most ${head.number - lowest} blocks can be rolled back here`);
  }
  const target = context.block(blockNumberOf(head.number - depth));
  const stays = (one: DevelopmentSnapshot) =>
    context.header(one.head).number <= target.header.number;
  return {
    development: {
      ...development,
      snapshots: development.snapshots.filter(stays),
      rollbackFloor: floorAfter(development, head, target.header),
    },
    move: { kind: 'revert', head: target.header, stateRoot: target.stateRoot },
  };
}

/** Below it states may be gone at some nodes. */
export function lowestTarget({ rollbackFloor }: DevelopmentState, head: HeaderData): number {
  return Math.min(head.number, Math.max(rollbackFloor, head.number - ROLLBACK_DEPTH_MAX));
}

function floorAfter(before: DevelopmentState, head: HeaderData, target: HeaderData): number {
  return Math.min(target.number, lowestTarget(before, head));
}

function reset({ nextSnapshot }: DevelopmentState, { genesis }: OperationContext): Effect {
  return {
    development: { ...UNUSED, settings: INITIAL_SETTINGS, nextSnapshot },
    move: { kind: 'revert', head: genesis, stateRoot: genesis.stateRoot },
  };
}

function clock(
  development: DevelopmentState,
  timeOffset: number,
  { agreedSeconds }: OperationContext,
): Effect {
  const shown = agreedSeconds + timeOffset;
  if (shown < 0 || shown > TIMESTAMP_MAX) throw refused(`time ${shown} is out of range`);
  return {
    outcome: timeOffset,
    development: { ...development, settings: { ...development.settings, timeOffset } },
  };
}

function impersonate(address: Address, development: DevelopmentState): Effect {
  const { impersonated } = development;
  if (impersonated.includes(address)) return {};
  if (impersonated.length >= IMPERSONATED_MAX) {
    throw refused(`${IMPERSONATED_MAX} accounts are impersonated already: stop some first`);
  }
  return { development: { ...development, impersonated: [...impersonated, address] } };
}

function requireNextTimestamp(timestamp: number, head: HeaderData): void {
  if (timestamp < head.timestamp) {
    throw refused(`timestamp ${timestamp} is lower than the last block's ${head.timestamp}`);
  }
  if (timestamp > TIMESTAMP_MAX) throw refused(`timestamp ${timestamp} is out of range`);
}

function requireEdit({ balance, addedBalance, nonce }: AccountEdit): void {
  if (nonce !== null && nonce > NONCE_MAX) throw refused(`a nonce is at most ${NONCE_MAX}`);
  if (balance !== null && addedBalance > 0n) {
    throw refused('a balance is set or added to, not both');
  }
}

function refused(message: string): ChainError {
  return new ChainError('invalid-request', message);
}
