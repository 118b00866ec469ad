/** Why the EVM stopped, in geth's words, which tools match on. */
import { EVMError, type ExecResult } from '@ethereumjs/evm';

const { errorMessages } = EVMError;

type RunState = NonNullable<ExecResult['runState']>;

const GETH_WORDS: ReadonlyMap<string, string> = new Map([
  [errorMessages.OUT_OF_GAS, 'out of gas'],
  [errorMessages.CODESTORE_OUT_OF_GAS, 'contract creation code storage out of gas'],
  [errorMessages.CODESIZE_EXCEEDS_MAXIMUM, 'max code size exceeded'],
  [errorMessages.STACK_OVERFLOW, 'stack limit reached 1024 (1023)'],
  [errorMessages.OUT_OF_RANGE, 'return data out of bounds'],
  [errorMessages.REVERT, 'execution reverted'],
  [errorMessages.STATIC_STATE_CHANGE, 'write protection'],
  [errorMessages.CREATE_COLLISION, 'contract address collision'],
  [errorMessages.VALUE_OVERFLOW, 'gas uint64 overflow'],
  [errorMessages.INSUFFICIENT_BALANCE, 'insufficient balance for transfer'],
  [errorMessages.INVALID_BYTECODE_RESULT, 'invalid code: must not begin with 0xef'],
  [errorMessages.INITCODE_SIZE_VIOLATION, 'max initcode size exceeded'],
]);

/** `INVALID` of EIP-141: the one invalid opcode that has a name. */
const INVALID_OPCODE = 0xfe;

const RETURNDATACOPY = 0x3e;

/** Of a result with an exception. */
export function failureWords({ exceptionError, runState }: ExecResult): string {
  const error = exceptionError?.error ?? errorMessages.INTERNAL_ERROR;
  if (runState !== undefined && error === errorMessages.STACK_UNDERFLOW) {
    return `stack underflow (${runState.stack.length} <=> ${stackInputs(runState.opCode)})`;
  }
  if (runState !== undefined && error === errorMessages.INVALID_OPCODE) {
    const { opCode } = runState;
    if (opCode === INVALID_OPCODE) return 'invalid opcode: INVALID';
    return `invalid opcode: opcode 0x${opCode.toString(16)} not defined`;
  }
  if (runState !== undefined && readsBeyondReturnData(runState)) return 'return data out of bounds';
  // The library says in the same text where the jump was.
  if (error.startsWith(errorMessages.INVALID_JUMP)) return 'invalid jump destination';
  return GETH_WORDS.get(error) ?? error;
}

/** The library calls this `out of gas`. */
function readsBeyondReturnData({ opCode, stack, returnBytes }: RunState): boolean {
  if (opCode !== RETURNDATACOPY || stack.length < 3) return false;
  const [, offset = 0n, size = 0n] = stack.peek(3);
  return offset + size > BigInt(returnBytes.length);
}

/** Items an opcode takes from the stack (Yellow Paper, appendix H: delta), by ranges of opcodes. */
const STACK_INPUTS: readonly (readonly [first: number, last: number, inputs: number])[] = [
  [0x01, 0x07, 2],
  [0x08, 0x09, 3],
  [0x0a, 0x0b, 2],
  [0x10, 0x14, 2],
  [0x15, 0x15, 1],
  [0x16, 0x18, 2],
  [0x19, 0x19, 1],
  [0x1a, 0x1d, 2],
  [0x1e, 0x1e, 1],
  [0x20, 0x20, 2],
  [0x31, 0x31, 1],
  [0x35, 0x35, 1],
  [0x37, 0x37, 3],
  [0x39, 0x39, 3],
  [0x3b, 0x3b, 1],
  [0x3c, 0x3c, 4],
  [0x3e, 0x3e, 3],
  [0x3f, 0x40, 1],
  [0x49, 0x49, 1],
  [0x50, 0x51, 1],
  [0x52, 0x53, 2],
  [0x54, 0x54, 1],
  [0x55, 0x55, 2],
  [0x56, 0x56, 1],
  [0x57, 0x57, 2],
  [0x5c, 0x5c, 1],
  [0x5d, 0x5d, 2],
  [0x5e, 0x5e, 3],
  [0xf0, 0xf0, 3],
  [0xf1, 0xf2, 7],
  [0xf3, 0xf3, 2],
  [0xf4, 0xf4, 6],
  [0xf5, 0xf5, 4],
  [0xfa, 0xfa, 6],
  [0xfd, 0xfd, 2],
  [0xff, 0xff, 1],
];

function stackInputs(opcode: number): number {
  // DUP1..16, SWAP1..16 and LOG0..4 count in their number.
  if (opcode >= 0x80 && opcode <= 0x8f) return opcode - 0x7f;
  if (opcode >= 0x90 && opcode <= 0x9f) return opcode - 0x8e;
  if (opcode >= 0xa0 && opcode <= 0xa4) return opcode - 0x9e;
  return STACK_INPUTS.find(([first, last]) => opcode >= first && opcode <= last)?.[2] ?? 0;
}
