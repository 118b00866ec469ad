/** Methods of the development nodes that ask for what a network of several nodes does not have, or has agreed on for good. */
import { z } from 'zod';
import { serverError } from '../../errors.ts';
import { defineMethod, type Method, optional, required } from '../../method.ts';
import { type PeersByName, underNames } from './development-method.ts';

/** Takes anything, since the answer is the same. */
const anything = (name: string) =>
  optional(name, z.unknown().meta({ description: 'Anything.' }), 'Ignored.');

function refused(names: PeersByName, reason: string): readonly Method[] {
  return underNames(names, (name, peers) =>
    defineMethod({
      name,
      peers,
      summary: 'Refused, with the reason.',
      params: [anything('first'), anything('second')],
      result: 'An error.',
      errors: [{ code: -32000, when: reason }],
      example: {
        params: [],
        error: { code: -32000, message: `${name} is not supported: ${reason}` },
      },
      handler: () => {
        throw serverError(`${name} is not supported: ${reason}`);
      },
    }),
  );
}

export const notApplicable: readonly Method[] = [
  ...refused(
    { anvil_setRpcUrl: ['anvil'], hardhat_setRpcUrl: [] },
    'this network does not fork another chain',
  ),
  ...refused(
    { anvil_setChainId: ['anvil'] },
    'the chain id is part of the genesis configuration that all nodes have agreed on',
  ),
  ...refused(
    { anvil_impersonateSignature: ['anvil'] },
    'ecrecover is the same on all nodes; impersonate the account instead',
  ),
];

export const setLoggingEnabled: readonly Method[] = underNames(
  {
    hardhat_setLoggingEnabled: ['anvil', 'hardhat'],
    anvil_setLoggingEnabled: ['anvil'],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary:
        'Does nothing: nodes log no requests, and what they log is set by `--log-level`. Here since test set-ups call it.',
      params: [required('enabled', z.boolean({ error: 'non-boolean' }), 'Ignored.')],
      result: 'True, null under `anvil_`.',
      errors: [],
      example: { params: [false], result: name.startsWith('anvil_') ? null : true },
      handler: () => (name.startsWith('anvil_') ? null : true),
    }),
);
