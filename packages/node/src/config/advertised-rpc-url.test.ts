import type { NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import type { PeerStatus } from '../gossip/peer-message.ts';
import { advertisedRpcUrl, rpcUrlOf, schemeOf } from './advertised-rpc-url.ts';

const ID = 'ab'.repeat(32) as NodeId;
const STATUS: PeerStatus = {
  role: 'follower',
  term: 1,
  appliedIndex: 1,
  blockNumber: 1,
  blockHash: '0x',
  pooled: 0,
  rpcUrl: 'http://10.0.0.9:8545',
};

describe('the RPC address that a node tells the others', () => {
  it.each([
    ['10.0.0.4', '10.0.0.4', 'http://10.0.0.4:8545'],
    ['10.0.0.4', '0.0.0.0', 'http://10.0.0.4:8545'],
    ['fd00::4', '::', 'http://[fd00::4]:8545'],
    ['127.0.0.1', '127.0.0.1', 'http://127.0.0.1:8545'],
    ['10.0.0.4', '127.0.0.1', null],
    ['node-4.example', 'localhost', null],
  ])('of %s that serves clients on %s is %s', (host, rpcHost, expected) => {
    expect(advertisedRpcUrl({ host, rpcHost, rpcPort: 8545 })).toBe(expected);
  });
});

describe('the RPC address of a member', () => {
  const node = { publicKey: ID, host: '10.0.0.4', port: 3000, rpcHost: '0.0.0.0', rpcPort: 8545 };

  it('is that of the cluster file, or else what it says, or unknown', () => {
    expect(rpcUrlOf([node], ID, STATUS)).toBe('http://10.0.0.4:8545');
    expect(rpcUrlOf([], ID, STATUS)).toBe(STATUS.rpcUrl);
    expect(rpcUrlOf([], ID, null)).toBeNull();
  });

  it('has TLS where the member itself says so', () => {
    const place = { host: '10.0.0.4', rpcHost: '0.0.0.0', rpcPort: 8545 };
    const rpcUrl = advertisedRpcUrl(place, schemeOf({ tls: { certificate: '', key: '' } }));
    expect(rpcUrl).toBe('https://10.0.0.4:8545');
    expect(rpcUrlOf([node], ID, { ...STATUS, rpcUrl })).toBe(rpcUrl);
    expect(advertisedRpcUrl(place, schemeOf({}))).toBe('http://10.0.0.4:8545');
  });
});
