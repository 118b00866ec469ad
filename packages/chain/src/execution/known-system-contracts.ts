/**
 * What the system contracts do when the protocol calls them, without an EVM: every block makes four such calls, and they cost
 * more than its transfers. Only for contracts whose code is exactly that of the EIPs, and only where the outcome is plain;
 * everything else is left to the EVM.
 */
import { keccak256 } from '../crypto/keccak.ts';
import { trimZeros } from '../encoding/quantity.ts';
import {
  BEACON_ROOTS,
  BLOCK_HASH_HISTORY,
  CONSOLIDATION_REQUESTS,
  type SystemContract,
  WITHDRAWAL_REQUESTS,
} from '../genesis/system-contracts.ts';
import { type Address, bytesOf, type Hash, hashOf } from '../primitives.ts';
import type { JournaledState } from '../state/journaled-state.ts';

/** EIP-4788 HISTORY_BUFFER_LENGTH and EIP-2935 HISTORY_SERVE_WINDOW, in slots. */
const HISTORY_LENGTH = 8_191n;
/** Slots of EIP-7002 and EIP-7251: excess, count, head and tail of the queue. */
const QUEUE_SLOTS = [0n, 1n, 2n, 3n].map(slotOf);
const NO_OUTPUT = new Uint8Array(0);

export interface CalledBlock {
  readonly number: bigint;
  /** Unix time, seconds. */
  readonly timestamp: bigint;
}

/** Answers the output, or undefined when it has to be executed: another code, or requests are waiting. */
type Shortcut = (
  state: JournaledState,
  address: Address,
  data: Uint8Array,
  block: CalledBlock,
) => Uint8Array | undefined;

const SHORTCUTS = new Map<Address, { readonly codeHash: Hash; readonly run: Shortcut }>(
  (
    [
      [BEACON_ROOTS, storeBeaconRoot],
      [BLOCK_HASH_HISTORY, storeParentHash],
      [WITHDRAWAL_REQUESTS, takeNoRequests],
      [CONSOLIDATION_REQUESTS, takeNoRequests],
    ] as const
  ).map(([contract, run]) => [contract.address, { codeHash: codeHashOf(contract), run }]),
);

/** Undefined: the EVM has to run it, and nothing was changed. `codeHash`: of the account at the address. */
export function callKnownContract(
  state: JournaledState,
  to: { readonly address: Address; readonly codeHash: Hash },
  data: Uint8Array,
  block: CalledBlock,
): Uint8Array | undefined {
  const shortcut = SHORTCUTS.get(to.address);
  if (shortcut?.codeHash !== to.codeHash) return undefined;
  return shortcut.run(state, to.address, data, block);
}

/** EIP-4788: the block's time, and a ring's length above it the root. */
function storeBeaconRoot(
  state: JournaledState,
  address: Address,
  root: Uint8Array,
  { timestamp }: CalledBlock,
): Uint8Array {
  const at = timestamp % HISTORY_LENGTH;
  state.putStorage(address, slotOf(at), trimZeros(bytesOf(slotOf(timestamp))));
  state.putStorage(address, slotOf(at + HISTORY_LENGTH), trimZeros(root));
  return NO_OUTPUT;
}

/** EIP-2935. */
function storeParentHash(
  state: JournaledState,
  address: Address,
  parentHash: Uint8Array,
  { number }: CalledBlock,
): Uint8Array {
  const at = (number - 1n) % HISTORY_LENGTH;
  state.putStorage(address, slotOf(at), trimZeros(parentHash));
  return NO_OUTPUT;
}

/** EIP-7002 and EIP-7251: an empty queue without excess stays as it is. Before the first call there is an excess. */
function takeNoRequests(state: JournaledState, address: Address): Uint8Array | undefined {
  const isIdle = QUEUE_SLOTS.every((slot) => state.getStorage(address, slot).length === 0);
  return isIdle ? NO_OUTPUT : undefined;
}

function slotOf(number: bigint): Hash {
  return hashOf(Buffer.from(number.toString(16).padStart(64, '0'), 'hex'));
}

function codeHashOf({ code }: SystemContract): Hash {
  return hashOf(keccak256(bytesOf(code)));
}
