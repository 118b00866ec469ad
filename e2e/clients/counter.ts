/** The contract that the clients' tests deploy: state, an event, and one function per way of failing. */
import { compile } from '../../harness/contracts.ts';

const SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Counter {
  error TooHigh(uint256 given, uint256 max);
  event Changed(address indexed by, uint256 value);
  uint256 public value;
  constructor(uint256 start) { value = start; }
  function set(uint256 next) external {
    if (next > 1000) revert TooHigh(next, 1000);
    value = next;
    emit Changed(msg.sender, next);
  }
  function nope() external pure { revert("nope"); }
  function divide(uint256 by) external pure returns (uint256) { return 1 / by; }
}`;

export const COUNTER = compile('Counter', SOURCE);
