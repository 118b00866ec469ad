import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';
import { isPending } from '../../parameters/block-selector.ts';
import { accountParameter, stateBlockParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, UNKNOWN_BLOCK } from '../examples.ts';

export const ethGetTransactionCount = defineMethod({
  name: 'eth_getTransactionCount',
  summary:
    'Nonce of the next transaction of an account; with `pending`, behind its executable transactions in the pool.',
  params: [accountParameter, stateBlockParameter],
  result: 'A quantity.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [UNKNOWN_BLOCK],
  example: { params: [EXAMPLE_ADDRESS, 'pending'], result: '0x2' },
  handler: async ([address, block], { backend }) =>
    quantity(
      isPending(block)
        ? await backend.transactions.pendingNonce(address)
        : backend.reader.account(address, block).nonce,
    ),
});
