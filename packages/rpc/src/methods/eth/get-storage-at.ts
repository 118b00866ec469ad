import { defineMethod, required } from '../../method.ts';
import { accountParameter, stateBlockParameter } from '../../parameters/common.ts';
import { storageKey } from '../../parameters/hex.ts';
import { EXAMPLE_CONTRACT, UNKNOWN_BLOCK } from '../examples.ts';

export const ethGetStorageAt = defineMethod({
  name: 'eth_getStorageAt',
  summary: 'One storage slot of a contract after a block.',
  params: [
    accountParameter,
    required('slot', storageKey, 'Up to 32 bytes of hex.'),
    stateBlockParameter,
  ],
  result: '32 bytes.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [UNKNOWN_BLOCK],
  example: { params: [EXAMPLE_CONTRACT, '0x0', 'latest'], result: `0x${'00'.repeat(31)}38` },
  handler: ([address, { slot }, block], { backend }) =>
    backend.reader.storage(address, slot, block),
});
