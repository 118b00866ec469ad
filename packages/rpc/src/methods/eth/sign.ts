import { personalDigest } from '../../message-signing.ts';
import { defineMethod } from '../../method.ts';
import { accountParameter, messageParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, UNKNOWN_ACCOUNT } from '../examples.ts';

export const ethSign = defineMethod({
  name: 'eth_sign',
  summary: 'Signs a message with a development account, with the prefix of EIP-191.',
  params: [accountParameter, messageParameter],
  result: 'Signature, 65 bytes.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth'],
  errors: [UNKNOWN_ACCOUNT],
  example: {
    params: [EXAMPLE_ADDRESS, '0xdeadbeef'],
    result: '0xa114c834af73872c6c9efe91...c3f1641b',
  },
  handler: ([address, message], { backend }) =>
    backend.accounts.signDigest(address, personalDigest(message)),
});
