import { bytesOf, slotOf } from '@praline/chain/configuration';
import { z } from 'zod';
import { required } from '../../method.ts';
import { amountOfWei, editOf, impersonatedParameter, nonce } from '../../parameters/development.ts';
import { address, data, hash, storageKey } from '../../parameters/hex.ts';
import { EXAMPLE_ADDRESS } from '../examples.ts';
import { developmentMethods } from './development-method.ts';

const accountParameter = required('address', address, 'Account, 20 bytes.');
const DONE = 'True, null under `anvil_`. No block is made.';

export const setBalance = developmentMethods({
  names: {
    hardhat_setBalance: ['anvil', 'hardhat'],
    anvil_setBalance: ['anvil'],
    tenderly_setBalance: ['anvil'],
    evm_setAccountBalance: ['ganache'],
  },
  summary: 'Sets the balance of an account.',
  params: [accountParameter, required('balance', amountOfWei, 'The balance from now on.')],
  result: DONE,
  example: { params: [EXAMPLE_ADDRESS, '0xde0b6b3a7640000'], result: true },
  operation: ([account, balance]) => editOf(account, { balance }),
});

export const addBalance = developmentMethods({
  names: {
    hardhat_addBalance: ['anvil'],
    anvil_addBalance: ['anvil'],
    tenderly_addBalance: ['anvil'],
  },
  summary: 'Adds to the balance of an account.',
  params: [accountParameter, required('amount', amountOfWei, 'What to add.')],
  result: DONE,
  example: { params: [EXAMPLE_ADDRESS, '0x1'], result: true },
  operation: ([account, addedBalance]) => editOf(account, { addedBalance }),
});

export const setNonce = developmentMethods({
  names: {
    hardhat_setNonce: ['anvil', 'hardhat'],
    anvil_setNonce: ['anvil'],
    evm_setAccountNonce: ['anvil', 'ganache'],
  },
  summary: 'Sets the nonce of an account, higher or lower than it was.',
  params: [accountParameter, required('nonce', nonce, 'The next nonce of the account.')],
  result: DONE,
  example: { params: [EXAMPLE_ADDRESS, '0x5'], result: true },
  operation: ([account, next]) => editOf(account, { nonce: next }),
});

export const setCode = developmentMethods({
  names: {
    hardhat_setCode: ['anvil', 'hardhat'],
    anvil_setCode: ['anvil'],
    evm_setAccountCode: ['ganache'],
  },
  summary: 'Sets the code of an account.',
  params: [
    accountParameter,
    required('code', data, 'Bytes that run; none make it a plain account.'),
  ],
  result: DONE,
  example: { params: [EXAMPLE_ADDRESS, '0x00'], result: true },
  operation: ([account, code]) => editOf(account, { code: bytesOf(code) }),
});

export const setStorageAt = developmentMethods({
  names: {
    hardhat_setStorageAt: ['anvil', 'hardhat'],
    anvil_setStorageAt: ['anvil'],
    evm_setAccountStorageAt: ['ganache'],
  },
  summary: 'Sets a storage slot of an account.',
  params: [
    accountParameter,
    required('slot', storageKey, 'Up to 32 bytes.'),
    required('value', hash, '32 bytes.'),
  ],
  result: 'True. No block is made.',
  example: { params: [EXAMPLE_ADDRESS, '0x0', `0x${'00'.repeat(31)}01`], result: true },
  operation: ([account, { slot }, value]) =>
    editOf(account, { slots: [{ slot: slotOf(slot), value }] }),
  answer: () => true,
});

export const impersonateAccount = developmentMethods({
  names: {
    hardhat_impersonateAccount: ['anvil', 'hardhat'],
    anvil_impersonateAccount: ['anvil'],
  },
  summary:
    'Lets `eth_sendTransaction` of any node send for this account without its key. The account pays.',
  params: [impersonatedParameter],
  result: 'True, null under `anvil_`.',
  example: { params: [EXAMPLE_ADDRESS], result: true },
  operation: ([account]) => ({ kind: 'impersonate', address: account }),
});

export const stopImpersonatingAccount = developmentMethods({
  names: {
    hardhat_stopImpersonatingAccount: ['anvil', 'hardhat'],
    anvil_stopImpersonatingAccount: ['anvil'],
  },
  summary: 'Ends what `hardhat_impersonateAccount` began.',
  params: [impersonatedParameter],
  result: 'Whether it was impersonated; null under `anvil_`.',
  example: { params: [EXAMPLE_ADDRESS], result: false },
  operation: ([account]) => ({ kind: 'stop-impersonating', address: account }),
  answer: (outcome, name) => (name.startsWith('anvil_') ? null : outcome),
});

export const autoImpersonateAccount = developmentMethods({
  names: {
    hardhat_autoImpersonateAccount: ['anvil'],
    anvil_autoImpersonateAccount: ['anvil'],
  },
  summary: 'Lets `eth_sendTransaction` send for every account without its key, or not any more.',
  params: [required('enabled', z.boolean({ error: 'non-boolean' }), 'On or off.')],
  result: 'True, null under `anvil_`.',
  example: { params: [true], result: true },
  operation: ([enabled]) => ({ kind: 'auto-impersonate', enabled }),
});
