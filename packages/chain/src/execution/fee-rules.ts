/**
 * Fees that a block's header inherits from its parent: EIP-1559's base fee and EIP-4844's blob gas with EIP-7918's
 * reserve price. `rules` are the library's parameters at the fork of the new block.
 */
import type { Common } from '@ethereumjs/common';
import type { HeaderData } from '../block/block-data.ts';
import { type Wei, weiOf } from '../primitives.ts';

/** EIP-1559 parameters. */
const INITIAL_BASE_FEE = 1_000_000_000n;
const ELASTICITY = 2n;
const CHANGE_DENOMINATOR = 8n;
/** EIP-4844 and EIP-7918, gas. */
export const GAS_PER_BLOB = 131_072n;
const BLOB_BASE_COST = 8_192n;
const MIN_BLOB_BASE_FEE = 1n;

/** Wei per gas. The first London block after an older parent has the initial fee. */
export function nextBaseFee(parent: HeaderData): Wei {
  const fee = parent.baseFeePerGas;
  if (fee === undefined) return weiOf(INITIAL_BASE_FEE);
  const target = parent.gasLimit / ELASTICITY;
  if (parent.gasUsed === target || target === 0n) return fee;
  if (parent.gasUsed > target) {
    const rise = (fee * (parent.gasUsed - target)) / target / CHANGE_DENOMINATOR;
    return weiOf(fee + (rise > 0n ? rise : 1n));
  }
  return weiOf(fee - (fee * (target - parent.gasUsed)) / target / CHANGE_DENOMINATOR);
}

/** Gas. Defined from Cancun on. */
export function nextExcessBlobGas(parent: HeaderData, rules: Common): bigint {
  const excess = parent.excessBlobGas ?? 0n;
  const used = parent.blobGasUsed ?? 0n;
  const { targetBlobGasPerBlock: target, maxBlobGasPerBlock: max } = rules.getBlobGasSchedule();
  if (excess + used < target) return 0n;
  const reserve = BLOB_BASE_COST * (parent.baseFeePerGas ?? 0n);
  if (rules.isActivatedEIP(7918) && reserve > GAS_PER_BLOB * blobBaseFee(excess, rules)) {
    return excess + (used * (max - target)) / max;
  }
  return excess + used - target;
}

/** Wei per blob gas (EIP-4844's `fake_exponential`). */
export function blobBaseFee(excessBlobGas: bigint, rules: Common): Wei {
  const { blobGasPriceUpdateFraction: fraction } = rules.getBlobGasSchedule();
  let output = 0n;
  let term = MIN_BLOB_BASE_FEE * fraction;
  for (let i = 1n; term > 0n; i += 1n) {
    output += term;
    term = (term * excessBlobGas) / (fraction * i);
  }
  return weiOf(output / fraction);
}
