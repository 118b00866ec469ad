import { bytesOf } from '@praline/chain/configuration';
import { defineMethod, required } from '../../method.ts';
import { data } from '../../parameters/hex.ts';
import { POOL_ERRORS } from '../examples.ts';

export const ethSendRawTransaction = defineMethod({
  name: 'eth_sendRawTransaction',
  summary:
    'Sends a signed transaction. With instant blocks, answers once it is committed and readable here.',
  params: [required('transaction', data, 'The signed transaction (EIP-2718).')],
  result: 'Hash of the transaction.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: POOL_ERRORS,
  example: {
    params: [
      '0x02f86c827a6902843b9aca0084773594008252089470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0e0fe7e59641c682c6a89e15cc8e02c9bbdcea112b18bb3081c673ff858e8b4d6a06560ab6b5e5c4705d3d842891867f8cd7513e71a6050170a7d13c55a6161f803',
    ],
    result: '0x82904b5736384b064746d4f5bfe7971566b94df80b5c38b04164a56642e35276',
  },
  startsTogetherInBatch: true,
  handler: ([raw], { backend }) => backend.transactions.sendRaw(bytesOf(raw)),
});
