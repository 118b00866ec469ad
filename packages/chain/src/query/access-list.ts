/** geth's fix point: run with the list so far, add what was touched, until nothing new is. */
import type { AccessListItem } from '../block/block-data.ts';
import type { Address, Hash } from '../primitives.ts';
import type { AccessListResult } from './call-executor.ts';
import type { RunResult } from './call-run.ts';

/**
 * `run` executes the call with a list. Addresses in `known` are warm anyway and are listed only with slots.
 */
export async function findAccessList(
  given: readonly AccessListItem[],
  known: ReadonlySet<string>,
  run: (list: readonly AccessListItem[]) => Promise<RunResult>,
): Promise<AccessListResult> {
  let list = merge(given, [], new Set());
  for (;;) {
    const { result, accessed, created } = await run(list);
    const next = merge(list, accessed, new Set([...known, ...created]));
    if (size(next) === size(list)) {
      return {
        accessList: list,
        gasUsed: result.gasUsed,
        ...(result.status === 'revert' && { error: 'execution reverted' }),
        ...(result.status === 'failure' && { error: result.error }),
      };
    }
    list = next;
  }
}

function merge(
  list: readonly AccessListItem[],
  accessed: readonly AccessListItem[],
  known: ReadonlySet<string>,
): readonly AccessListItem[] {
  const slots = new Map<Address, Set<Hash>>();
  for (const { address, storageKeys } of list) {
    slots.set(address, new Set([...(slots.get(address) ?? []), ...storageKeys]));
  }
  for (const { address, storageKeys } of accessed) {
    if (storageKeys.length === 0 && known.has(address)) continue;
    slots.set(address, new Set([...(slots.get(address) ?? []), ...storageKeys]));
  }
  return [...slots].map(([address, keys]) => ({ address, storageKeys: [...keys] }));
}

/** Grows with every address and every slot. */
function size(list: readonly AccessListItem[]): number {
  return list.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0);
}
