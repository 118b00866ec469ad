/**
 * Gas a transaction costs before any code runs: Yellow Paper 6.2 with EIP-2028, EIP-2930, EIP-3860, EIP-7702, and the
 * calldata floor of EIP-7623. `@ethereumjs/tx` computes the same from a transaction object with big integers per byte
 * of calldata; the pool asks for every transaction that arrives, so here it is plain arithmetic on the data.
 */
import type { Common } from '@ethereumjs/common';
import type { TransactionData } from '../block/block-data.ts';
import { bytesOf } from '../primitives.ts';

const TRANSACTION_GAS = 21_000;
const CREATION_GAS = 32_000;
const ZERO_BYTE_GAS = 4;
const NONZERO_BYTE_GAS = 16;
/** Before EIP-2028 (Istanbul). */
const NONZERO_BYTE_GAS_OLD = 68;
const ACCESS_ADDRESS_GAS = 2_400;
const ACCESS_KEY_GAS = 1_900;
const INIT_CODE_WORD_GAS = 2;
const AUTHORIZATION_GAS = 25_000;
const FLOOR_TOKEN_GAS = 10;
const TOKENS_PER_NONZERO_BYTE = 4;

export interface TransactionGas {
  /** What is paid in any case. */
  readonly intrinsic: bigint;
  /** The least that is paid in the end (EIP-7623); zero before Prague. */
  readonly floor: bigint;
}

type GasFields = Pick<TransactionData, 'to' | 'input' | 'accessList' | 'authorizationList'>;

/** For forks up to Osaka. */
export function transactionGas(fields: GasFields, common: Common): TransactionGas {
  const input = bytesOf(fields.input);
  let zeros = 0;
  for (const byte of input) if (byte === 0) zeros++;
  const nonzeros = input.length - zeros;
  let gas = TRANSACTION_GAS + zeros * ZERO_BYTE_GAS;
  gas += nonzeros * (common.gteHardfork('istanbul') ? NONZERO_BYTE_GAS : NONZERO_BYTE_GAS_OLD);
  if (fields.to === null) {
    if (common.gteHardfork('homestead')) gas += CREATION_GAS;
    if (common.isActivatedEIP(3860)) gas += Math.ceil(input.length / 32) * INIT_CODE_WORD_GAS;
  }
  for (const { storageKeys } of fields.accessList ?? []) {
    gas += ACCESS_ADDRESS_GAS + storageKeys.length * ACCESS_KEY_GAS;
  }
  gas += (fields.authorizationList?.length ?? 0) * AUTHORIZATION_GAS;
  const tokens = zeros + nonzeros * TOKENS_PER_NONZERO_BYTE;
  const floor = common.isActivatedEIP(7623) ? TRANSACTION_GAS + tokens * FLOOR_TOKEN_GAS : 0;
  return { intrinsic: BigInt(gas), floor: BigInt(floor) };
}
