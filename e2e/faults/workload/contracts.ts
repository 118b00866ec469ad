/** The two contracts that clients call: registers, each with a count of its writes, and a counter. */
import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from 'viem';
import { compile } from '../../../harness/contracts.ts';
import type { ReadAnswer } from '../history.ts';

const REGISTERS_SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Registers {
  struct Register { uint128 version; uint128 value; }
  mapping(uint256 => Register) private registers;
  function write(uint256 key, uint128 value) external {
    registers[key] = Register(registers[key].version + 1, value);
  }
  function read(uint256 key) external view returns (uint128, uint128) {
    return (registers[key].version, registers[key].value);
  }
}`;

const COUNTER_SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Counter {
  uint256 public count;
  function increment() external { count += 1; }
}`;

const ABI = parseAbi([
  'function write(uint256 key, uint128 value)',
  'function read(uint256 key) view returns (uint128, uint128)',
  'function increment()',
  'function count() view returns (uint256)',
]);

export interface ContractCode {
  readonly registers: Hex;
  readonly counter: Hex;
}

export function compileContracts(): ContractCode {
  return {
    registers: compile('Registers', REGISTERS_SOURCE).bytecode,
    counter: compile('Counter', COUNTER_SOURCE).bytecode,
  };
}

export function encodeWrite(key: number, value: number): Hex {
  const args = [BigInt(key), BigInt(value)] as const;
  return encodeFunctionData({ abi: ABI, functionName: 'write', args });
}

export function encodeIncrement(): Hex {
  return encodeFunctionData({ abi: ABI, functionName: 'increment' });
}

export function encodeRead(key: number): Hex {
  return encodeFunctionData({ abi: ABI, functionName: 'read', args: [BigInt(key)] });
}

export function decodeRead(data: Hex): ReadAnswer {
  const [version, value] = decodeFunctionResult({ abi: ABI, functionName: 'read', data });
  return { version: Number(version), value: Number(value) };
}

export function encodeCount(): Hex {
  return encodeFunctionData({ abi: ABI, functionName: 'count' });
}

export function decodeCount(data: Hex): number {
  return Number(decodeFunctionResult({ abi: ABI, functionName: 'count', data }));
}
