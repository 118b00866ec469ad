import { hexOf } from '@praline/chain/configuration';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';

export const debugGetRawReceipts = defineMethod({
  name: 'debug_getRawReceipts',
  summary: "A block's receipts in their consensus encoding (EIP-2718).",
  params: [blockNumberParameter],
  result: 'List of bytes, null when there is no such block or it is not here.',
  peers: ['geth'],
  errors: [],
  example: { params: ['0x2'], result: ['0x02f9016301825618b9010000...00000001'] },
  handler: ([block], { backend }) => backend.reader.rawReceipts(block)?.map(hexOf) ?? null,
});
