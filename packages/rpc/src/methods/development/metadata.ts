import { suggestedGasPrice } from '../../fee-suggestion.ts';
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

export const nodeInfo = defineMethod({
  name: 'anvil_nodeInfo',
  peers: ['anvil'],
  summary: 'Describes the head, the rules and the prices now.',
  params: [],
  result:
    'Object: `currentBlockNumber`, `currentBlockTimestamp`, `currentBlockHash`, `hardFork`, `transactionOrder`, `environment` (`baseFee`, `chainId`, `gasLimit`, `gasPrice`), and `forkConfig`, whose fields are null.',
  errors: [],
  example: {
    params: [],
    result: {
      currentBlockNumber: '0x2',
      currentBlockTimestamp: 2,
      currentBlockHash: EXAMPLE_BLOCK,
      hardFork: 'Bpo2',
      transactionOrder: 'fees',
      environment: {
        baseFee: '0x27f8d61d',
        chainId: 31337,
        gasLimit: '0x1c9c380',
        gasPrice: '0x69470144',
      },
      forkConfig: { forkUrl: null, forkBlockNumber: null, forkRetryBackoff: null },
    },
  },
  handler: (_, { backend: { reader } }) => {
    const head = reader.head();
    const { baseFeePerGas, gasLimit } = reader.nextBlock();
    const { hardfork } = reader.forkSchedule(head.timestamp).current;
    return {
      currentBlockNumber: quantity(head.number),
      currentBlockTimestamp: head.timestamp,
      currentBlockHash: head.hash,
      hardFork: `${hardfork.charAt(0).toUpperCase()}${hardfork.slice(1)}`,
      transactionOrder: 'fees',
      environment: {
        baseFee: quantity(baseFeePerGas ?? 0n),
        chainId: Number(reader.chainId),
        gasLimit: quantity(gasLimit),
        gasPrice: quantity(suggestedGasPrice(reader)),
      },
      forkConfig: { forkUrl: null, forkBlockNumber: null, forkRetryBackoff: null },
    };
  },
});

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
