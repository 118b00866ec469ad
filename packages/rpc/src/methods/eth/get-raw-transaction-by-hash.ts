import { hexOf } from '@praline/chain/configuration';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH } from '../examples.ts';

export const ethGetRawTransactionByHash = defineMethod({
  name: 'eth_getRawTransactionByHash',
  summary: 'A transaction of the chain as its sender signed it (EIP-2718).',
  params: [transactionHashParameter],
  result: 'Bytes, `0x` when there is none.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: { params: [EXAMPLE_HASH], result: '0x' },
  handler: ([hash], { backend }) => {
    const raw = backend.reader.rawTransaction(hash);
    return raw === undefined ? '0x' : hexOf(raw);
  },
});
