import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';

const EVERYTHING = { disabled: false, oldestBlock: '0x0' };

export const ethCapabilities = defineMethod({
  name: 'eth_capabilities',
  summary: 'From which block on this node answers each kind of question.',
  params: [],
  result:
    'The head, and for `state`, `tx`, `logs`, `receipts`, `blocks` and `stateproofs` the oldest block of which they are here.',
  peers: ['geth'],
  errors: [],
  example: {
    params: [],
    result: {
      head: { number: '0x2', hash: EXAMPLE_BLOCK },
      state: EVERYTHING,
      tx: EVERYTHING,
      logs: EVERYTHING,
      receipts: EVERYTHING,
      blocks: EVERYTHING,
      stateproofs: EVERYTHING,
    },
  },
  handler: (_, { backend }) => {
    const { number, hash } = backend.reader.head();
    const { blocks, states } = backend.reader.available();
    const from = (oldest: number) => ({ disabled: false, oldestBlock: quantity(oldest) });
    return {
      head: { number: quantity(number), hash },
      state: from(states),
      tx: from(blocks),
      logs: from(blocks),
      receipts: from(blocks),
      blocks: from(blocks),
      stateproofs: from(states),
    };
  },
});
