import { defineMethod } from '../../method.ts';
import { accountParameter, stateBlockParameter } from '../../parameters/common.ts';
import { EXAMPLE_CONTRACT, UNKNOWN_BLOCK } from '../examples.ts';

export const ethGetCode = defineMethod({
  name: 'eth_getCode',
  summary:
    'Code of a contract after a block; the delegation of an account that has one (EIP-7702).',
  params: [accountParameter, stateBlockParameter],
  result: 'Bytes, `0x` without code.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [UNKNOWN_BLOCK],
  example: {
    params: [EXAMPLE_CONTRACT, 'latest'],
    result: '0x36602e5760015f527fddf252...60205ff3',
  },
  handler: ([address, block], { backend }) => backend.reader.code(address, block),
});
