import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesOf, hexOf } from '@praline/chain/configuration';
import { defineMethod, required } from '../../method.ts';
import { data } from '../../parameters/hex.ts';

export const web3Sha3 = defineMethod({
  name: 'web3_sha3',
  summary: 'Keccak-256 of bytes.',
  params: [required('data', data, 'Bytes to hash.')],
  result: 'The hash, 32 bytes.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: {
    params: ['0x68656c6c6f20776f726c64'],
    result: '0x47173285a8d7341e5e972fc677286384f802f8ef42a5ec5f03bbfa254cb01fad',
  },
  handler: ([bytes]) => hexOf(keccak_256(bytesOf(bytes))),
});
