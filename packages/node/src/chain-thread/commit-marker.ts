/**
 * What is stored with the chain's state in one transaction: up to which entry the log is applied, and what proves that
 * the entry is committed. So a crash at any instant leaves state and marker together.
 */
import { RLP } from '@ethereumjs/rlp';
import { ChainError } from '@praline/chain/configuration';
import type { EntryHash, EntryId, LogIndex } from 'mokka';

export interface CommitMarker {
  readonly applied: EntryId;
  /** Encoded commit certificate. */
  readonly certificate: Uint8Array;
}

const VERSION = 1;
const HASH_BYTES = 32;

export function encodeMarker({ applied, certificate }: CommitMarker): Uint8Array {
  return RLP.encode([VERSION, applied.index, Buffer.from(applied.hash, 'hex'), certificate]);
}

/** Throws `ChainError` with code `corrupt-store` for bytes that no release wrote. */
export function decodeMarker(bytes: Uint8Array): CommitMarker {
  const fields: unknown = decode(bytes);
  if (Array.isArray(fields) && fields.length === 4) {
    const [version, index, hash, certificate] = fields;
    if (
      numberOf(version) === VERSION &&
      index instanceof Uint8Array &&
      hash instanceof Uint8Array &&
      hash.length === HASH_BYTES &&
      certificate instanceof Uint8Array
    ) {
      const entryHash = Buffer.from(hash).toString('hex') as EntryHash;
      return { applied: { index: numberOf(index) as LogIndex, hash: entryHash }, certificate };
    }
  }
  throw new ChainError(
    'corrupt-store',
    "The chain's record of the applied entry is damaged: check the disk and replace this node by one with a new key, which takes all from its peers.",
  );
}

function decode(bytes: Uint8Array): unknown {
  try {
    return RLP.decode(bytes);
  } catch {
    return null;
  }
}

function numberOf(item: unknown): number {
  return item instanceof Uint8Array
    ? Number(BigInt(`0x0${Buffer.from(item).toString('hex')}`))
    : -1;
}
