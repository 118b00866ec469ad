import { quantity } from '../../format/quantity.ts';
import { defineMethod, type Method } from '../../method.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';
import { underNames } from './development-method.ts';

export const metadata: readonly Method[] = underNames(
  {
    hardhat_metadata: ['anvil', 'hardhat'],
    anvil_metadata: ['anvil'],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary: 'Describes the chain and the snapshots there are.',
      params: [],
      result:
        'Object: `clientVersion`, `chainId`, `instanceId` (the genesis hash, the same on all nodes), `latestBlockNumber`, `latestBlockHash`, `snapshots` (id to `blockNumber` and `blockHash`).',
      errors: [],
      example: {
        params: [],
        result: {
          clientVersion: 'anvil/praline/...',
          chainId: 31337,
          instanceId: '0x7b74128cdd5b...9ef37',
          latestBlockNumber: 2,
          latestBlockHash: EXAMPLE_BLOCK,
          snapshots: { '...': '...' },
        },
      },
      handler: (_, { backend: { reader, network } }) => {
        const head = reader.head();
        const snapshots = reader.development().snapshots.map(({ id, head: hash }) => {
          const blockNumber = reader.header({ hash })?.number ?? null;
          return [quantity(id), { blockNumber, blockHash: hash }];
        });
        return {
          clientVersion: network.clientVersion,
          chainId: Number(reader.chainId),
          instanceId: reader.genesis.hash,
          latestBlockNumber: head.number,
          latestBlockHash: head.hash,
          snapshots: Object.fromEntries(snapshots),
        };
      },
    }),
);

export const getGenesisTime = defineMethod({
  name: 'anvil_getGenesisTime',
  peers: ['anvil'],
  summary: 'Time of the genesis block.',
  params: [],
  result: 'Unix time in seconds, a number.',
  errors: [],
  example: { params: [], result: 0 },
  handler: (_, { backend: { reader } }) => reader.header({ tag: 'earliest' })?.timestamp ?? 0,
});
