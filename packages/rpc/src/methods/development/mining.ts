import { z } from 'zod';
import { invalidParams } from '../../errors.ts';
import {
  defineMethod,
  type Method,
  type MethodContext,
  required,
  withDefault,
} from '../../method.ts';
import { seconds, wholeNumber } from '../../parameters/development.ts';
import { developmentMethods, developmentOf, underNames } from './development-method.ts';

/** Blocks of one request; each is an agreed entry of the network's log, so many of them take minutes. */
export const MINED_BLOCKS_MAX = 10_000;

/** Blocks asked for at a time, so that none of them waits for the way to the leader and back. */
const TOGETHER = 64;

/** What is set now, or else what the genesis configuration says. */
export function miningOf({ backend }: MethodContext): { automine: boolean; intervalMs: number } {
  return backend.reader.development().mining ?? developmentOf(backend).initialMining;
}

export const setAutomine = developmentMethods({
  names: {
    evm_setAutomine: ['anvil', 'hardhat'],
    anvil_setAutomine: ['anvil'],
  },
  summary: 'Whether a block is made as soon as a transaction comes.',
  params: [required('enabled', z.boolean({ error: 'non-boolean' }), 'On or off.')],
  result: 'True, null under `anvil_`.',
  example: { params: [false], result: true },
  operation: ([automine], context) => {
    const { intervalMs } = miningOf(context);
    return { kind: 'set-mining', automine, intervalMs };
  },
});

export const setIntervalMining = developmentMethods({
  names: {
    evm_setIntervalMining: ['anvil', 'hardhat'],
    anvil_setIntervalMining: ['anvil'],
  },
  summary:
    'Has a block made every so many seconds, also when nothing is pending, and none when a transaction comes; 0 ends it. In seconds, as in Anvil, whose name this node answers to; Hardhat counts milliseconds.',
  params: [
    required(
      'seconds',
      z.number().min(0).or(wholeNumber).meta({ 'x-unit': 'seconds' }),
      'Seconds, also parts of them; 0 for none.',
    ),
  ],
  result: 'True, null under `anvil_`.',
  example: { params: [2], result: true },
  operation: ([seconds]) => ({
    kind: 'set-mining',
    automine: false,
    intervalMs: Math.ceil(seconds * 1000),
  }),
});

/** Ganache's. */
export const minerStart = developmentMethods({
  names: {
    miner_start: ['ganache', 'besu'],
  },
  summary: 'Has a block made as soon as a transaction comes.',
  params: [withDefault('threads', wholeNumber, 1, 'Of no meaning.')],
  result: 'True.',
  example: { params: [], result: true },
  operation: () => ({ kind: 'set-mining', automine: true, intervalMs: 0 }),
});

/** Ganache's. */
export const minerStop = developmentMethods({
  names: {
    miner_stop: ['ganache', 'besu'],
  },
  summary: 'Has transactions wait until somebody asks for a block.',
  params: [],
  result: 'True.',
  example: { params: [], result: true },
  operation: () => ({ kind: 'set-mining', automine: false, intervalMs: 0 }),
});

export const getAutomine: readonly Method[] = underNames(
  {
    hardhat_getAutomine: ['anvil', 'hardhat'],
    anvil_getAutomine: ['anvil'],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary: 'Whether a block is made as soon as a transaction comes.',
      params: [],
      result: 'True or false.',
      errors: [],
      example: { params: [], result: true },
      handler: (_, context) => miningOf(context).automine,
    }),
);

export const getIntervalMining = defineMethod({
  name: 'anvil_getIntervalMining',
  peers: ['anvil'],
  summary: 'Seconds between blocks of interval mining.',
  params: [],
  result: 'Seconds, or null without interval mining.',
  errors: [],
  example: { params: [], result: null },
  handler: (_, context) => {
    const { intervalMs } = miningOf(context);
    return intervalMs === 0 ? null : intervalMs / 1000;
  },
});

export const mine: readonly Method[] = underNames(
  {
    hardhat_mine: ['anvil', 'hardhat'],
    anvil_mine: ['anvil'],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary: 'Makes blocks now, the first with what is pending.',
      params: [
        withDefault('blocks', wholeNumber, 1, `How many, at most ${MINED_BLOCKS_MAX}.`),
        withDefault(
          'interval',
          seconds,
          name === 'hardhat_mine' ? 1 : 0,
          'Seconds between one block and the next; 0 leaves their times to the clock.',
        ),
      ],
      result: 'True, null under `anvil_`.',
      errors: [
        { code: -32002, when: 'the network can not agree at present, for lack of a quorum' },
      ],
      example: { params: ['0x2', '0xc'], result: name === 'hardhat_mine' ? true : null },
      handler: async ([blocks, interval], context) => {
        if (blocks > MINED_BLOCKS_MAX) {
          throw invalidParams(`invalid argument 0: at most ${MINED_BLOCKS_MAX} blocks`);
        }
        await mineBlocks(blocks, interval, context);
        return name === 'hardhat_mine' ? true : null;
      },
    }),
);

/** The first by the clock, the others `interval` seconds apart; 0: all by the clock. */
export async function mineBlocks(
  blocks: number,
  interval: number,
  { backend, connection }: MethodContext,
): Promise<void> {
  const { transactions, reader } = backend;
  if (blocks > 0) await transactions.mine();
  if (blocks < 2) return;
  const { timestampInterval: before } = reader.development().settings;
  const setInterval = (seconds: number | null) =>
    developmentOf(backend).apply({ kind: 'set-timestamp-interval', seconds });
  if (interval > 0) await setInterval(interval);
  try {
    let asked = 1;
    const mineNext = async () => {
      while (asked < blocks && connection.isOpen()) {
        asked += 1;
        await transactions.mine();
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, mineNext));
  } finally {
    if (interval > 0) await setInterval(before);
  }
}
