/**
 * Which certificates were found valid or not, so that the same one in n term votes costs one verification and a bad one that comes
 * again costs none. Bounded: what falls out is verified again.
 */
import { encodeCertificate } from '../codec/certificate-codec.ts';
import { sha256, toHex } from './bytes.ts';
import type { Certificate } from './certificate.ts';
import type { StatementSigner } from './signing.ts';
import { type ValidatorSet, verifyCertificate } from './verification.ts';

/** Certificates remembered of each kind. */
const MAX_REMEMBERED = 256;

export interface CertificateJudge extends ValidatorSet {
  readonly signer: StatementSigner;
}

export class CertificateCache {
  /** By what they certify: one valid certificate says all that another says. */
  readonly #valid = new Map<string, Certificate>();
  /** Digests of whole certificates: a bad one says nothing about others for the same entry. */
  readonly #bad = new Set<string>();

  /** A valid certificate for what `certificate` names, this one or one known before; null when it is not valid. */
  verified(certificate: Certificate, judge: CertificateJudge): Certificate | null {
    const { phase, epoch, term, index, hash } = certificate;
    // Other validators judge it; in that epoch it is as good as ever.
    if (epoch !== judge.epoch) return null;
    const place = `${phase}/${epoch}/${term}/${index}/${hash}`;
    const known = this.#valid.get(place);
    if (known !== undefined) return known;
    const digest = toHex(sha256(encodeCertificate(certificate)));
    if (this.#bad.has(digest)) return null;
    if (!verifyCertificate(certificate, judge, judge.signer)) {
      this.#bad.add(digest);
      forgetOldest(this.#bad);
      return null;
    }
    this.#valid.set(place, certificate);
    forgetOldest(this.#valid);
    return certificate;
  }
}

function forgetOldest(memory: Map<string, Certificate> | Set<string>): void {
  const [oldest] = memory.keys();
  if (memory.size > MAX_REMEMBERED && oldest !== undefined) memory.delete(oldest);
}
