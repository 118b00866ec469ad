import { typedDataArgument, typedDataDigest } from '../../message-signing.ts';
import { defineMethod, required } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, UNKNOWN_ACCOUNT } from '../examples.ts';

export const ethSignTypedDataV4 = defineMethod({
  name: 'eth_signTypedData_v4',
  summary: 'Signs typed data (EIP-712) with a development account.',
  params: [
    accountParameter,
    required(
      'typedData',
      typedDataArgument,
      '`types`, `primaryType`, `domain` and `message`, as an object or its JSON text.',
    ),
  ],
  result: 'Signature, 65 bytes.',
  peers: ['anvil', 'hardhat', 'ganache'],
  errors: [UNKNOWN_ACCOUNT],
  example: {
    params: [
      EXAMPLE_ADDRESS,
      {
        types: { Mail: [{ name: 'contents', type: 'string' }] },
        primaryType: 'Mail',
        domain: { name: 'Example', chainId: 31337 },
        message: { contents: 'Hello' },
      },
    ],
    result: '0x21b2d38c76d1c8fb1c777eaf...2fbef11b',
  },
  handler: async ([address, typedData], { backend }) =>
    backend.accounts.signDigest(address, await typedDataDigest(typedData)),
});
