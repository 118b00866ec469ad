/** geth's struct logger: every step with its stack, and on request memory, storage and return data. */
import type { InterpreterStep } from '@ethereumjs/evm';
import { padLeft } from '../../encoding/quantity.ts';
import { type Address, addressOf, type Hash, type Hex, hexOf } from '../../primitives.ts';
import type { StateView } from '../../state/state-view.ts';
import { type FrameEnd, type FrameStart, hashOfWord } from './evm-tracer.ts';
import type { TraceOptions, TraceValue } from './trace-request.ts';
import { hexQuantity, type TraceBudget, type TransactionTracer } from './transaction-tracer.ts';

/** A step without its lists, and one word of a list, as JSON, bytes: generous. */
const STEP_BYTES = 90;
const WORD_BYTES = 70;

const SLOAD = 0x54;
const SSTORE = 0x55;
/** Gas that a call with value is given on top (Yellow Paper, appendix G). */
const CALL_STIPEND = 2_300n;

type Options = TraceOptions & { readonly tracer: 'structLogger' };

type StructLog = { [name: string]: TraceValue };

export class StructLogger implements TransactionTracer {
  readonly #options: Options;
  readonly #budget: TraceBudget;
  readonly #logs: StructLog[] = [];
  /** Slots seen so far, by contract. */
  readonly #storage = new Map<Address, Record<Hash, Hex>>();
  #state: StateView | undefined;
  /** The call whose frame may open next; its cost holds the gas that it passes on. */
  #caller: StructLog | undefined;
  #returnData = '0x';
  #end: FrameEnd | undefined;

  constructor(options: Options, budget: TraceBudget) {
    this.#options = options;
    this.#budget = budget;
  }

  begin(_: unknown, state: StateView): void {
    this.#state = state;
  }

  enter({ type, gas, value = 0n }: FrameStart): void {
    const caller = this.#caller;
    this.#caller = undefined;
    this.#returnData = '0x';
    if (caller === undefined || type.startsWith('CREATE') || type === 'SELFDESTRUCT') return;
    const paysStipend = value > 0n && type !== 'DELEGATECALL';
    const passed = paysStipend ? gas - CALL_STIPEND : gas;
    caller['gasCost'] = Number(caller['gasCost']) + Number(passed);
  }

  exit(end: FrameEnd): void {
    this.#end = end;
    this.#returnData = hexOf(end.output);
  }

  step(step: InterpreterStep): void {
    const { limit, enableReturnData, disableStack } = this.#options;
    this.#caller = undefined;
    if (limit > 0 && this.#logs.length >= limit) return;
    const storage = this.#storageAt(step);
    const memory = this.#memoryAt(step);
    const returnData = enableReturnData && this.#returnData !== '0x' ? this.#returnData : undefined;
    const words =
      (disableStack ? 0 : step.stack.length) +
      (memory?.length ?? 0) +
      2 * Object.keys(storage ?? {}).length;
    this.#budget.take(STEP_BYTES + words * WORD_BYTES + (returnData?.length ?? 0));
    const log: StructLog = {
      pc: step.pc,
      op: step.opcode.name,
      gas: Number(step.gasLeft),
      gasCost: Number(step.opcode.dynamicFee ?? step.opcode.fee),
      depth: step.depth + 1,
      ...(!disableStack && { stack: step.stack.map(hexQuantity) }),
      ...(returnData !== undefined && { returnData }),
      ...(memory !== undefined && { memory }),
      ...(storage !== undefined && { storage }),
      ...(step.gasRefund > 0n && { refund: Number(step.gasRefund) }),
    };
    this.#logs.push(log);
    this.#caller = log;
  }

  result(gasUsed: bigint): TraceValue {
    const { error, output } = this.#end ?? {};
    const returns = error === undefined || error === 'execution reverted';
    return {
      gas: Number(gasUsed),
      failed: error !== undefined,
      returnValue: returns && output !== undefined ? hexOf(output) : '0x',
      structLogs: this.#logs,
    };
  }

  #memoryAt({ memory }: InterpreterStep): Hex[] | undefined {
    if (!this.#options.enableMemory || memory.length === 0) return undefined;
    const words: Hex[] = [];
    for (let at = 0; at < memory.length; at += 32) words.push(hexOf(memory.subarray(at, at + 32)));
    return words;
  }

  /** geth shows the contract's slots so far where one is read or written. */
  #storageAt({ opcode, stack, address }: InterpreterStep): Record<Hash, Hex> | undefined {
    if (this.#options.disableStorage) return undefined;
    if (opcode.code !== SLOAD && opcode.code !== SSTORE) return undefined;
    const [value, key] = opcode.code === SLOAD ? [undefined, stack.at(-1)] : stack.slice(-2);
    if (key === undefined) return undefined;
    const contract = addressOf(address.bytes);
    const slot = hashOfWord(key);
    const shown =
      value === undefined
        ? hexOf(padLeft(this.#state?.getStorage(contract, slot) ?? new Uint8Array(0), 32))
        : hashOfWord(value);
    const slots = { ...this.#storage.get(contract), [slot]: shown };
    this.#storage.set(contract, slots);
    return slots;
  }
}
