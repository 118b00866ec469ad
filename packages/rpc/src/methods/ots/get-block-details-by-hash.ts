import { formatBlockDetails } from '../../format/otterscan.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';
import { BLOCK_DETAILS } from './block-details.ts';

export const otsGetBlockDetailsByHash = defineMethod({
  name: 'ots_getBlockDetailsByHash',
  peers: ['anvil'],
  summary: 'As ots_getBlockDetails, of a block by its hash.',
  params: [blockHashParameter],
  ...BLOCK_DETAILS,
  example: { params: [EXAMPLE_BLOCK], result: BLOCK_DETAILS.exampleResult },
  handler: ([hash], { backend: { reader } }) => {
    const block = reader.block({ hash });
    return block === undefined ? null : formatBlockDetails(block, reader.receipts({ hash }) ?? []);
  },
});
