import { formatHeader } from '../../format/header.ts';
import { defineMethod, required } from '../../method.ts';
import { blockNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';

export const erigonGetHeaderByNumber = defineMethod({
  name: 'erigon_getHeaderByNumber',
  peers: ['anvil'],
  summary: 'As eth_getHeaderByNumber; explorers ask for it to see whether a node serves them.',
  params: [required('block', blockNumber, 'Number, as JSON number or quantity, or tag.')],
  result: 'Header, null when there is no such block.',
  errors: [],
  example: {
    params: [2],
    result: {
      hash: EXAMPLE_BLOCK,
      number: '0x2',
      parentHash: '0x7615969c8c1284b16d1f79cb86b8b8bd98677f9ef1a4efb6f750b770807f6102',
      timestamp: '0x2',
      '...': '...',
    },
  },
  handler: ([block], { backend }) => {
    const header = backend.reader.header(block);
    return header === undefined ? null : formatHeader(header);
  },
});
