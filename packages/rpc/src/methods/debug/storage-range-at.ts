import { defineMethod, required } from '../../method.ts';
import { accountParameter, blockHashParameter } from '../../parameters/common.ts';
import { parsedString, parseStorageKey } from '../../parameters/hex.ts';
import { wholeNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_BLOCK, EXAMPLE_CONTRACT, TRACE_ERRORS } from '../examples.ts';

/** Slots in one answer. */
const SLOTS_MAX = 10_000;

/** As hashes are ordered: shorter ones are their low end. */
const startKey = parsedString((text) => parseStorageKey(text).slot);

export const debugStorageRangeAt = defineMethod({
  name: 'debug_storageRangeAt',
  peers: ['ganache', 'geth', 'besu'],
  summary:
    'A piece of the storage of a contract before a transaction of a block, in the order of the hashes of its slots.',
  params: [
    blockHashParameter,
    required(
      'index',
      wholeNumber,
      'How many transactions of the block have run; all of them for the state after the last.',
    ),
    accountParameter,
    required('start', startKey, 'Hash of a slot to begin with; `0x00` for the first.'),
    required('limit', wholeNumber, `Slots at most, no more than ${SLOTS_MAX}.`),
  ],
  result:
    'Object with `storage`, of hash of the slot to `key` (null where the node does not know which slot has this hash) and `value`, and `nextKey`, where the rest begins, null when there is none.',
  errors: TRACE_ERRORS,
  example: {
    params: [EXAMPLE_BLOCK, 0, EXAMPLE_CONTRACT, '0x00', 2],
    result: {
      storage: {
        '0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563': {
          key: `0x${'00'.repeat(32)}`,
          value: `0x${'00'.repeat(31)}38`,
        },
      },
      nextKey: null,
    },
  },
  handler: async ([block, index, address, start, limit], { backend }) => {
    const { slots, next } = await backend.executor.storageRange({
      ...{ block, index, address },
      start: `0x${start.toString(16).padStart(64, '0')}` as typeof block,
      limit: Math.min(limit, SLOTS_MAX),
    });
    return {
      storage: Object.fromEntries(
        slots.map(({ hash, slot, value }) => [hash, { key: slot, value }]),
      ),
      nextKey: next,
    };
  },
});
