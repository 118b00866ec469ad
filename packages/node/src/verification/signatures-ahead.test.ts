/** Rule *signed*: whether a signature was checked ahead makes no difference to the verdict. */
import {
  type CommitCertificate,
  Ed25519Scheme,
  encodeCertificate,
  NodeKey,
  parseClusterId,
  type Signature,
  StatementSigner,
  signingBytes,
  type Vote,
} from 'mokka';
import { describe, expect, it, vi } from 'vitest';
import { SignaturesAhead } from './signatures-ahead.ts';

const CLUSTER = parseClusterId('ab'.repeat(32));
const key = NodeKey.generate();
const signer = new StatementSigner(CLUSTER, new Ed25519Scheme(key));
const vote = signer.sign<Vote>({
  type: 'vote',
  phase: 'commit',
  epoch: 0 as Vote['epoch'],
  term: 1 as Vote['term'],
  index: 7 as Vote['index'],
  hash: 'cd'.repeat(32) as Vote['hash'],
  voter: key.id,
});
const bytes = signingBytes(CLUSTER, vote);

function ahead() {
  const scheme = new Ed25519Scheme(NodeKey.generate());
  return { verify: vi.spyOn(scheme, 'verify'), signatures: new SignaturesAhead(CLUSTER, scheme) };
}

function recordOf(signature: Signature) {
  const { phase, epoch, term, index, hash, voter } = vote;
  const place = { phase, epoch, term, index, hash } as const;
  const certificate = { ...place, votes: [{ voter, signature }] } as CommitCertificate;
  return { index, entry: new Uint8Array(), certificate: encodeCertificate(certificate) };
}

describe('signatures that are checked ahead', () => {
  it('are not checked again, and right or wrong as they are', async () => {
    const wrong = vote.signature.slice() as Signature;
    wrong[3] = (wrong[3] ?? 0) ^ 1;
    for (const [signature, isValid] of [
      [vote.signature, true],
      [wrong, false],
    ] as const) {
      const { signatures, verify } = ahead();
      await signatures.check([recordOf(signature)]);
      expect(signatures.verify(key.id, bytes, signature)).toBe(isValid);
      expect(verify).not.toHaveBeenCalled();
      // The answer was given once.
      expect(signatures.verify(key.id, bytes, signature)).toBe(isValid);
      expect(verify).toHaveBeenCalledOnce();
    }
  });

  it('say nothing about other bytes, or another signer', async () => {
    const { signatures } = ahead();
    await signatures.check([recordOf(vote.signature)]);
    const other = signingBytes(CLUSTER, { ...vote, hash: 'ef'.repeat(32) as Vote['hash'] });
    expect(signatures.verify(key.id, other, vote.signature)).toBe(false);
    expect(signatures.verify(NodeKey.generate().id, bytes, vote.signature)).toBe(false);
  });

  it('may stand in bytes that are no certificate', async () => {
    const { signatures } = ahead();
    const record = { index: 1, entry: new Uint8Array(), certificate: new Uint8Array([1, 2]) };
    await expect(signatures.check([record])).resolves.toBeUndefined();
  });
});
