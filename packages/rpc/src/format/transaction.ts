/** Transactions in geth's JSON shape; which fields appear, and in which order, depends on the EIP-2718 type. */
import type {
  AccessListItem,
  AuthorizationData,
  BlockNumber,
  Hash,
  HeaderData,
  LocatedTransaction,
  TransactionData,
} from '@praline/chain';
import type { JsonValue } from '../json.ts';
import { quantity } from './quantity.ts';

/** Where a transaction is in the chain, and what it paid per gas there. */
interface Placement {
  readonly blockHash: Hash | null;
  readonly blockNumber: BlockNumber;
  readonly blockTimestamp: number;
  readonly transactionIndex: number;
  readonly gasPrice: bigint;
}

export function formatLocatedTransaction(located: LocatedTransaction) {
  return formatTransaction(located.transaction, {
    blockHash: located.block.hash,
    blockNumber: located.block.number,
    blockTimestamp: located.block.timestamp,
    transactionIndex: located.transactionIndex,
    gasPrice: located.effectiveGasPrice,
  });
}

/** A transaction at its place in a block whose header is at hand. */
export function formatTransactionInBlock(
  transaction: TransactionData,
  transactionIndex: number,
  header: HeaderData,
) {
  return formatTransaction(transaction, {
    blockHash: header.hash,
    blockNumber: header.number,
    blockTimestamp: header.timestamp,
    transactionIndex,
    gasPrice: effectiveGasPrice(transaction, header.baseFeePerGas),
  });
}

/** Not in the chain yet: null placement, and the price it offers at most. */
export function formatPooledTransaction(transaction: TransactionData) {
  return formatTransaction(transaction, undefined);
}

/** Wei per gas the sender pays (EIP-1559); without a base fee what it offers at most. */
function effectiveGasPrice(transaction: TransactionData, baseFee?: bigint): bigint {
  const maxFee = transaction.maxFeePerGas;
  if (maxFee === undefined) return transaction.gasPrice ?? 0n;
  if (baseFee === undefined) return maxFee;
  const offered = baseFee + (transaction.maxPriorityFeePerGas ?? 0n);
  return offered < maxFee ? offered : maxFee;
}

export type FormattedTransaction = Readonly<Record<string, JsonValue>>;

function formatTransaction(
  transaction: TransactionData,
  placement: Placement | undefined,
): FormattedTransaction {
  return {
    blockHash: placement?.blockHash ?? null,
    blockNumber: placement === undefined ? null : quantity(placement.blockNumber),
    blockTimestamp: placement === undefined ? null : quantity(placement.blockTimestamp),
    from: transaction.from,
    gas: quantity(transaction.gasLimit),
    gasPrice: quantity(placement?.gasPrice ?? effectiveGasPrice(transaction)),
    ...feeMarketFields(transaction),
    hash: transaction.hash,
    input: transaction.input,
    nonce: quantity(transaction.nonce),
    to: transaction.to,
    transactionIndex: placement === undefined ? null : quantity(placement.transactionIndex),
    value: quantity(transaction.value),
    type: quantity(transaction.type),
    ...typedFields(transaction),
    v: quantity(transaction.v),
    r: quantity(transaction.r),
    s: quantity(transaction.s),
    ...(transaction.type === 0 ? {} : { yParity: quantity(transaction.v) }),
  };
}

function feeMarketFields(transaction: TransactionData) {
  if (transaction.maxFeePerGas === undefined) return {};
  return {
    maxFeePerGas: quantity(transaction.maxFeePerGas),
    maxPriorityFeePerGas: quantity(transaction.maxPriorityFeePerGas ?? 0n),
    ...(transaction.maxFeePerBlobGas === undefined
      ? {}
      : { maxFeePerBlobGas: quantity(transaction.maxFeePerBlobGas) }),
  };
}

function typedFields(transaction: TransactionData) {
  return {
    ...(transaction.type === 0
      ? {}
      : { accessList: formatAccessList(transaction.accessList ?? []) }),
    ...(transaction.chainId === undefined ? {} : { chainId: quantity(transaction.chainId) }),
    ...(transaction.blobVersionedHashes === undefined
      ? {}
      : { blobVersionedHashes: transaction.blobVersionedHashes }),
    ...(transaction.authorizationList === undefined
      ? {}
      : { authorizationList: transaction.authorizationList.map(formatAuthorization) }),
  };
}

export function formatAccessList(accessList: readonly AccessListItem[]) {
  return accessList.map(({ address, storageKeys }) => ({ address, storageKeys }));
}

function formatAuthorization(authorization: AuthorizationData) {
  return {
    chainId: quantity(authorization.chainId),
    address: authorization.address,
    nonce: quantity(authorization.nonce),
    yParity: quantity(authorization.yParity),
    r: quantity(authorization.r),
    s: quantity(authorization.s),
  };
}
