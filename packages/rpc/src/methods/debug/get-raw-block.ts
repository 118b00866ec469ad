import { hexOf } from '@praline/chain/configuration';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';

export const debugGetRawBlock = defineMethod({
  name: 'debug_getRawBlock',
  summary: 'A block as RLP, with its header, transactions and withdrawals.',
  params: [blockNumberParameter],
  result: 'Bytes, null when there is none or it is not here.',
  peers: ['geth'],
  errors: [],
  example: { params: ['0x2'], result: '0xf902d6f9025da07615969c8c...44c3c0c0' },
  handler: ([block], { backend }) => {
    const raw = backend.reader.rawBlock(block);
    return raw === undefined ? null : hexOf(raw);
  },
});
