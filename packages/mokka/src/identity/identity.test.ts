import { X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeId, Signature } from '../core/types.ts';
import { formatPeerAddress, parsePeerAddress } from './address.ts';
import { clusterIdOf, parseClusterId } from './cluster-id.ts';
import { Ed25519Scheme, PUBLIC_KEY_CACHE_MAX } from './ed25519-scheme.ts';
import { nodeIdFromBytes, nodeIdToBytes, parseNodeId } from './node-id.ts';
import { NodeKey } from './node-key.ts';
import { createTlsCredentials, nodeIdOfCertificate } from './node-x509.ts';

/** Test 2 of RFC 8032, section 7.1. */
const RFC8032 = {
  seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
  publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  message: '72',
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
};

describe('NodeKey', () => {
  it('derives the public key and signatures of RFC 8032', () => {
    const key = NodeKey.fromSeedHex(RFC8032.seed);
    expect(key.id).toBe(RFC8032.publicKey);
    const signature = key.sign(Buffer.from(RFC8032.message, 'hex'));
    expect(Buffer.from(signature).toString('hex')).toBe(RFC8032.signature);
  });

  it('comes back from its seed', () => {
    const key = NodeKey.generate();
    expect(NodeKey.fromSeedHex(key.revealSeedHex()).id).toBe(key.id);
    expect(NodeKey.generate().id).not.toBe(key.id);
  });

  it('shows its secret in no way of printing it', () => {
    const key = NodeKey.fromSeedHex(RFC8032.seed);
    const printed = [
      String(key),
      `${key}`,
      JSON.stringify({ key }),
      inspect(key, { showHidden: true, depth: 9 }),
      inspect({ nested: [key] }),
      JSON.stringify(Object.entries(key)),
      JSON.stringify({ ...key }),
    ];
    for (const text of printed) {
      expect(text).not.toContain(RFC8032.seed.slice(0, 16));
      expect(text).toContain(key.id);
    }
  });

  it.each([
    '',
    'zz'.repeat(32),
    RFC8032.seed.toUpperCase(),
    `${RFC8032.seed}00`,
    `0x${RFC8032.seed}`,
  ])('refuses the seed %j without repeating it', (seed) => {
    expect(() => NodeKey.fromSeedHex(seed)).toThrow(
      expect.objectContaining({ name: 'IdentityError', code: 'invalid-seed' }),
    );
    if (seed === '') return;
    expect(() => NodeKey.fromSeedHex(seed)).not.toThrow(seed);
  });
});

describe('Ed25519Scheme', () => {
  const key = NodeKey.fromSeedHex(RFC8032.seed);
  const scheme = new Ed25519Scheme(key);

  it('accepts what was signed and nothing that differs in one bit', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.nat(),
        fc.nat(),
        (message, a, b) => {
          const signature = scheme.sign(message);
          expect(scheme.verify(key.id, message, signature)).toBe(true);
          expect(scheme.verify(key.id, flip(message, a), signature)).toBe(false);
          expect(scheme.verify(key.id, message, flip(signature, b) as Signature)).toBe(false);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses signatures of another key, of a wrong length and of a key off the curve', () => {
    const message = new Uint8Array([1]);
    const signature = scheme.sign(message);
    expect(scheme.verify(NodeKey.generate().id, message, signature)).toBe(false);
    expect(scheme.verify(key.id, message, signature.slice(1) as Signature)).toBe(false);
    expect(scheme.verify(key.id, message, new Uint8Array() as Signature)).toBe(false);
    expect(scheme.verify(`02${'00'.repeat(31)}` as NodeId, message, signature)).toBe(false);
  });

  it('keeps verifying after more keys than its cache holds', () => {
    const message = new Uint8Array([7]);
    const signature = scheme.sign(message);
    for (let i = 0; i <= PUBLIC_KEY_CACHE_MAX; i += 1) {
      const id = i.toString(16).padStart(64, '3') as NodeId;
      expect(scheme.verify(id, message, signature)).toBe(false);
    }
    expect(scheme.verify(key.id, message, signature)).toBe(true);
  });
});

describe('node ids', () => {
  it('come back from their bytes', () => {
    const { id } = NodeKey.generate();
    expect(nodeIdFromBytes(nodeIdToBytes(id))).toBe(id);
  });

  it.each([
    '',
    'a'.repeat(63),
    'A'.repeat(64),
    `0x${'a'.repeat(62)}`,
    ` ${'a'.repeat(63)}`,
    'a'.repeat(9999),
  ])('refuses %j', (text) => {
    expect(() => parseNodeId(text)).toThrow(expect.objectContaining({ code: 'invalid-node-id' }));
  });

  it.each([
    `01${'00'.repeat(31)}`,
    `01${'00'.repeat(30)}80`,
    '00'.repeat(32),
    `ec${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ])('refuses the point of small order %s', (text) => {
    expect(() => parseNodeId(text)).toThrow(expect.objectContaining({ code: 'weak-node-id' }));
  });
});

describe('addresses', () => {
  const { id } = NodeKey.fromSeedHex(RFC8032.seed);

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
    ['[fe80::1%eth0]', 'fe80::1%eth0'],
    ['node-1.example.org', 'node-1.example.org'],
    ['praline_node_1', 'praline_node_1'],
    ['localhost', 'localhost'],
  ])('reads host %s and writes it back', (written, host) => {
    const text = `tcp://${written}:2001/${id}`;
    const address = parsePeerAddress(text);
    expect(address).toEqual({ id, host, port: 2001 });
    expect(formatPeerAddress(address)).toBe(text);
  });

  it.each([
    `http://localhost:2001/${id}`,
    `tcp://localhost/${id}`,
    `tcp://localhost:0/${id}`,
    `tcp://localhost:65536/${id}`,
    `tcp://localhost:1e3/${id}`,
    `tcp://localhost:-1/${id}`,
    `tcp://:2001/${id}`,
    `tcp://::1:2001/${id}`,
    `tcp://[127.0.0.1]:2001/${id}`,
    `tcp://127.1:2001/${id}`,
    `tcp://300.0.0.1:2001/${id}`,
    `tcp://user@host:2001/${id}`,
    `tcp://ho st:2001/${id}`,
    `tcp://localhost:2001/${id}/more`,
    `tcp://localhost:2001/${id}\n`,
    `tcp://${'a'.repeat(600)}:2001/${id}`,
  ])('refuses %s', (text) => {
    expect(() => parsePeerAddress(text)).toThrow(
      expect.objectContaining({ name: 'IdentityError' }),
    );
  });

  it('reports a bad key as such', () => {
    expect(() => parsePeerAddress('tcp://localhost:1/abc')).toThrow(
      expect.objectContaining({ code: 'invalid-node-id' }),
    );
  });

  it('throws nothing but coded errors, and reads back what it accepts', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('tcp://', '[::1]', ':', '/', id, '8000', 'a.b'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const text = parts.join('');
        try {
          const address = parsePeerAddress(text);
          expect(parsePeerAddress(formatPeerAddress(address))).toEqual(address);
        } catch (error) {
          expect(error).toMatchObject({ name: 'IdentityError' });
        }
      }),
    );
  });
});

describe('cluster ids', () => {
  it('are the SHA-256 of the genesis bytes', () => {
    const id = clusterIdOf(new TextEncoder().encode('abc'));
    expect(id).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(parseClusterId(id)).toBe(id);
    expect(() => parseClusterId('abc')).toThrow(
      expect.objectContaining({ code: 'invalid-cluster-id' }),
    );
  });
});

describe('TLS certificates of node keys', () => {
  it('carry the node key, are signed by it and are the same each time', async () => {
    const key = NodeKey.generate();
    const credentials = await createTlsCredentials(key);
    const certificate = new X509Certificate(credentials.certificatePem);
    expect(nodeIdOfCertificate(certificate)).toBe(key.id);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect((await createTlsCredentials(key)).certificatePem).toBe(credentials.certificatePem);
  });
});

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const flipped = bytes.slice();
  const position = at % (flipped.length * 8);
  flipped[position >> 3] = (flipped[position >> 3] ?? 0) ^ (1 << (position & 7));
  return flipped;
}
