import { firstBlockWhere } from '../../account-history.ts';
import { defineMethod, required } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { wholeNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CREATION } from '../examples.ts';
import { PRUNED } from './pruned.ts';

export const otsGetTransactionBySenderAndNonce = defineMethod({
  name: 'ots_getTransactionBySenderAndNonce',
  peers: ['anvil'],
  summary: 'The transaction that an account sent with a nonce.',
  params: [accountParameter, required('nonce', wholeNumber, 'The nonce.')],
  result: 'Hash of the transaction, null when there is none on the chain.',
  errors: [PRUNED],
  example: { params: [EXAMPLE_ADDRESS, 0], result: EXAMPLE_CREATION },
  handler: ([sender, nonce], { backend: { reader } }) => {
    const number = firstBlockWhere(reader, sender, (account) => account.nonce > BigInt(nonce));
    if (number === undefined) return null;
    const sent = reader
      .block({ number })
      ?.transactions.find((one) => one.from === sender && one.nonce === BigInt(nonce));
    return sent?.hash ?? null;
  },
});
