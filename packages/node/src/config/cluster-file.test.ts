import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatClusterFile, parseClusterFile } from './cluster-file.ts';
import { ConfigError } from './config-error.ts';

const KEY_1 = '11'.repeat(32);
const KEY_2 = '22'.repeat(32);
const node = (overrides: object = {}) => ({
  publicKey: KEY_1,
  port: 3000,
  rpcPort: 8545,
  ...overrides,
});
const second = { publicKey: KEY_2, port: 3001, rpcPort: 8546 };

describe('cluster file', () => {
  it('fills in loopback and the default folders', () => {
    const file = parseClusterFile(
      JSON.stringify({ genesis: 'genesis.json', nodes: [node()] }),
      'c.json',
    );
    expect(file).toMatchObject({ data: 'data', keys: 'keys' });
    expect(file.nodes[0]).toMatchObject({ host: '127.0.0.1', rpcHost: '127.0.0.1' });
  });

  it('reads back what was written', () => {
    const nodes = fc
      .uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
        minLength: 1,
        maxLength: 9,
        selector: (bytes) => Buffer.from(bytes).toString('hex'),
      })
      .map((keys) =>
        keys.map((bytes, position) => ({
          publicKey: Buffer.from(bytes).toString('hex'),
          host: '127.0.0.1',
          port: 3000 + position,
          rpcHost: '0.0.0.0',
          rpcPort: 8545 + position,
          account: `0x${Buffer.from(bytes).toString('hex').slice(0, 40)}`,
          balance: String(10 ** position),
        })),
      );
    fc.assert(
      fc.property(nodes, (list) => {
        const file = { genesis: 'g.json', data: 'd', keys: 'k', nodes: list };
        expect(parseClusterFile(formatClusterFile(file), 'c.json')).toEqual(file);
      }),
    );
  });

  it.each([
    ['is not JSON', '{', 'invalid', 'c.json'],
    ['is another thing', '[]', 'invalid', 'c.json'],
    ['has no nodes', { nodes: [] }, 'invalid', 'c.json: nodes'],
    [
      'has a short key',
      { nodes: [node({ publicKey: 'ab' })] },
      'invalid',
      'c.json: nodes[0].publicKey',
    ],
    [
      'has a port too high',
      { nodes: [node({ port: 70_000 })] },
      'invalid',
      'c.json: nodes[0].port',
    ],
    [
      'has a port as text',
      { nodes: [node({ rpcPort: '8545' })] },
      'invalid',
      'c.json: nodes[0].rpcPort',
    ],
    ['has an unknown field', { nodes: [node({ secretKey: 'x' })] }, 'invalid', 'c.json: nodes[0]'],
    [
      'has a balance in hexadecimal',
      { nodes: [node({ account: `0x${'ab'.repeat(20)}`, balance: '0x10' })] },
      'invalid',
      'c.json: nodes[0].balance',
    ],
    [
      'has a balance without account',
      { nodes: [node({ balance: '1' })] },
      'invalid',
      'c.json: nodes[0].balance',
    ],
    [
      'has a key twice',
      { nodes: [node(), { ...second, publicKey: KEY_1 }] },
      'duplicate-key',
      'c.json: nodes[1].publicKey',
    ],
    [
      'has a peer port twice',
      { nodes: [node(), { ...second, port: 3000 }] },
      'duplicate-port',
      'c.json: nodes[1].port',
    ],
    [
      'has an RPC port twice',
      { nodes: [node(), { ...second, rpcPort: 8545 }] },
      'duplicate-port',
      'c.json: nodes[1].rpcPort',
    ],
    [
      'has a port for both',
      { nodes: [node({ port: 8545 })] },
      'duplicate-port',
      'c.json: nodes[0].rpcPort',
    ],
  ])('that %s is refused with a code, the place and a line of advice', (_, content, code, path) => {
    const text =
      typeof content === 'string' ? content : JSON.stringify({ genesis: 'g.json', ...content });
    let caught: unknown;
    try {
      parseClusterFile(text, 'c.json');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigError);
    expect(caught).toMatchObject({ code, path });
    expect((caught as ConfigError).message).toMatch(/^c\.json.*\.$/s);
  });
});
