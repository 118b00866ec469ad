import { formatReceipt } from '../../format/receipt.ts';
import { defineMethod, required } from '../../method.ts';
import { blockSelector, isPending } from '../../parameters/block-selector.ts';

export const ethGetBlockReceipts = defineMethod({
  name: 'eth_getBlockReceipts',
  summary: 'All receipts of a block, in order.',
  params: [required('block', blockSelector, 'Number, tag, hash or EIP-1898 object.')],
  result:
    'List of receipts, null when there is no such block; null for `pending`, which has not been run.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: { params: ['0xffffff'], result: null },
  handler: ([block], { backend }) => {
    if (isPending(block)) return null;
    return backend.reader.receipts(block)?.map(formatReceipt) ?? null;
  },
});
