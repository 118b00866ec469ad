/**
 * What happens inside of the EVM, frame by frame and step by step, as geth's tracers see it: the EVM library's events with
 * what they leave out (the kind of a frame, the self-destructions, logs at their place).
 */
import type { EVM, EVMResult, ExecResult, InterpreterStep, Message } from '@ethereumjs/evm';
import { type Address, addressOf, type Hash, hashOf } from '../../primitives.ts';
import { failureWords } from '../evm-failure.ts';

export type FrameType =
  | 'CALL'
  | 'CALLCODE'
  | 'DELEGATECALL'
  | 'STATICCALL'
  | 'CREATE'
  | 'CREATE2'
  | 'SELFDESTRUCT';

export interface FrameStart {
  readonly type: FrameType;
  readonly from: Address;
  /** Whose code runs; undefined for a creation, whose address is known at its end. */
  readonly to: Address | undefined;
  readonly input: Uint8Array;
  readonly gas: bigint;
  /** Wei; undefined for a static call. */
  readonly value: bigint | undefined;
  readonly depth: number;
}

export interface FrameEnd {
  readonly output: Uint8Array;
  readonly gasUsed: bigint;
  /** In geth's words. */
  readonly error: string | undefined;
  readonly created: Address | undefined;
}

export interface TracedLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Uint8Array;
}

/** Hooks are called in the order of execution. `step` and `log` come before the instruction has run. */
export interface EvmTracer {
  enter?(frame: FrameStart): void;
  exit?(frame: FrameEnd): void;
  step?(step: InterpreterStep): void;
  log?(log: TracedLog): void;
}

const STOP = 0x00;
const SELFDESTRUCT = 0xff;
/** After which a frame ends without an error: STOP, RETURN and SELFDESTRUCT. */
const HALTING: ReadonlySet<number> = new Set([STOP, 0xf3, SELFDESTRUCT]);
const LOG0 = 0xa0;
const LOG4 = 0xa4;

const FRAME_TYPES: ReadonlyMap<number, FrameType> = new Map([
  [0xf0, 'CREATE'],
  [0xf1, 'CALL'],
  [0xf2, 'CALLCODE'],
  [0xf4, 'DELEGATECALL'],
  [0xf5, 'CREATE2'],
  [0xfa, 'STATICCALL'],
]);

/** Listens until the answer is called. `balanceOf` reads the state as it is then. */
export function traceEvm(
  evm: Pick<EVM, 'events'>,
  tracer: EvmTracer,
  balanceOf: (address: Address) => bigint,
): () => void {
  /** The last step of each open frame, the outermost first. */
  const steps: (InterpreterStep | undefined)[] = [];
  const beforeMessage = (message: Message) => {
    tracer.enter?.(frameStart(message, steps.at(-1)));
    steps.push(undefined);
  };
  const afterMessage = (result: EVMResult) => {
    const last = steps.pop();
    const { execResult, createdAddress } = result;
    const stop = last && implicitStop(last, execResult);
    if (stop !== undefined) tracer.step?.(stop);
    tracer.exit?.({
      output: execResult.returnValue,
      gasUsed: execResult.executionGasUsed,
      error: execResult.exceptionError === undefined ? undefined : failureWords(execResult),
      created: createdAddress && addressOf(createdAddress.bytes),
    });
  };
  const step = (at: InterpreterStep) => {
    steps[steps.length - 1] = at;
    tracer.step?.(at);
    const { code } = at.opcode;
    if (code >= LOG0 && code <= LOG4) traceLog(at, tracer);
    if (code === SELFDESTRUCT) traceSelfDestruct(at, tracer, balanceOf);
  };
  const { events } = evm;
  events.on('beforeMessage', beforeMessage);
  events.on('afterMessage', afterMessage);
  events.on('step', step);
  return () => {
    events.off('beforeMessage', beforeMessage);
    events.off('afterMessage', afterMessage);
    events.off('step', step);
  };
}

/** The library ends where the code does, without a step; the rules have a STOP there (Yellow Paper 9.4.1). */
function implicitStop(
  last: InterpreterStep,
  { exceptionError, runState }: ExecResult,
): InterpreterStep | undefined {
  if (exceptionError !== undefined || runState === undefined) return undefined;
  if (HALTING.has(last.opcode.code)) return undefined;
  const { programCounter, stack, memory, memoryWordCount, gasLeft, gasRefund } = runState;
  return {
    ...last,
    pc: programCounter,
    opcode: { name: 'STOP', fee: 0, dynamicFee: 0n, isAsync: false, code: STOP },
    gasLeft,
    gasRefund,
    stack: stack.getStack(),
    memory: memory.read(0, Number(memoryWordCount) * 32),
    memoryWordCount,
  };
}

function frameStart(message: Message, caller: InterpreterStep | undefined): FrameStart {
  const opened = caller === undefined ? undefined : FRAME_TYPES.get(caller.opcode.code);
  const type = opened ?? (message.to === undefined ? 'CREATE' : 'CALL');
  return {
    type,
    from: addressOf((caller?.address ?? message.caller).bytes),
    to: message.to === undefined ? undefined : addressOf(message.codeAddress.bytes),
    input: message.data,
    gas: message.gasLimit,
    value: type === 'STATICCALL' ? undefined : message.value,
    depth: message.depth,
  };
}

/** Of a word on the stack. */
export function addressOfWord(word: bigint): Address {
  const digits = BigInt.asUintN(160, word).toString(16).padStart(40, '0');
  return addressOf(Buffer.from(digits, 'hex'));
}

/** Of a word on the stack. */
export function hashOfWord(word: bigint): Hash {
  return hashOf(Buffer.from(word.toString(16).padStart(64, '0'), 'hex'));
}

/** A piece of the memory, with zeros where it has not grown yet; undefined when no gas pays for it. */
export function memoryAt(
  { memory, gasLeft }: Pick<InterpreterStep, 'memory' | 'gasLeft'>,
  offset: bigint,
  size: bigint,
): Uint8Array | undefined {
  if (size === 0n) return new Uint8Array(0);
  // Three gas for each word of memory (Yellow Paper, appendix H).
  if (((offset + size) / 32n) * 3n > gasLeft + BigInt(memory.length)) return undefined;
  const piece = new Uint8Array(Number(size));
  piece.set(memory.subarray(Number(offset), Number(offset + size)));
  return piece;
}

/** Logs of static calls and of steps that fail end with their frame. */
function traceLog(at: InterpreterStep, tracer: EvmTracer): void {
  if (tracer.log === undefined) return;
  const count = at.opcode.code - LOG0;
  if (at.stack.length < count + 2) return;
  const [offset = 0n, size = 0n, ...topics] = at.stack.slice(-(count + 2)).reverse();
  const data = memoryAt(at, offset, size);
  if (data === undefined) return;
  tracer.log({ address: addressOf(at.address.bytes), topics: topics.map(hashOfWord), data });
}

function traceSelfDestruct(
  at: InterpreterStep,
  tracer: EvmTracer,
  balanceOf: (address: Address) => bigint,
): void {
  const beneficiary = at.stack.at(-1);
  if (beneficiary === undefined) return;
  const from = addressOf(at.address.bytes);
  tracer.enter?.({
    type: 'SELFDESTRUCT',
    from,
    to: addressOfWord(beneficiary),
    input: new Uint8Array(0),
    gas: 0n,
    value: balanceOf(from),
    depth: at.depth + 1,
  });
  tracer.exit?.({ output: new Uint8Array(0), gasUsed: 0n, error: undefined, created: undefined });
}
