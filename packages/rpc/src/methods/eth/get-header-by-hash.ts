import { formatHeader } from '../../format/header.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH } from '../examples.ts';

export const ethGetHeaderByHash = defineMethod({
  name: 'eth_getHeaderByHash',
  summary: 'A header by the hash of its block.',
  params: [blockHashParameter],
  result: 'The header, null when there is none.',
  peers: ['geth'],
  errors: [],
  example: { params: [EXAMPLE_HASH], result: null },
  handler: ([hash], { backend }) => {
    const header = backend.reader.header({ hash });
    return header === undefined ? null : formatHeader(header);
  },
});
