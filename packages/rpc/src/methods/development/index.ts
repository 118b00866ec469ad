/** The methods of development mode: served where the genesis configuration says so, by every node. */
import type { Method } from '../../method.ts';
import { evmMine } from '../evm/mine.ts';
import {
  addBalance,
  autoImpersonateAccount,
  impersonateAccount,
  setBalance,
  setCode,
  setNonce,
  setStorageAt,
  stopImpersonatingAccount,
} from './accounts.ts';
import { getGenesisTime, metadata } from './metadata.ts';
import {
  getAutomine,
  getIntervalMining,
  mine,
  minerStart,
  minerStop,
  setAutomine,
  setIntervalMining,
} from './mining.ts';
import {
  setBlockGasLimit,
  setCoinbase,
  setMinGasPrice,
  setNextBlockBaseFeePerGas,
  setNextBlockPrevRandao,
} from './next-block.ts';
import { dropAllTransactions, dropTransaction } from './pool.ts';
import { sendUnsignedTransaction } from './send-unsigned-transaction.ts';
import { reset, revert, snapshot } from './snapshots.ts';
import {
  increaseTime,
  removeBlockTimestampInterval,
  setBlockTimestampInterval,
  setNextBlockTimestamp,
  setTime,
} from './time.ts';

const methods: readonly Method[] = [
  evmMine,
  ...snapshot,
  ...revert,
  ...reset,
  ...increaseTime,
  ...setTime,
  ...setNextBlockTimestamp,
  ...setBlockTimestampInterval,
  ...removeBlockTimestampInterval,
  ...setBlockGasLimit,
  ...setCoinbase,
  ...setNextBlockBaseFeePerGas,
  ...setNextBlockPrevRandao,
  ...setMinGasPrice,
  ...setBalance,
  ...addBalance,
  ...setNonce,
  ...setCode,
  ...setStorageAt,
  ...impersonateAccount,
  ...stopImpersonatingAccount,
  ...autoImpersonateAccount,
  sendUnsignedTransaction,
  ...setAutomine,
  ...setIntervalMining,
  ...minerStart,
  ...minerStop,
  ...getAutomine,
  getIntervalMining,
  ...mine,
  ...dropTransaction,
  ...dropAllTransactions,
  ...metadata,
  getGenesisTime,
];

export const developmentModeMethods: readonly Method[] = methods.map((method) => ({
  ...method,
  needsDevelopmentMode: true,
}));
