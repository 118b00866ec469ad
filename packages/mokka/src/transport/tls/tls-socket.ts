/**
 * TLS 1.3 sockets of nodes. The certificate authorities of the web play no part: a peer is who its raw Ed25519 key
 * says, which TLS makes it prove, and the caller judges that key before it reads a byte.
 */
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { NodeId } from '../../core/types.ts';
import { nodeIdOfCertificate, type TlsCredentials } from '../../identity/node-x509.ts';
import type { PeerAddress } from '../transport.ts';

/** Name and version of the protocol, agreed on in the handshake (ALPN, RFC 7301). */
const PROTOCOL_NAME = 'mokka/1';

/** Probes of the operating system on a silent connection start after this many milliseconds. */
const KEEP_ALIVE_MS = 10_000;

export function serverSocket(raw: Socket, credentials: TlsCredentials): TLSSocket {
  tune(raw);
  return new TLSSocket(raw, {
    isServer: true,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: [PROTOCOL_NAME],
    secureContext: createSecureContext(contextOptions(credentials)),
  });
}

export function clientSocket(address: PeerAddress, credentials: TlsCredentials): TLSSocket {
  const socket = connect({
    host: address.host,
    port: address.port,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: [PROTOCOL_NAME],
    ...contextOptions(credentials),
  });
  tune(socket);
  return socket;
}

/**
 * The key that the peer has proven to hold; undefined when it showed none, not one of a node, resumed an earlier session
 * instead of proving it, or speaks another protocol. For sockets whose handshake is complete.
 */
export function provenKey(socket: TLSSocket): NodeId | undefined {
  if (socket.isSessionReused() || socket.alpnProtocol !== PROTOCOL_NAME) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  try {
    return nodeIdOfCertificate(certificate);
  } catch {
    return undefined;
  }
}

function contextOptions(credentials: TlsCredentials): SecureContextOptions {
  return {
    cert: credentials.certificatePem,
    key: credentials.privateKeyPem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    sigalgs: 'ed25519',
  };
}

function tune(socket: Socket): void {
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}
