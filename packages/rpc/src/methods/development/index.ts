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
import {
  addAccount,
  personalImportRawKey,
  personalListAccounts,
  personalLockAccount,
  personalNewAccount,
  personalUnlockAccount,
  removeAccount,
} from './client-accounts.ts';
import { getGenesisTime, metadata, nodeInfo } from './metadata.ts';
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
import { notApplicable, setLoggingEnabled } from './not-applicable.ts';
import { dropAllTransactions, dropTransaction, removePoolTransactions } from './pool.ts';
import { reorg } from './reorg.ts';
import { sendUnsignedTransaction } from './send-unsigned-transaction.ts';
import { reset, revert, rollback, snapshot } from './snapshots.ts';
import { dumpState, loadState } from './state.ts';
import {
  increaseTime,
  removeBlockTimestampInterval,
  setBlockTimestampInterval,
  setNextBlockTimestamp,
  setTime,
} from './time.ts';
import { dealErc20, setErc20Allowance } from './tokens.ts';

const methods: readonly Method[] = [
  evmMine,
  ...snapshot,
  ...revert,
  ...reset,
  ...rollback,
  ...reorg,
  ...dumpState,
  ...loadState,
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
  ...removePoolTransactions,
  ...dealErc20,
  ...setErc20Allowance,
  ...addAccount,
  ...removeAccount,
  personalNewAccount,
  personalImportRawKey,
  personalListAccounts,
  personalUnlockAccount,
  personalLockAccount,
  ...setLoggingEnabled,
  ...notApplicable,
  nodeInfo,
  ...metadata,
  getGenesisTime,
];

export const developmentModeMethods: readonly Method[] = methods.map((method) => ({
  ...method,
  needsDevelopmentMode: true,
}));
