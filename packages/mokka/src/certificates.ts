/** Entry `mokka/certificates`: certificates and their checks, for threads and clients that run no node. */
export { decodeCertificate, encodeCertificate } from './codec/certificate-codec.ts';
export { decodeEntry } from './codec/entry-codec.ts';
export {
  type LogBeginning,
  type LogDamage,
  LogVerificationError,
  LogVerifier,
  type LogVerifierOptions,
} from './core/log-verification.ts';
