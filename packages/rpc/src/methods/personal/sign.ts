import { z } from 'zod';
import { personalDigest } from '../../message-signing.ts';
import { defineMethod, optional } from '../../method.ts';
import { accountParameter, messageParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, UNKNOWN_ACCOUNT } from '../examples.ts';

export const personalSign = defineMethod({
  name: 'personal_sign',
  summary: 'As eth_sign, with the arguments the other way round.',
  params: [
    messageParameter,
    accountParameter,
    optional('password', z.string({ error: 'non-string' }), 'Ignored.'),
  ],
  result: 'Signature, 65 bytes.',
  peers: ['anvil', 'hardhat'],
  errors: [UNKNOWN_ACCOUNT],
  example: {
    params: ['0xdeadbeef', EXAMPLE_ADDRESS],
    result: '0xa114c834af73872c6c9efe91...c3f1641b',
  },
  handler: ([message, address], { backend }) =>
    backend.accounts.signDigest(address, personalDigest(message)),
});
