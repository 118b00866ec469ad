/** Logs in geth's JSON shape, with the block's timestamp as geth has given since 1.15. */
import type { LogData } from '@praline/chain';
import { quantity } from './quantity.ts';

export function formatLog(log: LogData) {
  return {
    address: log.address,
    topics: log.topics,
    data: log.data,
    blockNumber: quantity(log.blockNumber),
    transactionHash: log.transactionHash,
    transactionIndex: quantity(log.transactionIndex),
    blockHash: log.blockHash,
    blockTimestamp: quantity(log.blockTimestamp),
    logIndex: quantity(log.logIndex),
    removed: false,
  };
}

/** Of a block that is on the chain no more. */
export function formatRemovedLog(log: LogData) {
  return { ...formatLog(log), removed: true };
}
