import { z } from 'zod';
import { serverError } from '../../errors.ts';
import { quantity } from '../../format/quantity.ts';
import { defineMethod, required, withDefault } from '../../method.ts';
import { blockTagOrNumber } from '../../parameters/block-selector.ts';
import { parsedString, parseQuantity } from '../../parameters/hex.ts';

/** Longest history, as in geth. */
const BLOCKS_MAX = 1024;

/** geth takes a number, decimal digits or a quantity here. */
const COUNT_EXPECTED = { error: 'a number of blocks expected' };
const blockCount = z.union(
  [
    z.number().int(COUNT_EXPECTED).min(0, COUNT_EXPECTED),
    parsedString((text) => Number(/^\d{1,10}$/.test(text) ? text : parseQuantity(text, 64))),
  ],
  COUNT_EXPECTED,
);

export const ethFeeHistory = defineMethod({
  name: 'eth_feeHistory',
  summary: 'Base fees, gas used and tips paid of recent blocks (EIP-1559).',
  params: [
    required('blockCount', blockCount, `Blocks to look at, at most ${BLOCKS_MAX}.`),
    required('newestBlock', blockTagOrNumber, 'The last of them.'),
    withDefault(
      'rewardPercentiles',
      z.array(z.number({ error: 'non-number' }), { error: 'non-array' }),
      [],
      'Ascending percentages; for each, the tip below which that part of the gas of a block paid.',
    ),
  ],
  result:
    '`oldestBlock`, `baseFeePerGas` (one more than blocks), `gasUsedRatio`, the same for blobs, and `reward` per block and percentile.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'the newest block does not exist yet' }],
  example: {
    params: ['0x1', 'latest', [95, 99]],
    result: {
      oldestBlock: '0x2',
      reward: [['0x3b9aca00', '0x3b9aca00']],
      baseFeePerGas: ['0x2dac3744', '0x27f8d61d'],
      gasUsedRatio: [0.0007346666666666667],
      baseFeePerBlobGas: ['0x1', '0x1'],
      blobGasUsedRatio: [0],
    },
  },
  handler: ([count, newest, percentiles], { backend }) => {
    const head = backend.reader.head().number;
    if ('number' in newest && newest.number > head) {
      throw serverError(`request beyond head block: requested ${newest.number}, head ${head}`);
    }
    if (count === 0) return { oldestBlock: '0x0', gasUsedRatio: null };
    const history = backend.reader.feeHistory(Math.min(count, BLOCKS_MAX), newest, percentiles);
    return {
      oldestBlock: quantity(history.oldestBlock),
      ...(percentiles.length === 0
        ? {}
        : { reward: (history.reward ?? []).map((tips) => tips.map(quantity)) }),
      baseFeePerGas: history.baseFeePerGas.map(quantity),
      gasUsedRatio: history.gasUsedRatio,
      baseFeePerBlobGas: history.baseFeePerBlobGas.map(quantity),
      blobGasUsedRatio: history.blobGasUsedRatio,
    };
  },
});
