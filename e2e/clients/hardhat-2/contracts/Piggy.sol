// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A savings box: state, time, value, events, and one function per way of failing.
contract Piggy {
  error NotOwner(address caller);
  error TooEarly(uint256 now_, uint256 opensAt);

  event Saved(address indexed by, uint256 amount);
  event Opened(address indexed by, uint256 amount, uint256 at);

  address public owner;
  uint256 public opensAt;
  mapping(address => uint256) public savings;

  constructor(uint256 opensAt_) payable {
    require(opensAt_ > block.timestamp, "opens in the past");
    owner = msg.sender;
    opensAt = opensAt_;
  }

  function save() external payable {
    savings[msg.sender] += msg.value;
    emit Saved(msg.sender, msg.value);
  }

  function open() external {
    if (msg.sender != owner) revert NotOwner(msg.sender);
    if (block.timestamp < opensAt) revert TooEarly(block.timestamp, opensAt);
    uint256 amount = address(this).balance;
    emit Opened(msg.sender, amount, block.timestamp);
    payable(owner).transfer(amount);
  }

  function share(uint256 parts) external view returns (uint256) {
    return address(this).balance / parts;
  }

  function spend(uint256 amount) external {
    savings[msg.sender] -= amount;
  }

  function at(uint256[] calldata values, uint256 index) external pure returns (uint256) {
    return values[index];
  }

  function silent() external pure {
    revert();
  }
}

contract Chain {
  function facts() external view returns (uint256, uint256, address, uint256, uint256) {
    return (block.number, block.timestamp, block.coinbase, block.prevrandao, block.gaslimit);
  }
}
