import { bytesOf } from '@praline/chain/configuration';
import { defineMethod, required } from '../../method.ts';
import { data } from '../../parameters/hex.ts';
import { EXAMPLE_RAW, POOL_ERRORS } from '../examples.ts';

export const ethSendRawTransaction = defineMethod({
  name: 'eth_sendRawTransaction',
  summary:
    'Sends a signed transaction. With instant blocks, answers once it is committed and readable here.',
  params: [required('transaction', data, 'The signed transaction (EIP-2718).')],
  result: 'Hash of the transaction.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: POOL_ERRORS,
  example: {
    params: [EXAMPLE_RAW],
    result: '0x82904b5736384b064746d4f5bfe7971566b94df80b5c38b04164a56642e35276',
  },
  startsTogetherInBatch: true,
  handler: ([raw], { backend }) => backend.transactions.sendRaw(bytesOf(raw)),
});
