import { formatHeader } from '../../format/header.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';

export const ethGetHeaderByNumber = defineMethod({
  name: 'eth_getHeaderByNumber',
  summary: 'A header by the number of its block.',
  params: [blockNumberParameter],
  result: 'The header, null when there is none.',
  peers: ['geth'],
  errors: [],
  example: { params: ['0xffffff'], result: null },
  handler: ([block], { backend }) => {
    const header = backend.reader.header(block);
    return header === undefined ? null : formatHeader(header);
  },
});
