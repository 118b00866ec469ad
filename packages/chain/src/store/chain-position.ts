import type { HeaderData } from '../block/block-data.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { openStore } from './store-identity.ts';
import { Tables } from './tables.ts';

/** Where a stored chain stands. */
export interface ChainPosition {
  readonly head: HeaderData;
  /** What the chain's writer stored with its last commit; null before the first. */
  readonly marker: Uint8Array | null;
}

/**
 * Reads where the chain in a folder stands; a process that writes to it is not disturbed. Throws `ChainError`: `no-chain`,
 * `unsupported-format`, `genesis-mismatch` or `corrupt-store`.
 */
export async function readChainPosition(
  directory: string,
  genesis: Genesis,
): Promise<ChainPosition> {
  const tables = new Tables(directory, { readOnly: true });
  try {
    return openStore(tables, genesis);
  } finally {
    await tables.close();
  }
}
