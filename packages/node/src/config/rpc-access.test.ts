import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentModeMethods, namespacesOf, standardMethods } from '@praline/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RPC_NAMESPACES, type RpcConfiguration, readRpcAccess } from './rpc-access.ts';

const SECRET = 'ab'.repeat(32);
let folder: string;
const place = (name: string): string => join(folder, name);
const file = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(place(name), text, { mode });
  chmodSync(place(name), mode);
  return place(name);
};
const makeTls = (name: string): { certificateFile: string; keyFile: string } => {
  const files = { certificateFile: place(`${name}.crt`), keyFile: place(`${name}.key`) };
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const output = ['-keyout', files.keyFile, '-out', files.certificateFile, '-subj', '/CN=x'];
  execFileSync('openssl', ['req', '-x509', ...algorithm, ...output], { stdio: 'ignore' });
  return files;
};
const read = (configuration: RpcConfiguration) => readRpcAccess(configuration, '/data/1');
const errorOf = (configuration: RpcConfiguration): unknown => {
  try {
    return read(configuration);
  } catch (error) {
    return error;
  }
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'praline-rpc-access-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('knows the namespaces of all methods', () => {
  const named = namespacesOf([...standardMethods, ...developmentModeMethods]);
  expect(named.filter((name) => !RPC_NAMESPACES.includes(name))).toEqual([]);
  expect(errorOf({ namespaces: ['eth', 'debgu'] })).toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('no RPC namespace debgu'),
  });
});

describe('secrets of the ports', () => {
  it('are read from files, the admin port’s own or the same', () => {
    const tokenFile = file('token', 'correct-horse-battery\n');
    const jwtSecretFile = file('jwt', `0x${SECRET}\n`);
    const both = read({ tokenFile, adminPort: { port: 1, jwtSecretFile } });
    expect(both.authentication).toEqual({ bearerToken: 'correct-horse-battery' });
    expect(both.adminPort).toMatchObject({
      host: '127.0.0.1',
      authentication: { jwtSecret: Uint8Array.from(Buffer.from(SECRET, 'hex')) },
    });
    const one = read({ tokenFile, adminPort: { port: 1 } });
    expect(one.adminPort?.authentication).toEqual({ bearerToken: 'correct-horse-battery' });
  });

  it.each([
    ['absent', 'key-missing', () => ({ tokenFile: place('none') })],
    ['short', 'key-invalid', () => ({ tokenFile: file('short', 'secret-word') })],
    ['of two words', 'key-invalid', () => ({ tokenFile: file('two', 'secret-word secret-word') })],
    ['no hex', 'key-invalid', () => ({ jwtSecretFile: file('text', 'secret-word'.repeat(6)) })],
    ['cut', 'key-invalid', () => ({ jwtSecretFile: file('cut', SECRET.slice(2)) })],
    ['for all to read', 'key-exposed', () => ({ jwtSecretFile: file('open', SECRET, 0o644) })],
    ['for a group', 'key-exposed', () => ({ tokenFile: file('group', SECRET, 0o640) })],
  ])('are refused when %s', (_, code, configuration) => {
    const error = errorOf(configuration()) as Error;
    expect(error).toMatchObject({ name: 'ConfigError', code });
    expect(error.message).not.toContain('secret-word');
    expect(error.message).not.toContain(SECRET.slice(2));
  });
});

describe('TLS files', () => {
  it('must belong together, be there, and be what they are named', () => {
    const one = makeTls('one');
    const other = makeTls('other');
    const { certificateFile, keyFile } = one;
    expect(read({ tls: one, adminPort: { port: 1 } })).toMatchObject({
      tls: { key: expect.stringContaining('PRIVATE KEY') },
      adminPort: { tls: { certificate: expect.stringContaining('CERTIFICATE') } },
    });
    const wrong = (tls: { certificateFile: string; keyFile: string }) => errorOf({ tls });
    expect(wrong({ certificateFile, keyFile: other.keyFile })).toMatchObject({
      code: 'tls-invalid',
      message: expect.stringContaining('does not belong to the first certificate'),
    });
    expect(wrong({ certificateFile: place('none'), keyFile })).toMatchObject({
      code: 'file-missing',
    });
    expect(wrong({ certificateFile, keyFile: place('none') })).toMatchObject({
      code: 'key-missing',
    });
    expect(wrong({ certificateFile: keyFile, keyFile })).toMatchObject({
      code: 'tls-invalid',
      path: keyFile,
    });
    expect(wrong({ certificateFile, keyFile: file('pem', 'no key') })).toMatchObject({
      message: expect.stringContaining('does not hold a secret key in PEM form'),
    });
    chmodSync(keyFile, 0o644);
    expect(wrong(one)).toMatchObject({ code: 'key-exposed' });
  });
});

it('puts the socket into the data folder unless told otherwise', () => {
  expect(read({ ipc: true }).ipcPath).toBe('/data/1/praline.ipc');
  expect(read({ ipc: '/run/p.ipc' }).ipcPath).toBe('/run/p.ipc');
});
