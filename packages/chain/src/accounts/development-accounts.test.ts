import { describe, expect, it } from 'vitest';
import { type Address, bytesOf, type Hex, weiOf } from '../primitives.ts';
import { addressOfPublicKey, signatureScheme } from '../transaction/signature.ts';
import { DevelopmentAccountSet } from './development-accounts.ts';

const MNEMONIC = 'test test test test test test test test test test test junk';

describe('DevelopmentAccountSet', () => {
  const accounts = new DevelopmentAccountSet(MNEMONIC, 2);
  const [first] = accounts.addresses as readonly [Address];

  it('derives the accounts that other development nodes derive', () => {
    // The first two accounts of Hardhat and Anvil.
    expect(accounts.addresses).toEqual([
      '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
      '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
    ]);
    expect(accounts.privateKey(first)).toBe(
      '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
    );
  });

  it('signs digests that recover to the account', () => {
    const digest = new Uint8Array(32).fill(5);
    const signature = bytesOf(accounts.signDigest(first, digest));
    expect(signature).toHaveLength(65);
    const yParity = signature[64] === 28 ? 1 : 0;
    expect(signature[64]).toBe(27 + yParity);
    const publicKey = signatureScheme.recover(digest, {
      compact: signature.subarray(0, 64),
      yParity,
    });
    expect(publicKey && addressOfPublicKey(publicKey)).toBe(first);
  });

  it('signs transactions that decode to the account', () => {
    const { data } = accounts.signTransaction(first, {
      type: 2,
      chainId: 1337n,
      nonce: 0n,
      maxFeePerGas: weiOf(2n),
      maxPriorityFeePerGas: weiOf(1n),
      gasLimit: 21_000n,
      to: first,
      value: weiOf(1n),
      input: '0x',
      accessList: [],
    });
    expect(data).toMatchObject({ from: first, chainId: 1337n, type: 2 });
  });

  it('refuses an account it does not hold', () => {
    const stranger = `0x${'12'.repeat(20)}` as Hex as Address;
    const refusal = expect.objectContaining({ code: 'unknown-account' });
    expect(accounts.has(stranger)).toBe(false);
    expect(() => accounts.signDigest(stranger, new Uint8Array(32))).toThrow(refusal);
    expect(() => accounts.privateKey(stranger)).toThrow(refusal);
  });

  it('refuses words that are no mnemonic without repeating them', () => {
    const words = MNEMONIC.replace('junk', 'secret');
    expect(() => new DevelopmentAccountSet(words, 1)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
    expect(() => new DevelopmentAccountSet(MNEMONIC, 1_001)).toThrow('from 0 to 1000');
  });
});
