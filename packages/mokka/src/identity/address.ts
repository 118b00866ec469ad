/** Addresses of nodes: `tcp://host:port/<public key>`, an IPv6 host in brackets. */
import { isIPv4, isIPv6 } from 'node:net';
import type { PeerAddress } from '../transport/transport.ts';
import { IdentityError } from './identity-error.ts';
import { parseNodeId } from './node-id.ts';

/** Upper bound of an address in characters: a DNS name of 253, a port, a key and the punctuation. */
export const ADDRESS_MAX_CHARACTERS = 512;

const ADDRESS_PATTERN = /^tcp:\/\/(?:\[([^\]/]+)\]|([^:/[\]]+)):([0-9]{1,5})\/([^/]*)$/;
/** Labels of letters, digits, hyphens and (as container networks use them) underscores. */
const HOST_NAME_PATTERN =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*\.?$/;
const NUMERIC_HOST_PATTERN = /^[0-9.]+$/;

/**
 * Parses an address as it stands in configuration and genesis files.
 *
 * @throws {IdentityError} `invalid-address` with what is wrong; `invalid-node-id` or `weak-node-id` for its key.
 */
export function parsePeerAddress(text: string): PeerAddress {
  if (text.length > ADDRESS_MAX_CHARACTERS) {
    throw new IdentityError(
      'invalid-address',
      `an address has at most ${ADDRESS_MAX_CHARACTERS} characters, not ${text.length}`,
    );
  }
  const match = ADDRESS_PATTERN.exec(text);
  if (match === null) {
    throw invalid(text, 'write tcp://host:port/<public key>, with an IPv6 host in brackets');
  }
  const [, ipv6, name, portText = '', keyText = ''] = match;
  const host = ipv6 ?? name ?? '';
  if (ipv6 !== undefined ? !isIPv6(ipv6) : !isHost(host)) {
    throw invalid(text, `${JSON.stringify(host)} is neither a host name nor an IP address`);
  }
  const port = Number(portText);
  if (port < 1 || port > 65_535) throw invalid(text, `port ${portText} is not within 1 to 65535`);
  return { id: parseNodeId(keyText), host, port };
}

/** The text that {@link parsePeerAddress} reads back. */
export function formatPeerAddress(address: PeerAddress): string {
  const host = isIPv6(address.host) ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}/${address.id}`;
}

function isHost(host: string): boolean {
  // Digits and dots alone are meant as IPv4; resolvers read forms such as 127.1 or 010.0.0.1 in surprising ways.
  if (NUMERIC_HOST_PATTERN.test(host)) return isIPv4(host);
  return HOST_NAME_PATTERN.test(host);
}

function invalid(text: string, hint: string): IdentityError {
  return new IdentityError('invalid-address', `invalid address ${JSON.stringify(text)}: ${hint}`);
}
