import { bytesOf } from '@praline/chain/configuration';
import { defineMethod, required } from '../../method.ts';
import { data } from '../../parameters/hex.ts';
import { EXAMPLE_HASH, POOL_ERRORS } from '../examples.ts';

export const ethSendRawTransaction = defineMethod({
  name: 'eth_sendRawTransaction',
  summary:
    'Sends a signed transaction. With instant blocks, answers once it is committed and readable here.',
  params: [required('transaction', data, 'The signed transaction (EIP-2718).')],
  result: 'Hash of the transaction.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: POOL_ERRORS,
  example: { params: ['0xf86c808401a213988261a8'], result: EXAMPLE_HASH },
  startsTogetherInBatch: true,
  handler: ([raw], { backend }) => backend.transactions.sendRaw(bytesOf(raw)),
});
