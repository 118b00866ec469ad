/** One message on the EVM, from the checks a transaction would pass to the gas it leaves: geth's state transition. */
import type { Common } from '@ethereumjs/common';
import type { ExecResult } from '@ethereumjs/evm';
import { bigIntMax, bigIntMin, Address as EvmAddress } from '@ethereumjs/util';
import type { AccessListItem } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import { GAS_PER_BLOB } from '../execution/fee-rules.ts';
import type { AncestorHash } from '../execution/fork-evm.ts';
import {
  type Address,
  addressOf,
  bytesOf,
  type Hash,
  hashOf,
  hexOf,
  parseAddress,
  weiOf,
} from '../primitives.ts';
import { toEvmAccount } from '../state/evm-state-manager.ts';
import { EMPTY_ACCOUNT, type JournaledState } from '../state/journaled-state.ts';
import { transactionGas } from '../transaction/intrinsic-gas.ts';
import { INIT_CODE_BYTES_MAX } from '../transaction/validate.ts';
import { applyAuthorizations } from './authorizations.ts';
import type { CallBlock } from './call-block.ts';
import type { CallEvm, Deadline, Precompiles } from './call-evm.ts';
import type { CallRequest, CallResult } from './call-executor.ts';
import type { CallFees } from './call-fees.ts';
import { checksumAddress } from './checksum-address.ts';
import { failureWords } from './evm-failure.ts';
import { type EvmTracer, traceEvm } from './tracing/evm-tracer.ts';

/** Where a message runs; the same for all attempts of one question. */
export interface CallContext {
  readonly evm: CallEvm;
  readonly rules: Common;
  readonly block: CallBlock;
  readonly coinbase: Address;
  readonly ancestorHash: AncestorHash;
  readonly fees: CallFees;
  readonly deadline: Deadline;
  /** Where precompiled contracts are during the call. */
  readonly precompiles: Precompiles;
  /** A state of its own for each attempt, with the overrides. */
  freshState(): JournaledState;
  /** Whether the message pays in the end what a transaction would; otherwise its state is of no more use. */
  readonly isSettled?: boolean;
  /** Hears what happens. */
  readonly tracer?: EvmTracer;
}

/** A call, and what blob transactions have beyond it. */
export interface Message extends CallRequest {
  readonly from: Address;
  readonly blobs?: {
    readonly versionedHashes: readonly Hash[];
    /** Wei per blob gas that the sender pays and offers at most. */
    readonly fee: bigint;
    readonly feeCap: bigint;
  };
}

export interface RunResult {
  readonly result: CallResult;
  /** Gas used before refunds: what the limit must allow. */
  readonly gasUsedAtMost: bigint;
  /** What it touched beyond what was warm from the start. */
  readonly accessed: readonly AccessListItem[];
  /** Contracts it made, whose addresses an access list need not name. */
  readonly created: ReadonlySet<string>;
}

/**
 * Runs it with a gas limit. Throws `ChainError`: `insufficient-funds`, `intrinsic-gas-too-low`, `init-code-too-large`,
 * `execution-timeout`. After any other exception the EVM is in an undefined state.
 */
export async function runMessage(
  context: CallContext,
  request: Message,
  gas: bigint,
): Promise<RunResult> {
  const { evm: callEvm, rules, fees } = context;
  const { evm } = callEvm;
  const { from, to = null, input = '0x', value = weiOf(0n) } = request;
  const state = context.freshState();
  const account = state.getAccount(from) ?? EMPTY_ACCOUNT;
  const blobGas = BigInt(request.blobs?.versionedHashes.length ?? 0) * GAS_PER_BLOB;
  const { fee: blobFee = 0n, feeCap: blobFeeCap = 0n } = request.blobs ?? {};
  requireFunds(from, account.balance, gas * fees.feeCap + blobGas * blobFeeCap + value);
  const costs = requireIntrinsicGas(request, gas, rules);

  state.putAccount(from, {
    ...account,
    // A simulation may begin at the highest nonce.
    nonce: BigInt.asUintN(64, account.nonce + 1n),
    balance: weiOf(account.balance - gas * fees.gasPrice - blobGas * blobFee),
  });
  const { authorities, refund } = applyAuthorizations(
    state,
    request.authorizationList ?? [],
    rules.chainId(),
  );
  state.beginTransaction();
  callEvm.use(state, context.ancestorHash, context.deadline, context.precompiles);
  warm(context, [from, ...(to === null ? [] : [to]), ...authorities], request.accessList ?? []);
  evm.journal.startReportingAccessList();
  const balanceOf = (address: Address) => state.getAccount(address)?.balance ?? 0n;
  const stopTracing = context.tracer && traceEvm(evm, context.tracer, balanceOf);
  const running = evm.runCall({
    block: context.block,
    caller: evmAddress(from),
    gasPrice: fees.gasPrice,
    gasLimit: gas - costs.intrinsic,
    ...(to !== null && { to: evmAddress(to) }),
    value,
    data: bytesOf(input),
    skipNonceIncrement: true,
    ...(request.blobs && { blobVersionedHashes: [...request.blobs.versionedHashes] }),
  });
  const { execResult, createdAddress } = await running.finally(() => stopTracing?.());
  const accessed = accessListOf(evm.journal.accessList ?? new Map());
  const spent = costs.intrinsic + execResult.executionGasUsed;
  const refundMax = spent / (rules.isActivatedEIP(3529) ? 5n : 2n);
  const refunded = bigIntMin(refund + (execResult.gasRefund ?? 0n), refundMax);
  const gasUsed = bigIntMax(spent - refunded, costs.floor);
  if (context.isSettled) {
    await settle(context, state, { from, gasLeft: gas - gasUsed, gasUsed, execResult });
  }
  evm.journal.cleanJournal();
  delete evm.journal.accessList;
  evm.transientStorage.clear();
  const created = new Set<string>(execResult.createdAddresses ?? []);
  if (createdAddress !== undefined) created.add(createdAddress.toString());
  return {
    result: resultOf(execResult, gasUsed),
    gasUsedAtMost: bigIntMax(spent, costs.floor),
    accessed,
    created,
  };
}

/** What ends a transaction: unused gas is given back, the tip is paid, and accounts go that destroyed themselves or are empty. */
async function settle(
  { evm: { evm }, fees, coinbase, rules }: CallContext,
  state: JournaledState,
  end: {
    readonly from: Address;
    readonly gasLeft: bigint;
    readonly gasUsed: bigint;
    readonly execResult: ExecResult;
  },
): Promise<void> {
  const credit = async (address: Address, amount: bigint): Promise<void> => {
    const account = state.getAccount(address) ?? EMPTY_ACCOUNT;
    const evmAccount = toEvmAccount({ ...account, balance: weiOf(account.balance + amount) });
    await evm.journal.putAccount(evmAddress(address), evmAccount);
  };
  await credit(end.from, end.gasLeft * fees.gasPrice);
  const isFree = fees.feeCap === 0n && fees.gasPrice === 0n;
  if (!isFree) await credit(coinbase, end.gasUsed * (fees.gasPrice - fees.baseFee));
  for (const [destroyed] of end.execResult.selfdestruct ?? []) {
    if (rules.isActivatedEIP(6780) && !end.execResult.createdAddresses?.has(destroyed)) continue;
    state.deleteAccount(parseAddress(destroyed));
  }
  await evm.journal.cleanup();
}

function resultOf(execResult: Parameters<typeof failureWords>[0], gasUsed: bigint): CallResult {
  const output = hexOf(execResult.returnValue);
  if (execResult.exceptionError === undefined) return { status: 'success', output, gasUsed };
  const error = failureWords(execResult);
  if (error === 'execution reverted') return { status: 'revert', output, gasUsed };
  return { status: 'failure', error, gasUsed };
}

function requireFunds(from: Address, balance: bigint, needed: bigint): void {
  if (balance >= needed) return;
  throw new ChainError(
    'insufficient-funds',
    `insufficient funds for gas * price + value: address ${checksumAddress(from)} have ${balance} want ${needed}`,
    { balance, needed },
  );
}

function requireIntrinsicGas(request: CallRequest, gas: bigint, rules: Common) {
  const { to = null, input = '0x' } = request;
  const size = (input.length - 2) / 2;
  if (to === null && rules.isActivatedEIP(3860) && size > INIT_CODE_BYTES_MAX) {
    throw new ChainError(
      'init-code-too-large',
      `max initcode size exceeded: code size ${size} limit ${INIT_CODE_BYTES_MAX}`,
    );
  }
  const costs = transactionGas(
    {
      to,
      input,
      ...(request.accessList && { accessList: request.accessList }),
      ...(request.authorizationList && { authorizationList: request.authorizationList }),
    },
    rules,
  );
  const short = (what: string, needed: bigint) =>
    new ChainError('intrinsic-gas-too-low', `${what}: have ${gas}, want ${needed}`, {
      gas,
      needed,
    });
  if (gas < costs.intrinsic) throw short('intrinsic gas too low', costs.intrinsic);
  if (gas < costs.floor) throw short('insufficient gas for floor data gas cost', costs.floor);
  return costs;
}

/** EIP-2929, EIP-2930 and EIP-3651: what is warm before the first instruction. */
function warm(
  { evm: callEvm, rules, coinbase }: CallContext,
  addresses: readonly Address[],
  accessList: readonly AccessListItem[],
): void {
  if (!rules.isActivatedEIP(2929)) return;
  const { journal } = callEvm.evm;
  for (const address of callEvm.precompiles.keys()) journal.addAlwaysWarmAddress(address);
  for (const address of addresses) journal.addAlwaysWarmAddress(address);
  if (rules.isActivatedEIP(3651)) journal.addAlwaysWarmAddress(coinbase);
  for (const { address, storageKeys } of accessList) {
    journal.addAlwaysWarmAddress(address);
    for (const key of storageKeys) journal.addAlwaysWarmSlot(address, key);
  }
}

function accessListOf(touched: ReadonlyMap<string, ReadonlySet<string>>): AccessListItem[] {
  return [...touched].map(([address, slots]) => ({
    address: addressOf(Buffer.from(address, 'hex')),
    storageKeys: [...slots].map((slot) => hashOf(Buffer.from(slot, 'hex'))),
  }));
}

function evmAddress(address: Address): EvmAddress {
  return new EvmAddress(bytesOf(address));
}
