import { formatBlockDetails } from '../../format/otterscan.ts';
import { defineMethod, required } from '../../method.ts';
import { blockNumber } from '../../parameters/plain-number.ts';
import { BLOCK_DETAILS } from './block-details.ts';

export const otsGetBlockDetails = defineMethod({
  name: 'ots_getBlockDetails',
  peers: ['anvil'],
  summary: 'A block without its transactions, with what they paid.',
  params: [required('block', blockNumber, 'Number, as JSON number or quantity, or tag.')],
  ...BLOCK_DETAILS,
  example: { params: [2], result: BLOCK_DETAILS.exampleResult },
  handler: ([selector], { backend: { reader } }) => {
    const block = reader.block(selector);
    return block === undefined
      ? null
      : formatBlockDetails(block, reader.receipts({ hash: block.header.hash }) ?? []);
  },
});
