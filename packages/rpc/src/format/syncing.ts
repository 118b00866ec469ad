import type { NetworkService } from '../backend.ts';
import { quantity } from './quantity.ts';

/** How far a node is that is behind. */
export function formatSyncing(progress: Exclude<ReturnType<NetworkService['syncing']>, false>) {
  return {
    startingBlock: quantity(progress.startingBlock),
    currentBlock: quantity(progress.currentBlock),
    highestBlock: quantity(progress.highestBlock),
  };
}
