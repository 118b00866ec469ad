/** Parameters that several methods have. */
import { z } from 'zod';
import { optional, required, withDefault } from '../method.ts';
import { blockSelector, blockTagOrNumber, LATEST, PENDING } from './block-selector.ts';
import { callArguments } from './call-request.ts';
import { address, data, hash, index } from './hex.ts';
import { blockOverrides, stateOverrides } from './overrides.ts';

export const accountParameter = required('address', address, 'Account, 20 bytes.');

export const stateBlockParameter = withDefault(
  'block',
  blockSelector,
  LATEST,
  'Number, tag, hash or EIP-1898 object; `latest` when absent.',
);

/** For a transaction that is still to be sent, and so runs in the next block: what development nodes take too. */
export const estimateBlockParameter = withDefault(
  'block',
  blockSelector,
  PENDING,
  'Number, tag, hash or EIP-1898 object; `pending` when absent.',
);

export const blockNumberParameter = required(
  'block',
  blockTagOrNumber,
  'Number, or `latest`, `earliest`, `pending`, `safe`, `finalized`.',
);

export const blockHashParameter = required('blockHash', hash, 'Hash of the block.');

export const transactionHashParameter = required('hash', hash, 'Hash of the transaction.');

export const indexParameter = required('index', index, 'Position in the block, from 0.');

export const fullTransactionsParameter = withDefault(
  'fullTransactions',
  z.boolean({ error: 'non-boolean' }),
  false,
  'Whether `transactions` holds objects; hashes otherwise.',
);

export const callParameter = required(
  'transaction',
  callArguments,
  'The call, as in a transaction.',
);

export const stateOverridesParameter = optional(
  'stateOverrides',
  stateOverrides,
  'Balance, nonce, code and storage of accounts during the call.',
);

export const blockOverridesParameter = optional(
  'blockOverrides',
  blockOverrides,
  'Block context during the call.',
);

export const messageParameter = required('message', data, 'The message, as bytes.');

/** Ids are compared, never interpreted; 66 characters hold any that a server gave out. */
export const filterIdParameter = required(
  'id',
  z.string({ error: 'non-string' }).max(66, { error: 'invalid id' }),
  'Id as the server gave it.',
);
