import { formatHeader } from '../../format/header.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';

export const ethGetHeaderByNumber = defineMethod({
  name: 'eth_getHeaderByNumber',
  summary: 'A header by the number of its block.',
  params: [blockNumberParameter],
  result: 'The header, null when there is none.',
  peers: ['geth'],
  errors: [],
  example: {
    params: ['latest'],
    result: {
      hash: EXAMPLE_BLOCK,
      number: '0x2',
      parentHash: '0x7615969c8c1284b16d1f79cb86b8b8bd98677f9ef1a4efb6f750b770807f6102',
      stateRoot: '0x8709a4816d7e4d27370068c007b36712935d01c065ccfd15e7a527bd86d1ae31',
      timestamp: '0x2',
      '...': '...',
    },
  },
  handler: ([block], { backend }) => {
    const header = backend.reader.header(block);
    return header === undefined ? null : formatHeader(header);
  },
});
