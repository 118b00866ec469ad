import type { Genesis } from '../genesis/genesis.ts';
import { initialiseStore } from './store-identity.ts';
import { Tables } from './tables.ts';

/** Starts a chain in a folder without one, for `Chain.open`. Throws `ChainError` `chain-exists`. */
export async function createChainFolder(directory: string, genesis: Genesis): Promise<void> {
  const tables = new Tables(directory, { readOnly: false });
  try {
    await initialiseStore(tables, genesis);
  } finally {
    await tables.close();
  }
}
