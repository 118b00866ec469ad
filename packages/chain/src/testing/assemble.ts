/** A small assembler, so that contracts of tests can be read. */
import { type Hex, hexOf } from '../primitives.ts';

const JUMPDEST = 0x5b;

const OPCODES: Readonly<Record<string, number>> = {
  STOP: 0x00,
  ADD: 0x01,
  SUB: 0x03,
  LT: 0x10,
  EQ: 0x14,
  ISZERO: 0x15,
  KECCAK256: 0x20,
  ADDRESS: 0x30,
  BALANCE: 0x31,
  CALLER: 0x33,
  CALLVALUE: 0x34,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CALLDATACOPY: 0x37,
  CODECOPY: 0x39,
  GASPRICE: 0x3a,
  RETURNDATASIZE: 0x3d,
  RETURNDATACOPY: 0x3e,
  BLOCKHASH: 0x40,
  COINBASE: 0x41,
  TIMESTAMP: 0x42,
  NUMBER: 0x43,
  PREVRANDAO: 0x44,
  GASLIMIT: 0x45,
  BASEFEE: 0x48,
  POP: 0x50,
  MLOAD: 0x51,
  MSTORE: 0x52,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMP: 0x56,
  JUMPI: 0x57,
  GAS: 0x5a,
  JUMPDEST,
  TLOAD: 0x5c,
  TSTORE: 0x5d,
  PUSH0: 0x5f,
  DUP1: 0x80,
  DUP2: 0x81,
  SWAP1: 0x90,
  LOG0: 0xa0,
  LOG1: 0xa1,
  LOG2: 0xa2,
  LOG3: 0xa3,
  CREATE: 0xf0,
  CALL: 0xf1,
  RETURN: 0xf3,
  DELEGATECALL: 0xf4,
  STATICCALL: 0xfa,
  REVERT: 0xfd,
  INVALID: 0xfe,
};

/**
 * Words separated by space: opcodes, `0x...` for a push of these bytes, `:name` for a jump target here, `@name` for a
 * push of its place, and `#0x...` for bytes as they are.
 */
export function assemble(source: string): Hex {
  const code: number[] = [];
  const targets = new Map<string, number>();
  const uses: { readonly at: number; readonly name: string }[] = [];
  for (const word of source.trim().split(/\s+/)) {
    if (word.startsWith('0x')) {
      const bytes = Buffer.from(word.slice(2), 'hex');
      code.push(0x5f + bytes.length, ...bytes);
    } else if (word.startsWith('#0x')) {
      code.push(...Buffer.from(word.slice(3), 'hex'));
    } else if (word.startsWith(':')) {
      targets.set(word.slice(1), code.length);
      code.push(JUMPDEST ?? 0);
    } else if (word.startsWith('@')) {
      code.push(0x61, 0, 0);
      uses.push({ at: code.length - 2, name: word.slice(1) });
    } else {
      const opcode = OPCODES[word];
      if (opcode === undefined) throw new Error(`Unknown opcode ${word}.`);
      code.push(opcode);
    }
  }
  for (const { at, name } of uses) {
    const target = targets.get(name);
    if (target === undefined) throw new Error(`Unknown target ${name}.`);
    code[at] = target >> 8;
    code[at + 1] = target & 0xff;
  }
  return hexOf(Uint8Array.from(code));
}
