/** The methods every server has, beside those of development mode. `mokka_*` methods are added by the node. */
import type { Method } from '../method.ts';
import { debugConsoleLog } from './debug/console-log.ts';
import { debugGetRawBlock } from './debug/get-raw-block.ts';
import { debugGetRawHeader } from './debug/get-raw-header.ts';
import { debugGetRawReceipts } from './debug/get-raw-receipts.ts';
import { debugGetRawTransaction } from './debug/get-raw-transaction.ts';
import { debugStorageRangeAt } from './debug/storage-range-at.ts';
import { debugTraceBlockByHash } from './debug/trace-block-by-hash.ts';
import { debugTraceBlockByNumber } from './debug/trace-block-by-number.ts';
import { debugTraceCall } from './debug/trace-call.ts';
import { debugTraceTransaction } from './debug/trace-transaction.ts';
import { erigonGetHeaderByNumber } from './erigon/get-header-by-number.ts';
import { ethAccounts } from './eth/accounts.ts';
import { ethBlobBaseFee } from './eth/blob-base-fee.ts';
import { ethBlockNumber } from './eth/block-number.ts';
import { ethCall } from './eth/call.ts';
import { ethCapabilities } from './eth/capabilities.ts';
import { ethChainId } from './eth/chain-id.ts';
import { ethCoinbase } from './eth/coinbase.ts';
import { ethConfig } from './eth/config.ts';
import { ethCreateAccessList } from './eth/create-access-list.ts';
import { ethEstimateGas } from './eth/estimate-gas.ts';
import { ethFeeHistory } from './eth/fee-history.ts';
import { ethGasPrice } from './eth/gas-price.ts';
import { ethGetBalance } from './eth/get-balance.ts';
import { ethGetBlockByHash } from './eth/get-block-by-hash.ts';
import { ethGetBlockByNumber } from './eth/get-block-by-number.ts';
import { ethGetBlockReceipts } from './eth/get-block-receipts.ts';
import { ethGetBlockTransactionCountByHash } from './eth/get-block-transaction-count-by-hash.ts';
import { ethGetBlockTransactionCountByNumber } from './eth/get-block-transaction-count-by-number.ts';
import { ethGetCode } from './eth/get-code.ts';
import { ethGetFilterChanges } from './eth/get-filter-changes.ts';
import { ethGetFilterLogs } from './eth/get-filter-logs.ts';
import { ethGetHeaderByHash } from './eth/get-header-by-hash.ts';
import { ethGetHeaderByNumber } from './eth/get-header-by-number.ts';
import { ethGetLogs } from './eth/get-logs.ts';
import { ethGetProof } from './eth/get-proof.ts';
import { ethGetRawTransactionByHash } from './eth/get-raw-transaction-by-hash.ts';
import { ethGetStorageAt } from './eth/get-storage-at.ts';
import { ethGetStorageValues } from './eth/get-storage-values.ts';
import { ethGetTransactionByBlockHashAndIndex } from './eth/get-transaction-by-block-hash-and-index.ts';
import { ethGetTransactionByBlockNumberAndIndex } from './eth/get-transaction-by-block-number-and-index.ts';
import { ethGetTransactionByHash } from './eth/get-transaction-by-hash.ts';
import { ethGetTransactionCount } from './eth/get-transaction-count.ts';
import { ethGetTransactionReceipt } from './eth/get-transaction-receipt.ts';
import { ethGetUncleCountByBlockHash } from './eth/get-uncle-count-by-block-hash.ts';
import { ethGetUncleCountByBlockNumber } from './eth/get-uncle-count-by-block-number.ts';
import { ethMaxPriorityFeePerGas } from './eth/max-priority-fee-per-gas.ts';
import { ethNewBlockFilter } from './eth/new-block-filter.ts';
import { ethNewFilter } from './eth/new-filter.ts';
import { ethNewPendingTransactionFilter } from './eth/new-pending-transaction-filter.ts';
import { ethSendRawTransaction } from './eth/send-raw-transaction.ts';
import { ethSendTransaction } from './eth/send-transaction.ts';
import { ethSign } from './eth/sign.ts';
import { ethSignTypedDataV4 } from './eth/sign-typed-data-v4.ts';
import { ethSimulateV1 } from './eth/simulate-v1.ts';
import { ethSubscribe } from './eth/subscribe.ts';
import { ethSyncing } from './eth/syncing.ts';
import { ethUninstallFilter } from './eth/uninstall-filter.ts';
import { ethUnsubscribe } from './eth/unsubscribe.ts';
import { netListening } from './net/listening.ts';
import { netPeerCount } from './net/peer-count.ts';
import { netVersion } from './net/version.ts';
import { otterscanMethods } from './ots/index.ts';
import { personalSign } from './personal/sign.ts';
import { rpcDiscover } from './rpc/discover.ts';
import { rpcModules } from './rpc/modules.ts';
import { traceMethods } from './trace/index.ts';
import { txpoolContent } from './txpool/content.ts';
import { txpoolContentFrom } from './txpool/content-from.ts';
import { txpoolInspect } from './txpool/inspect.ts';
import { txpoolStatus } from './txpool/status.ts';
import { web3ClientVersion } from './web3/client-version.ts';
import { web3Sha3 } from './web3/sha3.ts';

export const standardMethods: readonly Method[] = [
  debugConsoleLog,
  debugGetRawBlock,
  debugGetRawHeader,
  debugGetRawReceipts,
  debugGetRawTransaction,
  debugStorageRangeAt,
  debugTraceBlockByHash,
  debugTraceBlockByNumber,
  debugTraceCall,
  debugTraceTransaction,
  erigonGetHeaderByNumber,
  ethAccounts,
  ethBlobBaseFee,
  ethBlockNumber,
  ethCall,
  ethCapabilities,
  ethChainId,
  ethCoinbase,
  ethConfig,
  ethCreateAccessList,
  ethEstimateGas,
  ethFeeHistory,
  ethGasPrice,
  ethGetBalance,
  ethGetBlockByHash,
  ethGetBlockByNumber,
  ethGetBlockReceipts,
  ethGetBlockTransactionCountByHash,
  ethGetBlockTransactionCountByNumber,
  ethGetCode,
  ethGetFilterChanges,
  ethGetFilterLogs,
  ethGetHeaderByHash,
  ethGetHeaderByNumber,
  ethGetLogs,
  ethGetProof,
  ethGetRawTransactionByHash,
  ethGetStorageAt,
  ethGetStorageValues,
  ethGetTransactionByBlockHashAndIndex,
  ethGetTransactionByBlockNumberAndIndex,
  ethGetTransactionByHash,
  ethGetTransactionCount,
  ethGetTransactionReceipt,
  ethGetUncleCountByBlockHash,
  ethGetUncleCountByBlockNumber,
  ethMaxPriorityFeePerGas,
  ethNewBlockFilter,
  ethNewFilter,
  ethNewPendingTransactionFilter,
  ethSendRawTransaction,
  ethSendTransaction,
  ethSignTypedDataV4,
  ethSign,
  ethSimulateV1,
  ethSubscribe,
  ethSyncing,
  ethUninstallFilter,
  ethUnsubscribe,
  netListening,
  netPeerCount,
  netVersion,
  ...otterscanMethods,
  personalSign,
  ...rpcDiscover,
  rpcModules,
  ...traceMethods,
  txpoolContentFrom,
  txpoolContent,
  txpoolInspect,
  txpoolStatus,
  web3ClientVersion,
  web3Sha3,
];
