import type { Method } from '../../method.ts';
import { ethSendTransaction } from '../eth/send-transaction.ts';

/** Anvil's name for what `eth_sendTransaction` does for impersonated accounts. */
export const sendUnsignedTransaction: Method = {
  ...ethSendTransaction,
  name: 'eth_sendUnsignedTransaction',
  peers: ['anvil'],
  summary: 'Sends a transaction of an impersonated account, as `eth_sendTransaction` does too.',
};
