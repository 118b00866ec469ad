/** What is shown to third parties is a list of signatures, each checked with its own signer's key: there is no sum to forge. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Certificate } from './certificate.ts';
import {
  EPOCH,
  preparedBy,
  proofOf,
  signerFor,
  termStartOf,
  termVoteOf,
} from './probe.test.support.ts';
import { quorumSize } from './quorum.ts';
import { StatementSigner } from './signing.ts';
import type { CrashModel, Signature } from './types.ts';
import { type ValidatorSet, verifyCertificate, verifyLeaderProof } from './verification.ts';
import { CLUSTER_ID, nodeId } from './virtual-cluster.test.support.ts';

const signer = signerFor(0);

function setOf(count: number, crashModel: CrashModel): ValidatorSet {
  const validators = Array.from({ length: count }, (_, number) => nodeId(number));
  return { epoch: EPOCH, validators, crashModel };
}

const clusters = fc.record({
  count: fc.integer({ min: 3, max: 10 }),
  crashModel: fc.constantFrom<CrashModel>('CFT', 'BFT'),
});

/** Signers of a quorum, in any order. */
function quorums(): fc.Arbitrary<{ set: ValidatorSet; voters: number[] }> {
  return clusters.chain(({ count, crashModel }) =>
    fc
      .shuffledSubarray([...Array(count).keys()], { minLength: quorumSize(crashModel, count) })
      .map((voters) => ({ set: setOf(count, crashModel), voters })),
  );
}

describe('certificates and proofs', () => {
  const entry = termStartOf(1, 4, [termVoteOf(0, 1)]);

  it('Rule commit: count each validator of the set once, and every signature must be its own', () => {
    fc.assert(
      fc.property(quorums(), fc.nat(), ({ set, voters }, at) => {
        const certificate = preparedBy(entry, voters);
        expect(verifyCertificate(certificate, set, signer)).toBe(true);
        const place = at % voters.length;
        const next = certificate.votes[(place + 1) % voters.length];
        const replaced = (vote: Partial<Certificate['votes'][number]>): Certificate => ({
          ...certificate,
          votes: certificate.votes.map((one, index) =>
            index === place ? { ...one, ...vote } : one,
          ),
        });
        const forgeries = [
          replaced({ ...next }),
          replaced({ signature: next?.signature ?? (new Uint8Array(64) as Signature) }),
          replaced({ voter: nodeId(set.validators.length) }),
          preparedBy(entry, [...voters.slice(1), set.validators.length]),
          preparedBy(entry, voters.slice(0, quorumSize(set.crashModel, set.validators.length) - 1)),
          { ...certificate, phase: 'commit' as const },
          { ...certificate, hash: entry.parentHash },
        ];
        for (const forged of forgeries) expect(verifyCertificate(forged, set, signer)).toBe(false);
      }),
    );
  });

  it('Rule proof: likewise for the term votes of a leader', () => {
    fc.assert(
      fc.property(quorums(), ({ set, voters }) => {
        const votes = voters.map((voter) => termVoteOf(voter, 3));
        expect(verifyLeaderProof(proofOf(3, votes), set, signer)).toBe(true);
        const [first, second] = votes;
        if (first === undefined || second === undefined) throw new Error('a quorum has two');
        const forgeries = [
          [second, ...votes.slice(1)],
          [{ ...first, signature: second.signature }, ...votes.slice(1)],
          [{ ...first, voter: nodeId(set.validators.length) }, ...votes.slice(1)],
          [termVoteOf(voters[0] ?? 0, 2), ...votes.slice(1)],
        ];
        for (const forged of forgeries) {
          expect(verifyLeaderProof(proofOf(3, forged), set, signer)).toBe(false);
        }
      }),
    );
  });

  it('costs one check of a signature for each vote, however many validators there are', () => {
    let checks = 0;
    const counting = new StatementSigner(CLUSTER_ID, {
      sign: () => new Uint8Array(64) as Signature,
      verify: () => {
        checks += 1;
        return true;
      },
    });
    const voters = [...Array(25).keys()];
    const set = setOf(25, 'CFT');
    expect(verifyCertificate(preparedBy(entry, voters), set, counting)).toBe(true);
    expect(checks).toBe(25);
    const votes = voters.map((voter) => termVoteOf(voter, 3));
    expect(verifyLeaderProof(proofOf(3, votes), set, counting)).toBe(true);
    expect(checks).toBe(50);
  });
});
