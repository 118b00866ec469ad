import { defineMethod, type Method, required } from '../../method.ts';
import { address, hash } from '../../parameters/hex.ts';
import { EXAMPLE_OTHER, EXAMPLE_WAITING } from '../examples.ts';
import { developmentMethods, developmentOf, NO_QUORUM, underNames } from './development-method.ts';

export const dropTransaction: readonly Method[] = underNames(
  {
    hardhat_dropTransaction: ['anvil', 'hardhat'],
    anvil_dropTransaction: ['anvil'],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary: 'Removes a transaction that is not in a block from the pools of all nodes.',
      params: [required('hash', hash, 'Hash of the transaction.')],
      result: 'Whether this node had it; under `anvil_` its hash, or null.',
      errors: [],
      example: {
        params: [EXAMPLE_WAITING],
        result: name === 'hardhat_dropTransaction' ? true : EXAMPLE_WAITING,
      },
      handler: async ([wanted], { backend }) => {
        const isHere = (await backend.transactions.pooled(wanted)) !== undefined;
        await developmentOf(backend).apply({ kind: 'drop-transactions', hash: wanted });
        if (name === 'hardhat_dropTransaction') return isHere;
        return isHere ? wanted : null;
      },
    }),
);

export const removePoolTransactions: readonly Method[] = underNames(
  {
    anvil_removePoolTransactions: ['anvil'],
    hardhat_removePoolTransactions: [],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary:
        "Removes an account's transactions that are not in a block from the pools of all nodes, one after the other.",
      params: [required('address', address, 'Sender, 20 bytes.')],
      result: 'Null, true under `hardhat_`.',
      errors: [NO_QUORUM],
      example: { params: [EXAMPLE_OTHER], result: name.startsWith('anvil_') ? null : true },
      handler: async ([sender], { backend }) => {
        const { pending, queued } = await backend.transactions.poolContent();
        const own = [...(pending.get(sender) ?? []), ...(queued.get(sender) ?? [])];
        // The last first: dropping one has those after it wait for it in vain.
        for (const { hash: dropped } of own.reverse()) {
          await developmentOf(backend).apply({ kind: 'drop-transactions', hash: dropped });
        }
        return name.startsWith('anvil_') ? null : true;
      },
    }),
);

export const dropAllTransactions = developmentMethods({
  names: {
    hardhat_dropAllTransactions: ['anvil'],
    anvil_dropAllTransactions: ['anvil'],
  },
  summary: 'Removes all transactions that are not in a block from the pools of all nodes.',
  params: [],
  result: 'True, null under `anvil_`.',
  example: { params: [], result: true },
  operation: () => ({ kind: 'drop-transactions', hash: null }),
});
