/**
 * Who may talk to the server by what they hold: a bearer token, or a JSON Web Token of a shared secret as the Engine API
 * and `geth --authrpc.jwtsecret` have it. Both come in the header `Authorization: Bearer ...`, over HTTP with each request
 * and over WebSocket with the upgrade.
 *
 * Nothing here tells how much of a secret was right: digests of one length are compared in constant time, and
 * reasons of a refusal name the form or the time alone.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface Authentication {
  /** A client that shows this text is let in. */
  readonly bearerToken?: string;
  /** 32 bytes; a client that signed its token with it (HS256) within the last minute is let in. */
  readonly jwtSecret?: Uint8Array;
}

/** How far a token's `iat` may be from this machine's clock, s; as the Engine API has it. */
const ISSUED_WITHIN_S = 60;
/** A token of this form is about 120 characters; more is not looked at. */
const TOKEN_LENGTH_MAX = 8192;

/** Null when the client is let in, otherwise why not. `nowMs` is Unix time. */
export function refusalOf(
  authorization: string | undefined,
  { bearerToken, jwtSecret }: Authentication,
  nowMs: number = Date.now(),
): string | null {
  if (bearerToken === undefined && jwtSecret === undefined) return null;
  if (authorization === undefined) return 'missing token';
  const [, token] = /^Bearer +([^\s]+) *$/i.exec(authorization) ?? [];
  if (token === undefined || token.length > TOKEN_LENGTH_MAX) return 'malformed token';
  if (bearerToken !== undefined && isSame(digest(token), digest(bearerToken))) return null;
  return jwtSecret === undefined ? 'wrong token' : jwtRefusal(token, jwtSecret, nowMs);
}

/**
 * What a client sends as `Authorization` to be let in, null where nothing is wanted. `nowMs` is Unix time: a token that is
 * signed serves about a minute, so it is made anew for each request.
 */
export function authorizationOf(
  { bearerToken, jwtSecret }: Authentication,
  nowMs: number = Date.now(),
): string | null {
  if (bearerToken !== undefined) return `Bearer ${bearerToken}`;
  if (jwtSecret === undefined) return null;
  const content = [{ alg: 'HS256', typ: 'JWT' }, { iat: Math.floor(nowMs / 1000) }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `Bearer ${content}.${createHmac('sha256', jwtSecret).update(content).digest('base64url')}`;
}

/** RFC 7515 compact form, RFC 7519 claims. */
function jwtRefusal(token: string, secret: Uint8Array, nowMs: number): string | null {
  const [header = '', payload = '', signature = '', ...more] = token.split('.');
  if (signature === '' || more.length > 0) return 'malformed token';
  // Before the signature: a token must not choose how it is checked.
  if (objectOf(header)?.alg !== 'HS256') return 'the algorithm of the token must be HS256';
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest();
  if (!isSame(Buffer.from(signature, 'base64url'), expected)) return 'wrong signature of the token';
  const { iat, exp, nbf } = objectOf(payload) ?? {};
  const now = nowMs / 1000;
  if (typeof iat !== 'number') return 'the token has no time of issue (iat)';
  if (Math.abs(now - iat) > ISSUED_WITHIN_S) {
    return `the time of issue of the token (iat) must be within ${ISSUED_WITHIN_S} s of the node's clock`;
  }
  if (exp !== undefined && !(typeof exp === 'number' && now < exp)) return 'the token has expired';
  if (nbf !== undefined && !(typeof nbf === 'number' && now >= nbf)) {
    return 'the token is not valid yet';
  }
  return null;
}

interface UncheckedClaims {
  readonly alg?: unknown;
  readonly iat?: unknown;
  readonly exp?: unknown;
  readonly nbf?: unknown;
}

function objectOf(part: string): UncheckedClaims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
