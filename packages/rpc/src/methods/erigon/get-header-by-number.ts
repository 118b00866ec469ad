import { formatHeader } from '../../format/header.ts';
import { defineMethod, required } from '../../method.ts';
import { blockNumber } from '../../parameters/plain-number.ts';

export const erigonGetHeaderByNumber = defineMethod({
  name: 'erigon_getHeaderByNumber',
  summary: 'As eth_getHeaderByNumber; explorers ask for it to see whether a node serves them.',
  params: [required('block', blockNumber, 'Number, as JSON number or quantity, or tag.')],
  result: 'Header, null when there is no such block.',
  errors: [],
  example: { params: [1], result: null },
  handler: ([block], { backend }) => {
    const header = backend.reader.header(block);
    return header === undefined ? null : formatHeader(header);
  },
});
