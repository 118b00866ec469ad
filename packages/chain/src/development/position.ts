/**
 * Where a chain stands: after a block, or after a development operation on it. Everything that is executed next, and
 * everything that nodes agree on, follows from it.
 */
import type { HeaderData } from '../block/block-data.ts';
import { keccak256 } from '../crypto/keccak.ts';
import type { HeaderOverrides } from '../execution/header-rules.ts';
import { bytesOf, type Hash, hashOf, weiOf } from '../primitives.ts';
import { type DevelopmentState, developmentDigest, isUsed } from './development-state.ts';

export interface Position {
  /** Covers all the rest. The head's hash as long as development operations were never used. */
  readonly id: Hash;
  readonly head: HeaderData;
  /** Of the state now: the head's own unless it was edited since. */
  readonly stateRoot: Hash;
  readonly development: DevelopmentState;
}

/** Keeps ids of positions apart from every other use of the hash. */
const DOMAIN = Buffer.from('praline-position-1');

export function positionOf(
  head: HeaderData,
  stateRoot: Hash,
  development: DevelopmentState,
): Position {
  if (!isUsed(development)) return { id: head.hash, head, stateRoot, development };
  const parts = [DOMAIN, bytesOf(head.hash), bytesOf(stateRoot), developmentDigest(development)];
  return { id: hashOf(keccak256(Buffer.concat(parts))), head, stateRoot, development };
}

/** Unix time of a block here, seconds; `agreedSeconds` is that of its log entry. Never before the parent. */
export function nextTimestamp({ head, development }: Position, agreedSeconds: number): number {
  const { nextTimestamp: exact, timestampInterval, timeOffset } = development.settings;
  const wanted =
    exact ??
    (timestampInterval === null ? agreedSeconds + timeOffset : head.timestamp + timestampInterval);
  return Math.max(head.timestamp, wanted);
}

/** Header fields of the next block that operations have set. */
export function headerOverrides({ development }: Position): HeaderOverrides {
  const { nextBaseFee, nextPrevRandao, gasLimit, coinbase } = development.settings;
  return {
    ...(nextBaseFee !== null && { baseFeePerGas: weiOf(nextBaseFee) }),
    ...(nextPrevRandao !== null && { mixHash: nextPrevRandao }),
    ...(gasLimit !== null && { gasLimit }),
    ...(coinbase !== null && { beneficiary: coinbase }),
  };
}

/** The position after a block here: what was set for the next block alone is used up. */
export function positionAfterBlock(
  { development }: Position,
  header: HeaderData,
  agreedSeconds: number,
): Position {
  const { settings } = development;
  const { nextTimestamp: exact, nextBaseFee, nextPrevRandao } = settings;
  if (exact === null && nextBaseFee === null && nextPrevRandao === null) {
    return positionOf(header, header.stateRoot, development);
  }
  // The clock goes on from a time that was set, as in Hardhat and Anvil.
  const timeOffset = exact === null ? settings.timeOffset : header.timestamp - agreedSeconds;
  const left = {
    ...settings,
    timeOffset,
    nextTimestamp: null,
    nextBaseFee: null,
    nextPrevRandao: null,
  };
  return positionOf(header, header.stateRoot, { ...development, settings: left });
}
