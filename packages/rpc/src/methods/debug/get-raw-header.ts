import { hexOf } from '@praline/chain/configuration';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';

export const debugGetRawHeader = defineMethod({
  name: 'debug_getRawHeader',
  summary: "A block's header as RLP.",
  params: [blockNumberParameter],
  result: 'Bytes, null when there is none.',
  peers: ['geth'],
  errors: [],
  example: { params: ['0x2'], result: '0xf9025da07615969c8c1284b1...7852b855' },
  handler: ([block], { backend }) => {
    const raw = backend.reader.rawHeader(block);
    return raw === undefined ? null : hexOf(raw);
  },
});
