import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { authorizationOf, refusalOf } from './authentication.ts';

const SECRET = Uint8Array.from(Buffer.alloc(32, 7));
const NOW_S = 1_700_000_000;
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (body: string, secret: Uint8Array): string =>
  createHmac('sha256', secret).update(body).digest('base64url');
const token = (
  claims: object = { iat: NOW_S },
  { header = { alg: 'HS256', typ: 'JWT' }, secret = SECRET } = {},
): string => {
  const body = `${part(header)}.${part(claims)}`;
  return `${body}.${sign(body, secret)}`;
};
const refusal = (text: string | undefined, bearerToken?: string): string | null =>
  refusalOf(
    text === undefined ? undefined : `Bearer ${text}`,
    { jwtSecret: SECRET, ...(bearerToken === undefined ? {} : { bearerToken }) },
    NOW_S * 1000,
  );

test('nothing is wanted where nothing is configured', () => {
  expect(refusalOf(undefined, {})).toBeNull();
});

describe('a bearer token', () => {
  const authentication = { bearerToken: 'correct-horse-battery' };
  test.each([
    ['Bearer correct-horse-battery', null],
    ['bearer  correct-horse-battery', null],
    [undefined, 'missing token'],
    ['Basic correct-horse-battery', 'malformed token'],
    ['Bearer', 'malformed token'],
    ['Bearer correct-horse-batter', 'wrong token'],
    ['Bearer correct-horse-battery2', 'wrong token'],
    [`Bearer ${'x'.repeat(9000)}`, 'malformed token'],
  ])('%j: %j', (header, expected) => {
    expect(refusalOf(header, authentication)).toBe(expected);
  });
});

describe('a JSON Web Token', () => {
  test.each([-60, 0, 60])('is taken %i s from its time of issue', (distance) => {
    expect(refusal(token({ iat: NOW_S + distance }))).toBeNull();
  });

  test.each([
    ['issued long ago', token({ iat: NOW_S - 61 }), /within 60 s/],
    ['issued in the future', token({ iat: NOW_S + 61 }), /within 60 s/],
    ['without a time of issue', token({}), /iat/],
    ['with a time of issue as text', token({ iat: String(NOW_S) }), /iat/],
    ['that has expired', token({ iat: NOW_S, exp: NOW_S }), /expired/],
    ['that is not valid yet', token({ iat: NOW_S, nbf: NOW_S + 1 }), /not valid yet/],
    ['of another secret', token(undefined, { secret: Uint8Array.of(1) }), /signature/],
    ['of no algorithm', token(undefined, { header: { alg: 'none', typ: 'JWT' } }), /HS256/],
    ['of another algorithm', token(undefined, { header: { alg: 'HS512', typ: 'JWT' } }), /HS256/],
    ['whose signature is cut', token().slice(0, -1), /signature/],
    ['of two parts', token().split('.').slice(0, 2).join('.'), /malformed/],
    ['of four parts', `${token()}.x`, /malformed/],
    ['that is none', 'abc', /malformed/],
  ])('%s is refused', (_, text, expected) => {
    expect(refusal(text)).toMatch(expected);
  });

  test('with other claims than were signed is refused', () => {
    const [header, , signature] = token().split('.');
    expect(refusal(`${header}.${part({ iat: NOW_S + 1 })}.${signature}`)).toMatch(/signature/);
  });

  test('may stand beside a bearer token', () => {
    expect(refusal('correct-horse-battery', 'correct-horse-battery')).toBeNull();
    expect(refusal(token(), 'correct-horse-battery')).toBeNull();
  });
});

describe('what a client shows', () => {
  test.each([
    ['a bearer token', { bearerToken: 'correct-horse-battery' }],
    ['a JSON Web Token', { jwtSecret: SECRET }],
    ['either', { bearerToken: 'correct-horse-battery', jwtSecret: SECRET }],
  ])('lets it in: %s', (_, authentication) => {
    const shown = authorizationOf(authentication, NOW_S * 1000 + 999);
    expect(refusalOf(shown ?? undefined, authentication, NOW_S * 1000)).toBeNull();
  });

  test('is nothing where nothing is wanted', () => {
    expect(authorizationOf({})).toBeNull();
  });
});
