import { z } from 'zod';
import { quantity } from '../../format/quantity.ts';
import { defineMethod, required } from '../../method.ts';
import { accountParameter, stateBlockParameter } from '../../parameters/common.ts';
import { storageKey } from '../../parameters/hex.ts';
import { EXAMPLE_ADDRESS, UNKNOWN_BLOCK } from '../examples.ts';

/** Slots in one request, as in geth. */
const SLOTS_MAX = 1024;

export const ethGetProof = defineMethod({
  name: 'eth_getProof',
  summary:
    'An account, storage slots, and the Merkle proofs of both against the state root (EIP-1186).',
  params: [
    accountParameter,
    required(
      'slots',
      z
        .array(storageKey, { error: 'non-array' })
        .max(SLOTS_MAX, { error: `too many keys, want at most ${SLOTS_MAX}` }),
      'Storage slots.',
    ),
    stateBlockParameter,
  ],
  result: 'Account fields, `accountProof`, and key, value and proof of each slot.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [UNKNOWN_BLOCK],
  example: {
    params: [EXAMPLE_ADDRESS, ['0x0'], 'latest'],
    result: {
      address: EXAMPLE_ADDRESS,
      accountProof: ['0xf90191a01cbd388cc34d3158...f60a7680', '...'],
      balance: '0x21e19e01191a13a3460',
      codeHash: '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
      nonce: '0x2',
      storageHash: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
      storageProof: [{ key: '0x0', value: '0x0', proof: [] }],
    },
  },
  handler: ([address, keys, block], { backend }) => {
    const slots = keys.map(({ slot }) => slot);
    const { account, accountProof, storageProof } = backend.reader.proof(address, slots, block);
    return {
      address,
      accountProof,
      balance: quantity(account.balance),
      codeHash: account.codeHash,
      nonce: quantity(account.nonce),
      storageHash: account.storageRoot,
      storageProof: storageProof.map(({ slot, value, proof }, position) => ({
        key: keys[position]?.isWholeWord
          ? `0x${slot.toString(16).padStart(64, '0')}`
          : quantity(slot),
        value: quantity(value),
        proof,
      })),
    };
  },
});
