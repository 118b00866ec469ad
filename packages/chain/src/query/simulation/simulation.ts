/**
 * `eth_simulateV1`: executes blocks of unsigned calls on top of a committed one, each seeing the state the one before has
 * left. What it answers are whole blocks with their roots and hashes; nothing is stored.
 */
import type { Common } from '@ethereumjs/common';
import { bigIntMin } from '@ethereumjs/util';
import { encodeBlock, orderedRoot } from '../../block/block-codec.ts';
import type { HeaderData, LogData, TransactionData } from '../../block/block-data.ts';
import { bloomOfLogs } from '../../block/bloom.ts';
import { type HeaderFields, sealHeader } from '../../block/header-codec.ts';
import { encodeReceipt, type StoredReceipt } from '../../block/receipt-codec.ts';
import { ChainError } from '../../errors.ts';
import { blobBaseFee, GAS_PER_BLOB } from '../../execution/fee-rules.ts';
import type { AncestorHash } from '../../execution/fork-evm.ts';
import { callBeforeTransactions, collectRequests } from '../../execution/system-calls.ts';
import { type Address, type BlockNumber, type Hash, hexOf, weiOf } from '../../primitives.ts';
import { EMPTY_ACCOUNT, type JournaledState } from '../../state/journaled-state.ts';
import { callBlock } from '../call-block.ts';
import type { CallEvm, Deadline, Precompiles } from '../call-evm.ts';
import { callFees } from '../call-fees.ts';
import { type CallContext, type Message, type RunResult, runMessage } from '../call-run.ts';
import { checksumAddress } from '../checksum-address.ts';
import { overridePrecompiles, overrideState } from '../state-overrides.ts';
import { type PlannedBlock, planBlocks, plannedHeader } from './simulated-headers.ts';
import type { SimulatedBlock, SimulatedCall, SimulationRequest } from './simulation-request.ts';
import { type NumberedLog, TransferLogs } from './transfer-logs.ts';
import { unsignedTransaction } from './unsigned-transaction.ts';

export interface SimulationModules {
  readonly base: HeaderData;
  /** On the base's state. */
  readonly state: JournaledState;
  readonly depositContract: Address;
  readonly deadline: Deadline;
  /** Gas of all calls together. */
  readonly gasCap: bigint;
  rulesAt(number: bigint, timestamp: bigint): Common;
  evmAt(rules: Common): Promise<CallEvm>;
  /** Of the base and below. */
  canonicalHash(number: BlockNumber): Hash | undefined;
  /** Root of the state with everything written to it. */
  rootOf(state: JournaledState): Hash;
}

/** Where a block's calls run. */
interface BlockContext {
  readonly header: HeaderFields;
  readonly rules: Common;
  readonly evm: CallEvm;
  readonly precompiles: Precompiles;
  readonly blobFee: bigint;
  readonly ancestorHash: AncestorHash;
  readonly logs: TransferLogs;
}

interface ExecutedCall {
  readonly raw: Uint8Array;
  readonly data: TransactionData;
  readonly run: RunResult;
  readonly logs: readonly NumberedLog[];
}

export class Simulation {
  readonly #request: SimulationRequest;
  readonly #modules: SimulationModules;
  readonly #hashes = new Map<number, Hash>();
  #gasLeft: bigint;

  constructor(request: SimulationRequest, modules: SimulationModules) {
    this.#request = request;
    this.#modules = modules;
    this.#gasLeft = modules.gasCap;
  }

  /**
   * Throws `ChainError`: what `planBlocks` throws, what keeps a call from running (with `validation` also nonces), and
   * `execution-timeout`.
   */
  async run(): Promise<SimulatedBlock[]> {
    const { base } = this.#modules;
    const results: SimulatedBlock[] = [];
    let parent = base;
    for (const planned of planBlocks(base, this.#request.blocks)) {
      const result = await this.#runBlock(parent, planned);
      parent = result.block.header;
      this.#hashes.set(parent.number, parent.hash);
      results.push(result);
    }
    return results;
  }

  async #runBlock(parent: HeaderData, planned: PlannedBlock): Promise<SimulatedBlock> {
    const { state, deadline } = this.#modules;
    const context = await this.#contextOf(parent, planned);
    const { header, rules, evm } = context;
    if (planned.stateOverrides !== undefined) overrideState(state, planned.stateOverrides);
    evm.use(state, context.ancestorHash, deadline, context.precompiles);
    const systemContext = {
      evm: { rules, vm: { evm: evm.evm } },
      state,
      block: callBlock(header, weiOf(0n), rules),
    };
    await callBeforeTransactions(systemContext, header.parentHash, header.parentBeaconBlockRoot);
    const executed: ExecutedCall[] = [];
    const gas = { used: 0n };
    for (const call of planned.calls) {
      const one = await this.#runCall(call, context, gas.used);
      gas.used += one.run.result.gasUsed;
      executed.push(one);
    }
    evm.use(state, context.ancestorHash, deadline, context.precompiles);
    const ownLogs = executed.flatMap(({ logs }) => logs.filter(({ isTransfer }) => !isTransfer));
    const requestsHash = rules.isActivatedEIP(7685)
      ? await collectRequests(systemContext, ownLogs, this.#modules.depositContract)
      : undefined;
    return this.#seal(context, executed, gas.used, requestsHash);
  }

  async #contextOf(parent: HeaderData, planned: PlannedBlock): Promise<BlockContext> {
    const { base } = this.#modules;
    const { validation, traceTransfers } = this.#request;
    const rules = this.#modules.rulesAt(planned.number, planned.timestamp);
    const header = plannedHeader(parent, planned, { rules, validation });
    const evm = await this.#modules.evmAt(rules);
    const { blobBaseFee: givenFee } = planned.blockOverrides ?? {};
    const { excessBlobGas } = header;
    return {
      header,
      rules,
      evm,
      precompiles: overridePrecompiles(evm.precompiles, planned.stateOverrides ?? new Map()),
      blobFee: givenFee ?? (excessBlobGas === undefined ? 0n : blobBaseFee(excessBlobGas, rules)),
      ancestorHash: (number) =>
        number > base.number
          ? this.#hashes.get(number)
          : number === base.number
            ? base.hash
            : this.#modules.canonicalHash(number),
      logs: new TransferLogs(traceTransfers),
    };
  }

  async #runCall(
    call: PlannedBlock['calls'][number],
    context: BlockContext,
    gasUsed: bigint,
  ): Promise<ExecutedCall> {
    const { header, rules, blobFee } = context;
    const { state, deadline } = this.#modules;
    const from = call.from ?? NOBODY;
    const nonce = call.nonce ?? (state.getAccount(from) ?? EMPTY_ACCOUNT).nonce;
    const blockGasLeft = header.gasLimit - gasUsed;
    const wanted = call.gas ?? blockGasLeft;
    if (wanted > blockGasLeft) {
      throw new ChainError(
        'exceeds-block-gas-limit',
        `block gas limit reached: ${gasUsed} >= ${header.gasLimit}`,
      );
    }
    const gas = bigIntMin(wanted, this.#gasLeft);
    const message: Message = {
      ...call,
      from,
      nonce,
      ...(call.blobVersionedHashes && {
        blobs: {
          versionedHashes: call.blobVersionedHashes,
          fee: blobFee,
          feeCap: call.maxFeePerBlobGas ?? 0n,
        },
      }),
    };
    const { raw, data } = unsignedTransaction({ ...call, from, nonce, gas }, rules.chainId());
    try {
      if (this.#request.validation) requireNonce(state, from, nonce);
      this.#requireBlobFee(message, blobFee);
      const fees = callFees(call, from, header.baseFeePerGas, {
        mustPay: this.#request.validation,
      });
      const callContext: CallContext = {
        evm: context.evm,
        rules,
        block: callBlock(header, fees.baseFee, rules, weiOf(blobFee)),
        coinbase: header.beneficiary,
        ancestorHash: context.ancestorHash,
        fees,
        deadline,
        precompiles: context.precompiles,
        freshState: () => state,
        isSettled: true,
        tracer: context.logs,
      };
      const run = await runMessage(callContext, message, gas);
      state.beginTransaction();
      this.#gasLeft -= run.result.gasUsed;
      return { raw, data, run, logs: context.logs.take() };
    } catch (error) {
      if (!(error instanceof ChainError) || error.code === 'execution-timeout') throw error;
      throw new ChainError(error.code, `err: ${error.message} (supplied gas ${gas})`, error.fields);
    }
  }

  #requireBlobFee({ blobs, from }: Message, blobFee: bigint): void {
    if (blobs === undefined || blobs.feeCap >= blobFee) return;
    if (blobs.feeCap === 0n && !this.#request.validation) return;
    throw new ChainError(
      'fee-cap-below-base-fee',
      `max fee per blob gas less than block blob gas fee: address ${checksumAddress(from)} blobGasFeeCap: ${blobs.feeCap}, blobBaseFee: ${blobFee}`,
    );
  }

  #seal(
    { header, rules }: BlockContext,
    executed: readonly ExecutedCall[],
    gasUsed: bigint,
    requestsHash: Hash | undefined,
  ): SimulatedBlock {
    const receipts = this.#receiptsOf(executed);
    const blobs = executed.reduce(
      (sum, { data }) => sum + (data.blobVersionedHashes?.length ?? 0),
      0,
    );
    const sealed = sealHeader({
      ...header,
      stateRoot: this.#modules.rootOf(this.#modules.state),
      transactionsRoot: orderedRoot(executed.map(({ raw }) => raw)),
      receiptsRoot: orderedRoot(receipts.map(encodeReceipt)),
      logsBloom: bloomOfLogs(receipts.flatMap(({ logs }) => logs)),
      gasUsed,
      ...(header.blobGasUsed !== undefined && { blobGasUsed: BigInt(blobs) * GAS_PER_BLOB }),
      ...(requestsHash !== undefined && { requestsHash }),
    });
    const hasWithdrawals = rules.isActivatedEIP(4895);
    const raws = executed.map(({ raw }) => raw);
    const encoded = encodeBlock({
      header: sealed,
      transactions: raws,
      ommers: [],
      ...(hasWithdrawals && { withdrawals: [] }),
    });
    return {
      block: {
        header: sealed,
        transactions: executed.map(({ data }) => data),
        ...(hasWithdrawals && { withdrawals: [] }),
        size: encoded.length,
      },
      calls: executed.map((one, index) => callOf(one, index, sealed)),
    };
  }

  #receiptsOf(executed: readonly ExecutedCall[]): StoredReceipt[] {
    let cumulativeGasUsed = 0n;
    return executed.map(({ data, run, logs }): StoredReceipt => {
      cumulativeGasUsed += run.result.gasUsed;
      return {
        type: data.type,
        outcome: run.result.status === 'success' ? 1 : 0,
        cumulativeGasUsed,
        logs: logs.filter(({ isTransfer }) => !isTransfer),
      };
    });
  }
}

const NOBODY = `0x${'00'.repeat(20)}` as Address;
const NONCE_MAX = 2n ** 64n - 1n;

function requireNonce(state: JournaledState, from: Address, nonce: bigint): void {
  const { nonce: expected } = state.getAccount(from) ?? EMPTY_ACCOUNT;
  const address = `address ${checksumAddress(from)}`;
  if (nonce !== expected) {
    const low = nonce < expected;
    throw new ChainError(
      low ? 'nonce-too-low' : 'nonce-too-high',
      `nonce too ${low ? 'low' : 'high'}: ${address}, tx: ${nonce} state: ${expected}`,
    );
  }
  if (nonce === NONCE_MAX) {
    throw new ChainError('nonce-max', `nonce has max value: ${address}, nonce: ${nonce}`);
  }
}

function callOf(
  { data, run, logs }: ExecutedCall,
  transactionIndex: number,
  header: HeaderData,
): SimulatedCall {
  const { result } = run;
  return {
    output: result.status === 'failure' ? '0x' : result.output,
    logs: logs.map(
      ({ address, topics, data: bytes, index }): LogData => ({
        address,
        topics,
        data: hexOf(bytes),
        blockNumber: header.number,
        blockHash: header.hash,
        blockTimestamp: header.timestamp,
        transactionHash: data.hash,
        transactionIndex,
        logIndex: index,
      }),
    ),
    gasUsed: result.gasUsed,
    gasUsedAtMost: run.gasUsedAtMost,
    ...(result.status === 'revert' && {
      failure: { kind: 'revert' as const, message: 'execution reverted' },
    }),
    ...(result.status === 'failure' && {
      failure: { kind: 'failure' as const, message: result.error },
    }),
  };
}
