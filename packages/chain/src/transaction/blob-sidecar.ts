/**
 * Blob transactions as clients send them: with blobs, commitments and proofs around the transaction (EIP-4844's network
 * form, and EIP-7594's with a version). Blocks contain the transaction alone. The commitments are checked against the
 * transaction's hashes; the blobs are not kept, since no layer above reads them here, and so their proofs are not
 * checked either.
 */
import { createHash } from 'node:crypto';
import { RLP } from '@ethereumjs/rlp';
import { type DevelopmentState, UNUSED } from '../development/development-state.ts';
import { type RlpItem, readRlp } from '../encoding/rlp-reader.ts';
import { ChainError } from '../errors.ts';
import { type Hash, hashOf } from '../primitives.ts';
import {
  BLOB_TRANSACTION_BYTES_MAX,
  decodeTransaction,
  TRANSACTION_RLP_DEPTH_MAX,
} from './decode.ts';
import { bytesOfItem, listOf } from './fields.ts';
import type { SignedTransaction } from './signed-transaction.ts';
import { decodeWhere } from './stated-sender.ts';

const BLOB_TYPE = 3;
const BLOB_BYTES = 131_072;
const COMMITMENT_BYTES = 48;
const PROOF_BYTES = 48;
/** EIP-7594. */
const CELL_PROOFS_PER_BLOB = 128;
const CELL_PROOFS_VERSION = 1;
/** The first byte of a versioned hash (EIP-4844). */
const KZG_VERSION = 1;

/**
 * Decodes what a client sends: any transaction, a blob transaction also in its network form, of which the transaction
 * remains; where the development state impersonates accounts, also theirs. Throws as `decodeTransaction`, and `invalid-transaction` for a sidecar that does not belong to its transaction.
 */
export function decodeSubmittedTransaction(
  submitted: Uint8Array,
  development: DevelopmentState = UNUSED,
): SignedTransaction {
  const parts = networkParts(submitted);
  if (parts === undefined) return decodeWhere(development, submitted);
  const [body, ...sidecar] = parts;
  const encoded = RLP.encode(mutable(listOf(body, 'transaction')));
  const transaction = decodeTransaction(Buffer.concat([Uint8Array.of(BLOB_TYPE), encoded]));
  checkSidecar(sidecar, transaction.data.blobVersionedHashes ?? []);
  return transaction;
}

/** The items of the network form; undefined for anything else. */
function networkParts(submitted: Uint8Array): readonly RlpItem[] | undefined {
  if (submitted[0] !== BLOB_TYPE || submitted.length > BLOB_TRANSACTION_BYTES_MAX) return undefined;
  const items = listOf(
    readRlp(submitted.subarray(1), TRANSACTION_RLP_DEPTH_MAX + 1),
    'transaction',
  );
  return items[0] instanceof Uint8Array ? undefined : items;
}

function checkSidecar(sidecar: readonly RlpItem[], hashes: readonly Hash[]): void {
  const isVersioned = sidecar.length === 4;
  if (!isVersioned && sidecar.length !== 3) throw invalid('has a malformed sidecar');
  if (isVersioned) {
    const [version] = bytesOfItem(sidecar[0], 'sidecar version');
    if (version !== CELL_PROOFS_VERSION) throw invalid('has a sidecar of an unknown version');
  }
  const [blobs, commitments, proofs] = sidecar.slice(-3);
  requireItems(blobs, 'blobs', hashes.length, BLOB_BYTES);
  const proofCount = hashes.length * (isVersioned ? CELL_PROOFS_PER_BLOB : 1);
  requireItems(proofs, 'proofs', proofCount, PROOF_BYTES);
  const found = requireItems(commitments, 'commitments', hashes.length, COMMITMENT_BYTES);
  for (const [index, commitment] of found.entries()) {
    if (versionedHash(commitment) !== hashes[index]) {
      throw invalid(`has a hash of blob ${index} that does not match its commitment`);
    }
  }
}

/** EIP-4844's `kzg_to_versioned_hash`. */
function versionedHash(commitment: Uint8Array): Hash {
  const digest = createHash('sha256').update(commitment).digest();
  digest[0] = KZG_VERSION;
  return hashOf(digest);
}

function requireItems(
  item: RlpItem | undefined,
  name: string,
  count: number,
  bytes: number,
): readonly Uint8Array[] {
  const items = listOf(item, name).map((entry) => bytesOfItem(entry, name));
  if (items.length !== count || items.some((entry) => entry.length !== bytes)) {
    throw invalid(`does not have ${count} ${name} of ${bytes} bytes`);
  }
  return items;
}

type Encodable = Uint8Array | Encodable[];

function mutable(items: readonly RlpItem[]): Encodable[] {
  return items.map((item) => (item instanceof Uint8Array ? item : mutable(item)));
}

function invalid(problem: string): ChainError {
  return new ChainError('invalid-transaction', `invalid transaction: it ${problem}`);
}
