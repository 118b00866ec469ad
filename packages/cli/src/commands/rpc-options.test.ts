import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addRpcOptions,
  type RpcOptions,
  rpcArgumentsOf,
  rpcConfigurationOf,
  splitRpcOptions,
} from './rpc-options.ts';

const parse = (...given: string[]): RpcOptions => {
  const command = addRpcOptions(new Command().exitOverride(), '--ipc [path]');
  return command.parse(given, { from: 'user' }).opts();
};
const EVERYTHING = [
  ...['--rpc-hosts', 'a.example,b.example', '--rpc-origins', '*', '--rpc-namespaces', 'eth, net'],
  ...['--rpc-token-file', 't', '--rpc-jwt-secret', 'j', '--rpc-tls-cert', 'c'],
  ...['--rpc-tls-key', 'k', '--admin-rpc-port', '9000', '--admin-rpc-host', '10.0.0.1'],
  ...['--admin-rpc-namespaces', 'admin', '--admin-rpc-token-file', 'u'],
  ...['--admin-rpc-jwt-secret', 'v', '--ipc'],
];

describe('the options of JSON-RPC', () => {
  it('become the configuration of a node', () => {
    expect(rpcConfigurationOf(parse())).toEqual({});
    expect(rpcConfigurationOf(parse(...EVERYTHING))).toEqual({
      allowedHosts: ['a.example', 'b.example'],
      allowedOrigins: ['*'],
      namespaces: ['eth', 'net'],
      tokenFile: 't',
      jwtSecretFile: 'j',
      tls: { certificateFile: 'c', keyFile: 'k' },
      adminPort: {
        ...{ port: 9000, host: '10.0.0.1', namespaces: ['admin'] },
        ...{ tokenFile: 'u', jwtSecretFile: 'v' },
      },
      ipc: true,
    });
  });

  it('reach the process of each node, with an admin port of its own', () => {
    const options = parse(...EVERYTHING);
    expect(parse(...rpcArgumentsOf(options, 1))).toEqual(options);
    expect(parse(...rpcArgumentsOf(options, 3))).toEqual({ ...options, adminRpcPort: 9002 });
  });

  it('are told apart from others', () => {
    expect(splitRpcOptions({ ipc: true, rpcPort: 8545, nodes: 3 })).toEqual({
      rpc: { ipc: true },
      others: { rpcPort: 8545, nodes: 3 },
    });
  });

  it.each([
    [['--rpc-tls-cert', 'c'], /belong together/],
    [['--admin-rpc-namespaces', 'admin'], /need --admin-rpc-port/],
  ])('%j alone is refused', (given, message) => {
    expect(() => rpcConfigurationOf(parse(...given))).toThrow(message);
  });
});
