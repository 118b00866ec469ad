/** What a transaction must satisfy on a chain whatever the state is; order and wording follow geth's pool. */
import type { Common } from '@ethereumjs/common';
import type { TransactionData } from '../block/block-data.ts';
import { ChainError, type ChainErrorCode } from '../errors.ts';
import { transactionGas } from './intrinsic-gas.ts';

/** EIP-2681. */
const NONCE_MAX = 2n ** 64n - 1n;
/** EIP-3860, bytes. */
export const INIT_CODE_BYTES_MAX = 49_152;
/** EIP-7825, gas. */
const TRANSACTION_GAS_MAX = 16_777_216n;
const BLOB_GAS = 131_072n;
/** EIP-7594: blobs of one transaction from Osaka on. */
const BLOBS_PER_TRANSACTION_MAX = 6;
/** The first byte of an EIP-4844 versioned hash. */
const KZG_VERSION = '0x01';

const EIP_OF_TYPE: Readonly<Record<number, number>> = { 1: 2930, 2: 1559, 3: 4844, 4: 7702 };

/** Throws `ChainError` with the first rule that the transaction breaks on a chain at `common`'s hard fork. */
export function validateTransaction(data: TransactionData, common: Common): void {
  const eip = EIP_OF_TYPE[data.type];
  if (data.type !== 0 && (eip === undefined || !common.isActivatedEIP(eip))) {
    throw refuse(
      'transaction-type-not-supported',
      `transaction type not supported: type ${data.type} rejected at hard fork ${common.hardfork()}`,
    );
  }
  const size = (data.input.length - 2) / 2;
  if (data.to === null && common.isActivatedEIP(3860) && size > INIT_CODE_BYTES_MAX) {
    throw refuse(
      'init-code-too-large',
      `max initcode size exceeded: code size ${size}, limit ${INIT_CODE_BYTES_MAX}`,
    );
  }
  if (common.isActivatedEIP(7825) && data.gasLimit > TRANSACTION_GAS_MAX) {
    throw refuse(
      'transaction-gas-limit-too-high',
      `transaction gas limit too high (cap: ${TRANSACTION_GAS_MAX}, tx: ${data.gasLimit})`,
    );
  }
  const { maxFeePerGas, maxPriorityFeePerGas } = data;
  if (
    maxFeePerGas !== undefined &&
    maxPriorityFeePerGas !== undefined &&
    maxPriorityFeePerGas > maxFeePerGas
  ) {
    throw refuse(
      'tip-above-fee-cap',
      `max priority fee per gas higher than max fee per gas: address ${data.from}, maxPriorityFeePerGas: ${maxPriorityFeePerGas}, maxFeePerGas: ${maxFeePerGas}`,
    );
  }
  validateChainId(data, common);
  if (data.nonce >= NONCE_MAX) throw refuse('nonce-max', 'nonce has max value');
  validateGas(data, common);
  validateTypeFields(data, common);
}

/** The most a transaction can take from its sender, in wei. */
export function maximumCost(data: TransactionData): bigint {
  const price = data.maxFeePerGas ?? data.gasPrice ?? 0n;
  const blobs = BigInt(data.blobVersionedHashes?.length ?? 0);
  return data.value + data.gasLimit * price + blobs * BLOB_GAS * (data.maxFeePerBlobGas ?? 0n);
}

function validateChainId(data: TransactionData, common: Common): void {
  const expected = common.chainId();
  if (data.type === 0 && data.chainId !== undefined && !common.gteHardfork('spuriousDragon')) {
    // EIP-155 gives such a signature its meaning.
    throw refuse('invalid-sender', 'invalid sender: invalid transaction v, r, s values');
  }
  if (data.chainId === undefined || data.chainId === expected) return;
  throw new ChainError(
    'invalid-chain-id',
    `invalid sender: invalid chain id for signer: have ${data.chainId} want ${expected}`,
    { have: data.chainId, want: expected },
  );
}

function validateGas(data: TransactionData, common: Common): void {
  const { intrinsic, floor } = transactionGas(data, common);
  const short = (what: string, needed: bigint) =>
    new ChainError(
      'intrinsic-gas-too-low',
      `${what}: gas ${data.gasLimit}, minimum needed ${needed}`,
      { gasLimit: data.gasLimit, needed },
    );
  if (data.gasLimit < intrinsic) throw short('intrinsic gas too low', intrinsic);
  if (data.gasLimit < floor) throw short('insufficient gas for floor data gas cost', floor);
  const price = data.maxFeePerGas ?? data.gasPrice ?? 0n;
  if (data.gasLimit * price >= 1n << 256n) {
    throw refuse(
      'insufficient-funds',
      'insufficient funds for gas * price + value: gas * price overflows',
    );
  }
}

function validateTypeFields(data: TransactionData, common: Common): void {
  if (data.type === 4 && (data.authorizationList ?? []).length === 0) {
    throw refuse('invalid-transaction', 'set code tx must have at least one authorization tuple');
  }
  if (data.type !== 3) return;
  const hashes = data.blobVersionedHashes ?? [];
  if (hashes.length === 0) throw refuse('invalid-transaction', 'blobless blob transaction');
  if (common.isActivatedEIP(7594) && hashes.length > BLOBS_PER_TRANSACTION_MAX) {
    throw refuse(
      'invalid-transaction',
      `too many blobs in transaction: have ${hashes.length}, permitted ${BLOBS_PER_TRANSACTION_MAX}`,
    );
  }
  const bad = hashes.findIndex((hash) => !hash.startsWith(KZG_VERSION));
  if (bad >= 0) {
    throw refuse('invalid-transaction', `blob ${bad} has an invalid versioned hash version`);
  }
}

function refuse(code: ChainErrorCode, message: string): ChainError {
  return new ChainError(code, message);
}
