/**
 * The MODEXP precompile (EIP-198) for long exponents. The library shifts the whole exponent for each of its bits: work
 * grows with the square of a length that gas pays for once, so a million gas would hold every validator for minutes.
 * Gas and bounds stay the library's; only the arithmetic is done here. From Osaka on exponents are short (EIP-7823).
 */
import type { Common } from '@ethereumjs/common';
import {
  type AddPrecompile,
  type ExecResult,
  getActivePrecompiles,
  type PrecompileFunc,
  type PrecompileInput,
} from '@ethereumjs/evm';
import { bigintToBytes, bytesToBigint, padLeft } from '../encoding/quantity.ts';
import { addressOf } from '../primitives.ts';

const MODEXP = addressOf(padLeft(Uint8Array.of(5), 20));
/** The lengths of base, exponent and modulus come first, 32 bytes each. */
const HEAD_BYTES = 96;
/** Exponents up to this length are the library's. */
const SHORT_EXPONENT_BYTES = 1_024n;

/** To be given to an EVM; nothing on forks without the precompile. */
export function modexpPrecompile(rules: Common): AddPrecompile[] {
  const library = getActivePrecompiles(rules).get(MODEXP.slice(2));
  if (library === undefined) return [];
  return [{ address: MODEXP, function: (input) => modexp(library, input) }];
}

async function modexp(library: PrecompileFunc, input: PrecompileInput): Promise<ExecResult> {
  const { data } = input;
  const lengthAt = (at: number) => bytesToBigint(bytesAt(data, at, 32));
  const [baseBytes, exponentBytes, modulusBytes] = [lengthAt(0), lengthAt(32), lengthAt(64)];
  if (exponentBytes <= SHORT_EXPONENT_BYTES) return library(input);
  const exponentAt = HEAD_BYTES + Number(baseBytes);
  const modulusAt = exponentAt + Number(exponentBytes);
  // Without a modulus the library charges, checks, and computes nothing.
  const charged = await library({ ...input, data: data.subarray(0, modulusAt) });
  if (charged.exceptionError !== undefined || charged.returnValue.length === 0) return charged;
  const modulus = bytesToBigint(bytesAt(data, modulusAt, Number(modulusBytes)));
  if (modulus === 0n) return charged;
  const result = modularPower(
    bytesToBigint(bytesAt(data, HEAD_BYTES, Number(baseBytes))),
    bytesAt(data, exponentAt, Number(exponentBytes)),
    modulus,
  );
  return { ...charged, returnValue: padLeft(bigintToBytes(result), Number(modulusBytes)) };
}

/** `exponent` is big-endian; `modulus` is not zero. */
export function modularPower(base: bigint, exponent: Uint8Array, modulus: bigint): bigint {
  const factor = base % modulus;
  let result = 1n % modulus;
  for (const byte of exponent) {
    // Nothing but squares of 0 or 1 to come of eight zero bits.
    if (byte === 0 && result <= 1n) continue;
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      result = (result * result) % modulus;
      if (byte & bit) result = (result * factor) % modulus;
    }
  }
  return result;
}

/** `length` bytes from `at` on; what lies beyond the end is zero. */
function bytesAt(data: Uint8Array, at: number, length: number): Uint8Array {
  const present = data.subarray(at, at + length);
  if (present.length === length) return present;
  const bytes = new Uint8Array(length);
  bytes.set(present);
  return bytes;
}
