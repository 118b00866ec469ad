/** The methods `ots_*`. */
import type { Method } from '../../method.ts';
import { otsGetApiLevel } from './get-api-level.ts';
import { otsGetBlockDetails } from './get-block-details.ts';
import { otsGetBlockDetailsByHash } from './get-block-details-by-hash.ts';
import { otsGetBlockTransactions } from './get-block-transactions.ts';
import { otsGetContractCreator } from './get-contract-creator.ts';
import { otsGetInternalOperations } from './get-internal-operations.ts';
import { otsGetTransactionBySenderAndNonce } from './get-transaction-by-sender-and-nonce.ts';
import { otsGetTransactionError } from './get-transaction-error.ts';
import { otsHasCode } from './has-code.ts';
import { otsSearchTransactionsAfter } from './search-transactions-after.ts';
import { otsSearchTransactionsBefore } from './search-transactions-before.ts';
import { otsTraceTransaction } from './trace-transaction.ts';

export const otterscanMethods: readonly Method[] = [
  otsGetApiLevel,
  otsGetBlockDetailsByHash,
  otsGetBlockDetails,
  otsGetBlockTransactions,
  otsGetContractCreator,
  otsGetInternalOperations,
  otsGetTransactionBySenderAndNonce,
  otsGetTransactionError,
  otsHasCode,
  otsSearchTransactionsAfter,
  otsSearchTransactionsBefore,
  otsTraceTransaction,
];
