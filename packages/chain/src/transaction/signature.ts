/**
 * ECDSA on secp256k1: libsecp256k1 where its prebuilt binary loads, `@noble/curves` elsewhere. Recovery is the largest
 * single cost of a transfer, and the native one is about twenty times as fast. The choice is made once, at load.
 */
import { createRequire } from 'node:module';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak256 } from '../crypto/keccak.ts';
import { type Address, addressOf } from '../primitives.ts';

/** Half the order of the curve: EIP-2 refuses a larger `s`. */
export const CURVE_ORDER_HALF = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

export interface RecoverableSignature {
  /** 64 bytes: r and s, big-endian. */
  readonly compact: Uint8Array;
  readonly yParity: 0 | 1;
}

export interface SignatureScheme {
  readonly name: 'libsecp256k1' | 'noble';
  /** The 64 bytes of the uncompressed public key, or undefined when no key made the signature. */
  recover(digest: Uint8Array, signature: RecoverableSignature): Uint8Array | undefined;
  /** Deterministic (RFC 6979) signature with a low `s`. The key is 32 bytes. */
  sign(digest: Uint8Array, privateKey: Uint8Array): RecoverableSignature;
}

/** The parts of the native module that are used. It has no types of its own. */
interface NativeModule {
  ecdsaRecover(
    signature: Uint8Array,
    recovery: number,
    digest: Uint8Array,
    compressed: boolean,
  ): Uint8Array;
  ecdsaSign(
    digest: Uint8Array,
    privateKey: Uint8Array,
  ): { readonly signature: Uint8Array; readonly recid: number };
}

/** The JavaScript implementation. */
export const nobleScheme: SignatureScheme = {
  name: 'noble',
  recover(digest, { compact, yParity }) {
    try {
      const point = secp256k1.Signature.fromBytes(compact, 'compact')
        .addRecoveryBit(yParity)
        .recoverPublicKey(digest);
      return point.toBytes(false).subarray(1);
    } catch {
      return undefined;
    }
  },
  sign(digest, privateKey) {
    const bytes = secp256k1.sign(digest, privateKey, {
      prehash: false,
      lowS: true,
      format: 'recovered',
    });
    return { compact: bytes.slice(1), yParity: parityOf(bytes[0]) };
  },
};

/** libsecp256k1, or undefined on a platform without its binary. */
export const nativeScheme: SignatureScheme | undefined = loadNative();

/** What everything else uses. */
export const signatureScheme: SignatureScheme = nativeScheme ?? nobleScheme;

/** The account of an uncompressed public key without its prefix (64 bytes). */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  return addressOf(keccak256(publicKey).subarray(12));
}

function loadNative(): SignatureScheme | undefined {
  const native = requireNative();
  if (native === undefined) return undefined;
  return {
    name: 'libsecp256k1',
    recover(digest, { compact, yParity }) {
      try {
        return native.ecdsaRecover(compact, yParity, digest, false).subarray(1);
      } catch {
        return undefined;
      }
    },
    sign(digest, privateKey) {
      const { signature, recid } = native.ecdsaSign(digest, privateKey);
      return { compact: signature, yParity: parityOf(recid) };
    },
  };
}

/** The package's own entry falls back to a slow JavaScript library silently, hence the binding by name. */
function requireNative(): NativeModule | undefined {
  try {
    const loaded: unknown = createRequire(import.meta.url)('secp256k1/bindings.js');
    return isNativeModule(loaded) ? loaded : undefined;
  } catch {
    return undefined;
  }
}

function isNativeModule(value: unknown): value is NativeModule {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ecdsaRecover' in value &&
    typeof value.ecdsaRecover === 'function' &&
    'ecdsaSign' in value &&
    typeof value.ecdsaSign === 'function'
  );
}

function parityOf(recovery: number | undefined): 0 | 1 {
  // 2 and 3 mean an r above the curve's order: chance 2^-127, and Ethereum has no place for them.
  if (recovery === 0 || recovery === 1) return recovery;
  throw new RangeError(`A signature has the unusable recovery id ${recovery}.`);
}
