/** Entry `mokka/certificates`: the bytes of certificates, for threads that run no node. */
export { encodeCertificate } from './codec/certificate-codec.ts';
