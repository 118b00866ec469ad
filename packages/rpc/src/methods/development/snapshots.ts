import { z } from 'zod';
import { invalidParams } from '../../errors.ts';
import { quantity } from '../../format/quantity.ts';
import { optional, required, withDefault } from '../../method.ts';
import { wholeNumber } from '../../parameters/development.ts';
import { EXAMPLE_SNAPSHOT } from '../examples.ts';
import { developmentMethods } from './development-method.ts';

export const snapshot = developmentMethods({
  names: {
    evm_snapshot: ['anvil', 'hardhat', 'ganache'],
    anvil_snapshot: ['anvil'],
  },
  summary: 'Remembers head, state and settings of the chain, for the whole network.',
  params: [],
  result: 'Id of the snapshot, never used again.',
  example: { params: [], result: EXAMPLE_SNAPSHOT, varies: 'ids count up' },
  operation: () => ({ kind: 'snapshot' }),
  answer: (outcome) => quantity(Number(outcome)),
});

export const revert = developmentMethods({
  names: {
    evm_revert: ['anvil', 'hardhat', 'ganache'],
    anvil_revert: ['anvil'],
  },
  summary:
    'Takes the whole network back to a snapshot, which is gone then with all later ones. Transactions mined since are gone.',
  params: [required('snapshot', wholeNumber, 'Id as `evm_snapshot` answered it.')],
  result: 'False when there is no such snapshot.',
  example: { params: [EXAMPLE_SNAPSHOT], result: true },
  operation: ([id]) => ({ kind: 'revert', snapshot: id }),
  answer: (outcome) => outcome,
});

export const reset = developmentMethods({
  names: {
    hardhat_reset: ['anvil', 'hardhat 2'],
    anvil_reset: ['anvil'],
  },
  summary:
    'Takes the whole network back to its genesis block; snapshots, settings and impersonations are gone.',
  params: [optional('options', z.looseObject({}), 'Empty: there is nothing here to fork from.')],
  result: 'True, null under `anvil_`.',
  example: { params: [], result: true },
  operation: ([options]) => {
    if (options?.['forking'] !== undefined && options['forking'] !== null) {
      throw invalidParams('invalid argument 0: this network does not fork another chain');
    }
    return { kind: 'reset' };
  },
});

export const rollback = developmentMethods({
  names: { anvil_rollback: ['anvil'], hardhat_rollback: [] },
  summary:
    'Takes the last blocks off the chain of the whole network, at most 1,024. Their transactions are gone, and so are snapshots taken on them; settings stay.',
  params: [withDefault('depth', wholeNumber, 1, 'How many blocks.')],
  result: 'Null, true under `hardhat_`.',
  example: { params: [2], result: null },
  operation: ([depth]) => ({ kind: 'rollback', depth }),
});
