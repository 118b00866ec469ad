import { defineMethod, type Method } from '../../method.ts';
import { openRpcDocument } from '../../reference/open-rpc.ts';

const discover = defineMethod({
  name: 'rpc_discover',
  summary: 'Describes all methods of this server as an OpenRPC document.',
  params: [],
  result: 'The document, of version 1.3 of the OpenRPC specification.',
  peers: [],
  errors: [],
  example: {
    params: [],
    result: {
      openrpc: '1.3.2',
      info: { title: '...', version: '...' },
      methods: ['...'],
      components: { '...': '...' },
    },
  },
  handler: (_, { methods, backend }) =>
    openRpcDocument(methods(), { version: backend.network.clientVersion }),
});

/** Under the name that OpenRPC's tools ask for, too. */
export const rpcDiscover: readonly Method[] = [
  discover,
  { ...discover, name: 'rpc.discover', aliasOf: discover.name },
];
