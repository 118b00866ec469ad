import { defineMethod, namespaceOf } from '../../method.ts';

export const rpcModules = defineMethod({
  name: 'rpc_modules',
  summary: 'Namespaces that this server has methods of.',
  params: [],
  result: 'Object of namespace to version.',
  peers: ['ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: { eth: '1.0', net: '1.0', '...': '...' } },
  handler: (_, { methods }) => {
    const namespaces = new Set([...methods()].map(({ name }) => namespaceOf(name)));
    return Object.fromEntries([...namespaces].sort().map((namespace) => [namespace, '1.0']));
  },
});
