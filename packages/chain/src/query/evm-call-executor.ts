/**
 * `CallExecutor` on the stored chain. A call holds its thread until it is done, at most `timeoutMs`: it belongs on a
 * thread that nothing else waits for.
 */
import { generateAddress } from '@ethereumjs/util';
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_CODE_HASH } from '../crypto/keccak.ts';
import { type Position, positionOf } from '../development/position.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { type Address, addressOf, bytesOf } from '../primitives.ts';
import { EMPTY_ACCOUNT, JournaledState } from '../state/journaled-state.ts';
import { storedNodes } from '../state/trie-state-view.ts';
import { readCanonical } from '../store/block-records.ts';
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
import { type CallContext, type RunResult, runMessage } from './call-run.ts';
import type { BlockSelector } from './chain-reader.ts';
import { estimateGas } from './estimate-gas.ts';
import { ForkRules } from './fork-rules.ts';
import { pendingHeader } from './pending-header.ts';
import { stateAt } from './state-at.ts';
import { overrideHeader, overrideState } from './state-overrides.ts';

export interface CallLimits {
  /** Most gas of one call (geth's `rpc.gascap`). */
  readonly gasCap: bigint;
  /** Most time of one question, ms (geth's `rpc.evmtimeout`). */
  readonly timeoutMs: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = { gasCap: 50_000_000n, timeoutMs: 5_000 };

const NOBODY: Address = addressOf(new Uint8Array(20));

type Message = CallRequest & { readonly from: Address };

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
      const precompiles = [...context.evm.evm.precompiles.keys()].map((key) => `0x${key}`);
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
    const run = async (): Promise<T> => {
      const question = await this.#question(request, block, options ?? {});
      try {
        return await answer(question);
      } catch (error) {
        this.#evms.delete(question.context.rules.hardfork());
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
    this.#tables.refresh();
    const committed = requireHeader(this.#tables, this.#genesis.header.hash, block);
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
    const context: CallContext = {
      evm: await this.#evmAt(rules.hardfork(), rules),
      rules,
      block: callBlock(header, fees.baseFee, rules),
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
