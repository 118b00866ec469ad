/** Methods of the development nodes that ask for what a network of several nodes does not have, or has agreed on for good. */
import { z } from 'zod';
import { serverError } from '../../errors.ts';
import { defineMethod, type Method, optional, required } from '../../method.ts';
import { withPrefixes } from './development-method.ts';

/** Takes anything, since the answer is the same. */
const anything = optional('argument', z.unknown(), 'Ignored.');

function refused(names: readonly string[], reason: string): readonly Method[] {
  return names.map((name) =>
    defineMethod({
      name,
      summary: 'Refused, with the reason.',
      params: [anything, anything],
      result: 'An error.',
      errors: [{ code: -32000, when: reason }],
      example: { params: [], result: null },
      handler: () => {
        throw serverError(`${name} is not supported: ${reason}`);
      },
    }),
  );
}

export const notApplicable: readonly Method[] = [
  ...refused(
    withPrefixes('setRpcUrl', 'anvil', 'hardhat'),
    'this network does not fork another chain',
  ),
  ...refused(
    ['anvil_setChainId'],
    'the chain id is part of the genesis configuration that all nodes have agreed on',
  ),
  ...refused(
    ['anvil_impersonateSignature'],
    'ecrecover is the same on all nodes; impersonate the account instead',
  ),
];

export const setLoggingEnabled: readonly Method[] = withPrefixes(
  'setLoggingEnabled',
  'hardhat',
  'anvil',
).map((name) =>
  defineMethod({
    name,
    summary:
      'Does nothing: nodes log no requests, and what they log is set by `--log-level`. Here since test set-ups call it.',
    params: [required('enabled', z.boolean({ error: 'non-boolean' }), 'Ignored.')],
    result: 'True, null under `anvil_`.',
    errors: [],
    example: { params: [false], result: name.startsWith('anvil_') ? null : true },
    handler: () => (name.startsWith('anvil_') ? null : true),
  }),
);
