/**
 * Calls that the protocol itself makes in every block: before its transactions (EIP-4788, EIP-2935) and after them
 * (EIP-7002, EIP-7251), and the requests that come of them and of deposits (EIP-6110, EIP-7685).
 */
import { createHash } from 'node:crypto';
import type { EVMRunCallOpts } from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import { InvalidBlockError } from '../block/invalid-block-error.ts';
import type { ReceiptLog } from '../block/receipt-codec.ts';
import { EMPTY_CODE_HASH } from '../crypto/keccak.ts';
import {
  BEACON_ROOTS,
  BLOCK_HASH_HISTORY,
  CONSOLIDATION_REQUESTS,
  WITHDRAWAL_REQUESTS,
} from '../genesis/system-contracts.ts';
import { type Address, bytesOf, type Hash, hashOf, parseAddress } from '../primitives.ts';
import type { JournaledState } from '../state/journaled-state.ts';
import { depositRequest } from './deposit-requests.ts';
import type { ForkEvm } from './fork-evm.ts';
import { callKnownContract } from './known-system-contracts.ts';

const SYSTEM_ADDRESS = parseAddress('0xfffffffffffffffffffffffffffffffffffffffe');
/** Gas, not counted in the block. */
const SYSTEM_CALL_GAS = 30_000_000n;

const DEPOSIT_TYPE = 0;
const WITHDRAWAL_TYPE = 1;
const CONSOLIDATION_TYPE = 2;

export interface SystemCallContext {
  readonly evm: {
    readonly rules: ForkEvm['rules'];
    readonly vm: { readonly evm: ForkEvm['vm']['evm'] };
  };
  readonly state: JournaledState;
  readonly block: NonNullable<EVMRunCallOpts['block']>;
}

/** Stores the beacon root and the parent's hash. A chain without the contracts has nothing to store. */
export async function callBeforeTransactions(
  context: SystemCallContext,
  parentHash: Hash,
  parentBeaconBlockRoot: Hash | undefined,
): Promise<void> {
  const { rules } = context.evm;
  if (rules.isActivatedEIP(4788) && parentBeaconBlockRoot !== undefined) {
    await systemCall(context, BEACON_ROOTS.address, bytesOf(parentBeaconBlockRoot));
  }
  if (rules.isActivatedEIP(2935)) {
    await systemCall(context, BLOCK_HASH_HISTORY.address, bytesOf(parentHash));
  }
}

/** Hash over the block's requests. Throws `InvalidBlockError` when a contract is missing or fails, as the EIPs demand. */
export async function collectRequests(
  context: SystemCallContext,
  logs: readonly ReceiptLog[],
  depositContract: Address,
): Promise<Hash> {
  const requests = [
    request(DEPOSIT_TYPE, depositRequest(logs, depositContract)),
    request(WITHDRAWAL_TYPE, await requiredCall(context, WITHDRAWAL_REQUESTS.address)),
    request(CONSOLIDATION_TYPE, await requiredCall(context, CONSOLIDATION_REQUESTS.address)),
  ];
  const outer = createHash('sha256');
  for (const one of requests) {
    if (one.length > 1) outer.update(createHash('sha256').update(one).digest());
  }
  return hashOf(outer.digest());
}

function request(type: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(type), data]);
}

async function requiredCall(context: SystemCallContext, to: Address): Promise<Uint8Array> {
  const output = await systemCall(context, to, new Uint8Array(0));
  if (output !== undefined) return output;
  throw new InvalidBlockError('system-call', `the system contract ${to} is missing or failed`);
}

/** Undefined when there is no code or the call failed; then nothing changed. */
async function systemCall(
  context: SystemCallContext,
  to: Address,
  data: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { state, block } = context;
  const codeHash = state.getAccount(to)?.codeHash ?? EMPTY_CODE_HASH;
  if (codeHash === EMPTY_CODE_HASH) return undefined;
  const known = callKnownContract(state, { address: to, codeHash }, data, block.header);
  return known ?? (await executedCall(context, to, data));
}

/** As `systemCall`, always by the EVM. */
export async function executedCall(
  { evm, state, block }: SystemCallContext,
  to: Address,
  data: Uint8Array,
): Promise<Uint8Array | undefined> {
  const caller = state.getAccount(SYSTEM_ADDRESS);
  const result = await evm.vm.evm.runCall({
    block,
    caller: new EvmAddress(bytesOf(SYSTEM_ADDRESS)),
    to: new EvmAddress(bytesOf(to)),
    data,
    gasLimit: SYSTEM_CALL_GAS,
  });
  // The library counts a nonce for the caller and makes an account for it; the protocol does neither.
  if (caller === undefined) state.deleteAccount(SYSTEM_ADDRESS);
  else state.putAccount(SYSTEM_ADDRESS, caller);
  await evm.vm.evm.journal.cleanup();
  state.beginTransaction();
  const { exceptionError, returnValue } = result.execResult;
  return exceptionError === undefined ? returnValue : undefined;
}
