/**
 * Ganache's accounts that clients add. No node keeps a key that a client gave or asked for: what is added is impersonated, so
 * every node sends for it, and nobody signs messages with it.
 */
import { randomBytes } from 'node:crypto';
import type { Address, Hash } from '@praline/chain';
import { addressOf, bytesOf } from '@praline/chain/configuration';
import { addressOfKey } from '@praline/chain/reading';
import { z } from 'zod';
import { invalidParams, serverError } from '../../errors.ts';
import { defineMethod, type MethodContext, optional, required, withDefault } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { wholeNumber } from '../../parameters/development.ts';
import { hash } from '../../parameters/hex.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, EXAMPLE_OTHER, UNKNOWN_ACCOUNT } from '../examples.ts';
import { developmentMethods, developmentOf, NO_QUORUM } from './development-method.ts';

/** Of `EXAMPLE_ADDRESS`; everybody knows it. */
const EXAMPLE_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

const passphraseParameter = optional(
  'passphrase',
  z.string({ error: 'non-string' }),
  'Ignored: no account is locked.',
);

export const addAccount = developmentMethods({
  names: { evm_addAccount: ['ganache'] },
  summary:
    'Lets every node send for an account without its key, as `hardhat_impersonateAccount` does.',
  params: [accountParameter, passphraseParameter],
  result: 'True.',
  example: { params: [EXAMPLE_ADDRESS, ''], result: true },
  operation: ([address]) => ({ kind: 'impersonate', address }),
});

export const removeAccount = developmentMethods({
  names: { evm_removeAccount: ['ganache'] },
  summary: 'Ends what `evm_addAccount` began.',
  params: [accountParameter, passphraseParameter],
  result: 'Whether it had been added.',
  example: { params: [EXAMPLE_CONTRACT, ''], result: false },
  operation: ([address], { backend }) => {
    if (backend.accounts.addresses.includes(address)) {
      throw serverError('an account of the genesis configuration can not be removed');
    }
    return { kind: 'stop-impersonating', address };
  },
  answer: (outcome) => outcome,
});

export const personalNewAccount = defineMethod({
  name: 'personal_newAccount',
  peers: ['ganache'],
  summary: 'A new account that every node sends for, without a key. It begins with nothing.',
  params: [passphraseParameter],
  result: 'Its address.',
  errors: [NO_QUORUM],
  example: { params: [''], result: EXAMPLE_ADDRESS, varies: 'each account is a new one' },
  handler: async (_, context) => {
    const address = addressOf(randomBytes(20));
    await developmentOf(context.backend).apply({ kind: 'impersonate', address });
    return address;
  },
});

export const personalImportRawKey = defineMethod({
  name: 'personal_importRawKey',
  peers: ['ganache'],
  summary:
    'Lets every node send for the account of a private key. The key is not kept, so nothing else is signed with it.',
  params: [required('key', hash, 'Private key, 32 bytes.'), passphraseParameter],
  result: 'Address of the account.',
  errors: [{ code: -32602, when: 'it is no private key' }, NO_QUORUM],
  example: { params: [EXAMPLE_KEY, ''], result: EXAMPLE_ADDRESS },
  handler: async ([key], context) => {
    const address = addressOfPrivateKey(key);
    await developmentOf(context.backend).apply({ kind: 'impersonate', address });
    return address;
  },
});

export const personalListAccounts = defineMethod({
  name: 'personal_listAccounts',
  peers: ['ganache'],
  summary: 'Accounts that the nodes send for.',
  params: [],
  result: 'List of addresses.',
  errors: [],
  example: { params: [], result: [EXAMPLE_ADDRESS, EXAMPLE_OTHER, '...'] },
  handler: (_, context) => knownAccounts(context),
});

export const personalUnlockAccount = defineMethod({
  name: 'personal_unlockAccount',
  peers: ['ganache'],
  summary: 'Does nothing, for no account is locked.',
  params: [
    accountParameter,
    passphraseParameter,
    withDefault('seconds', wholeNumber.nullable(), 300, 'Ignored.'),
  ],
  result: 'True.',
  errors: [UNKNOWN_ACCOUNT],
  example: { params: [EXAMPLE_ADDRESS, '', 300], result: true },
  handler: ([address], context) => {
    requireKnown(address, context);
    return true;
  },
});

export const personalLockAccount = defineMethod({
  name: 'personal_lockAccount',
  peers: ['ganache'],
  summary: 'Does nothing: accounts of a development network are always usable.',
  params: [accountParameter],
  result: 'False, for it is not locked.',
  errors: [UNKNOWN_ACCOUNT],
  example: { params: [EXAMPLE_ADDRESS], result: false },
  handler: ([address], context) => {
    requireKnown(address, context);
    return false;
  },
});

/** The message does not repeat the key. */
function addressOfPrivateKey(key: Hash): Address {
  try {
    return addressOfKey(bytesOf(key));
  } catch {
    throw invalidParams('invalid argument 0: not a private key of secp256k1');
  }
}

function knownAccounts({ backend }: MethodContext): readonly Address[] {
  const { impersonated } = backend.reader.development();
  return [...new Set([...backend.accounts.addresses, ...impersonated])];
}

function requireKnown(address: Address, context: MethodContext): void {
  const { impersonatesAll } = context.backend.reader.development();
  if (impersonatesAll || knownAccounts(context).includes(address)) return;
  throw serverError('unknown account');
}
