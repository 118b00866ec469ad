import type { Address } from '@praline/chain';
import { z } from 'zod';
import { invalidParams } from '../../errors.ts';
import { defineMethod, required } from '../../method.ts';
import { stateBlockParameter } from '../../parameters/common.ts';
import { address, type StorageKey, storageKey } from '../../parameters/hex.ts';
import { EXAMPLE_CONTRACT, UNKNOWN_BLOCK } from '../examples.ts';

/** Slots in one request, as in geth. */
const SLOTS_MAX = 1024;

const slotsByAccount = z
  .record(z.string(), z.array(storageKey, { error: 'non-array' }), { error: 'object expected' })
  .transform((record, context): readonly (readonly [Address, readonly StorageKey[]])[] => {
    const entries: [Address, readonly StorageKey[]][] = [];
    for (const [key, keys] of Object.entries(record)) {
      const account = address.safeParse(key);
      if (account.success) entries.push([account.data, keys]);
      else context.addIssue({ code: 'custom', message: `${key.slice(0, 80)} is not an address` });
    }
    return entries;
  });

export const ethGetStorageValues = defineMethod({
  name: 'eth_getStorageValues',
  summary: 'Storage slots of several contracts after a block.',
  params: [
    required('slots', slotsByAccount, `Object of address to list of slots, ${SLOTS_MAX} in all.`),
    stateBlockParameter,
  ],
  result: 'Object of address to list of 32-byte values, in the order asked.',
  peers: ['anvil', 'geth'],
  errors: [UNKNOWN_BLOCK],
  example: {
    params: [{ [EXAMPLE_CONTRACT]: ['0x0'] }, 'latest'],
    result: { [EXAMPLE_CONTRACT]: [`0x${'00'.repeat(31)}38`] },
  },
  handler: ([accounts, block], { backend }) => {
    const count = accounts.reduce((sum, [, keys]) => sum + keys.length, 0);
    if (count === 0) throw invalidParams('empty request');
    if (count > SLOTS_MAX) throw invalidParams(`too many slots (max ${SLOTS_MAX})`);
    return Object.fromEntries(
      accounts.map(([account, keys]) => [
        account,
        keys.map(({ slot }) => backend.reader.storage(account, slot, block)),
      ]),
    );
  },
});
