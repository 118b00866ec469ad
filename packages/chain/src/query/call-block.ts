/**
 * The block as a call sees it. The library's own block object copies all parameters of the chain when it is made, which
 * costs more than most calls.
 */
import type { Common } from '@ethereumjs/common';
import type { EVMRunCallOpts } from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import type { HeaderData } from '../block/block-data.ts';
import { blobBaseFee } from '../execution/fee-rules.ts';
import { bytesOf, type Wei } from '../primitives.ts';

export type CallBlock = NonNullable<EVMRunCallOpts['block']>;

/** `baseFee` is what BASEFEE shows where the fork has it, wei per gas; `blobFee` replaces what BLOBBASEFEE would show. */
export function callBlock(
  header: Omit<HeaderData, 'hash'>,
  baseFee: Wei,
  rules: Common,
  blobFee?: Wei,
): CallBlock {
  const { excessBlobGas } = header;
  return {
    header: {
      number: BigInt(header.number),
      coinbase: new EvmAddress(bytesOf(header.beneficiary)),
      timestamp: BigInt(header.timestamp),
      difficulty: header.difficulty,
      prevRandao: bytesOf(header.mixHash),
      gasLimit: header.gasLimit,
      ...(header.baseFeePerGas !== undefined && { baseFeePerGas: baseFee }),
      getBlobGasPrice: () =>
        blobFee ?? (excessBlobGas === undefined ? undefined : blobBaseFee(excessBlobGas, rules)),
    },
  };
}
