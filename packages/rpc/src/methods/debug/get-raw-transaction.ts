import { hexOf } from '@praline/chain/configuration';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_TRANSACTION } from '../examples.ts';

export const debugGetRawTransaction = defineMethod({
  name: 'debug_getRawTransaction',
  summary: 'As eth_getRawTransactionByHash, under the name of the execution API specification.',
  params: [transactionHashParameter],
  result: 'Bytes, `0x` when there is none.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: { params: [EXAMPLE_TRANSACTION], result: '0x02f86d827a6901843b9aca00...9f1544c3' },
  handler: ([hash], { backend }) => {
    const raw = backend.reader.rawTransaction(hash);
    return raw === undefined ? '0x' : hexOf(raw);
  },
});
