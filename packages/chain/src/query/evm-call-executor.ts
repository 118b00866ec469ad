/**
 * `CallExecutor` on the stored chain. A call holds its thread until it is done, at most `timeoutMs`: it belongs on a
 * thread that nothing else waits for.
 */
import { generateAddress } from '@ethereumjs/util';
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_CODE_HASH } from '../crypto/keccak.ts';
import { type Position, positionOf } from '../development/position.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { ChainError, corruptStore } from '../errors.ts';
import { ForkEvms } from '../execution/fork-evm.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { type Address, addressOf, bytesOf, type Hash } from '../primitives.ts';
import { EMPTY_ACCOUNT, JournaledState } from '../state/journaled-state.ts';
import { diffOf } from '../state/state-diff.ts';
import { storedNodes } from '../state/trie-state-view.ts';
import { readCanonical, readPlace } from '../store/block-records.ts';
import { readDevelopmentState, readStateRoot } from '../store/development-records.ts';
import type { Tables } from '../store/tables.ts';
import { NodeReader } from '../trie/node-source.ts';
import { findAccessList } from './access-list.ts';
import { isPending, requireHeader } from './block-selection.ts';
import { callBlock } from './call-block.ts';
import { type CallEvm, createCallEvm } from './call-evm.ts';
import type {
  AccessListResult,
  CallExecutor,
  CallOptions,
  CallRequest,
  CallResult,
} from './call-executor.ts';
import { callFees } from './call-fees.ts';
import { type CallContext, type Message, type RunResult, runMessage } from './call-run.ts';
import type { BlockSelector } from './chain-reader.ts';
import { estimateGas } from './estimate-gas.ts';
import { ForkRules } from './fork-rules.ts';
import { pendingHeader } from './pending-header.ts';
import { Simulation } from './simulation/simulation.ts';
import type { SimulatedBlock, SimulationRequest } from './simulation/simulation-request.ts';
import { stateAt } from './state-at.ts';
import { overrideHeader, overridePrecompiles, overrideState } from './state-overrides.ts';
import { type ReplayModules, traceBlock } from './tracing/block-replay.ts';
import { makeTracer } from './tracing/make-tracer.ts';
import { ReplayTracer } from './tracing/replay-tracer.ts';
import {
  type StorageRange,
  type StorageRangeRequest,
  storageRange,
} from './tracing/storage-range.ts';
import { traceMessage } from './tracing/trace-message.ts';
import type { TraceOptions, TraceValue, TransactionTrace } from './tracing/trace-request.ts';
import type {
  Replay,
  ReplayedCall,
  ReplayOptions,
  TransactionReplay,
} from './tracing/transaction-replay.ts';
import { TraceBudget } from './tracing/transaction-tracer.ts';

export interface CallLimits {
  /** Most gas of one call (geth's `rpc.gascap`). */
  readonly gasCap: bigint;
  /** Most time of one question, ms (geth's `rpc.evmtimeout`). */
  readonly timeoutMs: number;
  /** Most bytes of one trace's answer. */
  readonly traceBytesMax: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = {
  gasCap: 50_000_000n,
  timeoutMs: 5_000,
  traceBytesMax: 20 * 1024 * 1024,
};

const NOBODY: Address = addressOf(new Uint8Array(20));

interface Question {
  readonly context: CallContext;
  readonly message: Message;
  readonly header: HeaderData;
}

export class EvmCallExecutor implements CallExecutor {
  readonly #tables: Tables;
  readonly #genesis: Genesis;
  readonly #limits: CallLimits;
  readonly #rules: ForkRules;
  readonly #nodes: NodeReader;
  readonly #evms = new Map<string, CallEvm>();
  /** Those that run whole blocks. */
  #replayEvms: ForkEvms;
  readonly #unixSeconds: () => number;
  #queue: Promise<unknown> = Promise.resolve();

  /** `tables` may be a reader's of the same thread. `unixSeconds` is the clock by which `pending` has its time. */
  constructor(
    tables: Tables,
    genesis: Genesis,
    limits: CallLimits = DEFAULT_CALL_LIMITS,
    unixSeconds: () => number = () => Math.floor(Date.now() / 1000),
  ) {
    this.#tables = tables;
    this.#genesis = genesis;
    this.#limits = limits;
    this.#unixSeconds = unixSeconds;
    this.#rules = new ForkRules(genesis.common);
    this.#replayEvms = this.#newReplayEvms();
    this.#nodes = new NodeReader(storedNodes(tables));
  }

  call(request: CallRequest, block: BlockSelector, options?: CallOptions): Promise<CallResult> {
    return this.#exclusively(request, block, options, async ({ context, message }) => {
      const gas = this.#gasOf(request);
      try {
        return (await runMessage(context, message, gas)).result;
      } catch (error) {
        if (!(error instanceof ChainError) || error.code === 'execution-timeout') throw error;
        const text = `err: ${error.message} (supplied gas ${gas})`;
        throw new ChainError(error.code, text, error.fields);
      }
    });
  }

  estimateGas(request: CallRequest, block: BlockSelector, options?: CallOptions): Promise<bigint> {
    return this.#exclusively(request, block, options, ({ context, message, header }) => {
      const state = context.freshState();
      const { to = null, input = '0x' } = request;
      const codeHash =
        to === null ? undefined : (state.getAccount(to)?.codeHash ?? EMPTY_CODE_HASH);
      return estimateGas({
        request: message,
        balance: (state.getAccount(message.from) ?? EMPTY_ACCOUNT).balance,
        feeCap: context.fees.feeCap,
        blockGasLimit: header.gasLimit,
        capsTransactionGas: context.rules.isActivatedEIP(7825),
        gasCap: this.#limits.gasCap,
        isPlainTransfer: input === '0x' && codeHash === EMPTY_CODE_HASH,
        run: (gas) => runMessage(context, message, gas),
      });
    });
  }

  createAccessList(
    request: CallRequest,
    block: BlockSelector,
    options?: CallOptions,
  ): Promise<AccessListResult> {
    return this.#exclusively(request, block, options, ({ context, message }) => {
      const { from, to } = message;
      const nonce = request.nonce ?? (context.freshState().getAccount(from) ?? EMPTY_ACCOUNT).nonce;
      const target = to ?? addressOf(generateAddress(bytesOf(from), bigintToBytes(nonce)));
      const precompiles = [...context.evm.precompiles.keys()].map((key) => `0x${key}`);
      const known = new Set<string>([from, target, ...precompiles]);
      const run = (accessList: Message['accessList']): Promise<RunResult> =>
        runMessage(
          context,
          { ...message, ...(accessList && { accessList }) },
          this.#gasOf(request),
        );
      return findAccessList(request.accessList ?? [], known, run);
    });
  }

  simulate(request: SimulationRequest, block: BlockSelector): Promise<readonly SimulatedBlock[]> {
    return this.#inTurn(() => {
      const base = this.#headerOf(block);
      const { timeoutMs, gasCap } = this.#limits;
      const view = stateAt(this.#tables, this.#nodes, base);
      return new Simulation(request, {
        base,
        state: new JournaledState(view),
        depositContract: this.#genesis.depositContract,
        deadline: { at: performance.now() + timeoutMs, timeoutMs },
        gasCap,
        rulesAt: (number, timestamp) => this.#rules.at(number, timestamp),
        evmAt: (rules) => this.#evmAt(rules.hardfork(), rules),
        canonicalHash: (number) => readCanonical(this.#tables, number),
        rootOf: (state) => diffOf(state, view.root, this.#nodes).root,
      }).run();
    });
  }

  traceTransaction(hash: Hash, trace: TraceOptions): Promise<TraceValue> {
    return this.#inTurn(async () => {
      const { header, index } = this.#placeOf(hash);
      const modules = this.#replayModules();
      const [traced] = await traceBlock(header, index, modules, () =>
        makeTracer(trace, modules.budget),
      );
      if (traced === undefined) throw corruptStore(`transaction ${hash} is not in its block`);
      return traced.result;
    });
  }

  traceBlock(block: BlockSelector, trace: TraceOptions): Promise<readonly TransactionTrace[]> {
    return this.#inTurn(async () => {
      const modules = this.#replayModules();
      return traceBlock(this.#committed(block), undefined, modules, () =>
        makeTracer(trace, modules.budget),
      );
    });
  }

  traceCall(
    request: CallRequest,
    block: BlockSelector,
    trace: TraceOptions,
    options?: CallOptions,
  ): Promise<TraceValue> {
    return this.#exclusively(request, block, options, ({ context, message }) => {
      const budget = new TraceBudget(context.deadline, this.#limits.traceBytesMax);
      const tracer = makeTracer(trace, budget);
      const traced = { context, message, gas: this.#gasOf(request), state: context.freshState() };
      return traceMessage(traced, tracer, budget);
    });
  }

  replayTransaction(hash: Hash, options: ReplayOptions): Promise<TransactionReplay> {
    return this.#inTurn(async () => {
      const { header, index } = this.#placeOf(hash);
      const modules = this.#replayModules();
      const [traced] = await traceBlock(
        header,
        index,
        modules,
        () => new ReplayTracer(options, modules.budget),
      );
      if (traced === undefined) throw corruptStore(`transaction ${hash} is not in its block`);
      return { ...traced.result, hash, index };
    });
  }

  replayBlock(block: BlockSelector, options: ReplayOptions): Promise<readonly TransactionReplay[]> {
    return this.#inTurn(async () => {
      const header = this.#committed(block);
      if (header.number === 0) return [];
      const modules = this.#replayModules();
      const traced = await traceBlock(
        header,
        undefined,
        modules,
        () => new ReplayTracer(options, modules.budget),
      );
      return traced.map(({ txHash, result }, index) => ({ ...result, hash: txHash, index }));
    });
  }

  replayCalls(calls: readonly ReplayedCall[], block: BlockSelector): Promise<readonly Replay[]> {
    return this.#inTurn(async () => {
      const { timeoutMs, traceBytesMax } = this.#limits;
      const deadline = { at: performance.now() + timeoutMs, timeoutMs };
      const budget = new TraceBudget(deadline, traceBytesMax);
      const replays: Replay[] = [];
      let state: JournaledState | undefined;
      for (const { request, ...options } of calls) {
        const { context, message } = await this.#question(request, block, {});
        state ??= context.freshState();
        const traced = {
          context: { ...context, deadline },
          message,
          gas: this.#gasOf(request),
          state,
        };
        replays.push(await traceMessage(traced, new ReplayTracer(options, budget), budget));
      }
      return replays;
    });
  }

  storageRange(request: StorageRangeRequest): Promise<StorageRange> {
    return this.#inTurn(() =>
      storageRange(this.#headerOf({ hash: request.block }), request, this.#replayModules()),
    );
  }

  #committed(block: BlockSelector): HeaderData {
    if (!isPending(block)) return this.#headerOf(block);
    throw new ChainError('execution-failed', 'tracing on top of pending is not supported');
  }

  #placeOf(hash: Hash): { readonly header: HeaderData; readonly index: number } {
    const place = readPlace(this.#tables, hash);
    if (place === undefined) throw new ChainError('unknown-transaction', 'transaction not found');
    return { header: this.#headerOf({ number: place.number }), index: place.index };
  }

  #headerOf(block: BlockSelector): HeaderData {
    return requireHeader(this.#tables, this.#genesis.header.hash, block);
  }

  #replayModules(): ReplayModules {
    const { timeoutMs, traceBytesMax } = this.#limits;
    const deadline = { at: performance.now() + timeoutMs, timeoutMs };
    const budget = new TraceBudget(deadline, traceBytesMax);
    return {
      tables: this.#tables,
      nodes: this.#nodes,
      evms: this.#replayEvms,
      chainId: this.#genesis.chainId,
      budget,
    };
  }

  #newReplayEvms(): ForkEvms {
    return new ForkEvms(this.#genesis.common, this.#genesis.depositContract);
  }

  #gasOf({ gas }: CallRequest): bigint {
    return gas === undefined || gas > this.#limits.gasCap ? this.#limits.gasCap : gas;
  }

  /** One EVM serves one question at a time. After an exception inside of it, it is not used again. */
  #exclusively<T>(
    request: CallRequest,
    block: BlockSelector,
    options: CallOptions | undefined,
    answer: (question: Question) => Promise<T>,
  ): Promise<T> {
    return this.#inTurn(async () => answer(await this.#question(request, block, options ?? {})));
  }

  #inTurn<T>(answer: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      this.#tables.refresh();
      try {
        return await answer();
      } catch (error) {
        this.#evms.clear();
        this.#replayEvms = this.#newReplayEvms();
        throw error;
      }
    };
    const result = this.#queue.then(run, run);
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #question(
    request: CallRequest,
    block: BlockSelector,
    options: CallOptions,
  ): Promise<Question> {
    const committed = this.#headerOf(block);
    const base = isPending(block)
      ? pendingHeader(this.#position(committed), {
          rules: this.#rules,
          unixSeconds: this.#unixSeconds(),
        })
      : committed;
    const header = overrideHeader(base, options.blockOverrides ?? {});
    const rules = this.#rules.at(header.number, header.timestamp);
    const from = request.from ?? NOBODY;
    const fees = callFees(request, from, header.baseFeePerGas);
    const view = stateAt(this.#tables, this.#nodes, committed);
    const { timeoutMs } = this.#limits;
    const evm = await this.#evmAt(rules.hardfork(), rules);
    const context: CallContext = {
      evm,
      precompiles: overridePrecompiles(evm.precompiles, options.stateOverrides ?? new Map()),
      rules,
      block: callBlock(header, fees.baseFee, rules, options.blockOverrides?.blobBaseFee),
      coinbase: header.beneficiary,
      ancestorHash: (number) => readCanonical(this.#tables, number),
      fees,
      deadline: { at: performance.now() + timeoutMs, timeoutMs },
      freshState: () => {
        const state = new JournaledState(view);
        if (options.stateOverrides !== undefined) overrideState(state, options.stateOverrides);
        return state;
      },
    };
    return { context, message: { ...request, from }, header };
  }

  #position(head: HeaderData): Position {
    return positionOf(head, readStateRoot(this.#tables, head), readDevelopmentState(this.#tables));
  }

  async #evmAt(fork: string, rules: ReturnType<ForkRules['at']>): Promise<CallEvm> {
    const known = this.#evms.get(fork);
    if (known !== undefined) return known;
    const made = await createCallEvm(rules.copy());
    this.#evms.set(fork, made);
    return made;
  }
}
