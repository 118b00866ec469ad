/** A chain's whole state as one value, in the form that Anvil has given it: hex of gzip of JSON. */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { DumpedAccount } from '@praline/chain';
import { bytesOf, hexOf } from '@praline/chain/configuration';
import { archiveOf } from '@praline/chain/reading';
import { z } from 'zod';
import { invalidParams } from '../../errors.ts';
import { quantity } from '../../format/quantity.ts';
import { defineMethod, type Method, optional, required } from '../../method.ts';
import { wholeNumber } from '../../parameters/development.ts';
import { address, data, hash, storageKey, uint256 } from '../../parameters/hex.ts';
import { developmentMethods, developmentOf, underNames } from './development-method.ts';

/** Of a state's JSON, bytes. */
const STATE_JSON_BYTES_MAX = 64 * 1024 * 1024;
const EXAMPLE_STATE = hexOf(Buffer.from('{"accounts":{}}'));

const compressed = promisify(gzip);
const decompressed = promisify(gunzip);

const storedWord = storageKey.transform(
  ({ slot }) => `0x${slot.toString(16).padStart(64, '0')}` as const,
);

/** What else Anvil writes, such as blocks, is not looked at. */
const stateJson = z.object({
  accounts: z.record(
    address,
    z.object({
      nonce: wholeNumber.default(0),
      balance: uint256,
      code: data.default('0x'),
      storage: z.record(storedWord, storedWord).default({}),
    }),
  ),
});

export const dumpState: readonly Method[] = underNames(
  {
    anvil_dumpState: ['anvil'],
    hardhat_dumpState: ['anvil'],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary: 'All accounts with their code and storage, as `anvil_loadState` takes them.',
      params: [
        optional('preserveHistoricalStates', z.boolean({ error: 'non-boolean' }), 'Only false.'),
      ],
      result:
        'Hex of gzip of JSON, as in Anvil; of the head alone, so `block` is null and `blocks` and `transactions` are empty.',
      errors: [{ code: -32000, when: 'the state has more than 65,536 accounts and slots' }],
      example: { params: [], result: '0x1f8b08...' },
      handler: async ([preserveHistoricalStates], { backend }) => {
        // Without the blocks nobody could say what the states of the past belong to.
        if (preserveHistoricalStates === true) {
          throw invalidParams('invalid argument 0: states of the past can not be dumped');
        }
        developmentOf(backend);
        const accounts = backend.reader.state().map((one) => [one.address, formatAccount(one)]);
        const state = {
          block: null,
          accounts: Object.fromEntries(accounts),
          best_block_number: null,
          blocks: [],
          transactions: [],
          historical_states: null,
        };
        return hexOf(await compressed(JSON.stringify(state)));
      },
    }),
);

export const loadState = developmentMethods({
  names: { anvil_loadState: ['anvil'], hardhat_loadState: ['anvil'] },
  summary:
    'Sets all accounts of a dumped state, at once and on all nodes. Accounts and slots that it does not name stay, nonces are never lowered, and blocks stay as they are.',
  params: [
    required('state', data, 'As `anvil_dumpState` answers it: hex of JSON, with or without gzip.'),
  ],
  result: 'True.',
  example: { params: [EXAMPLE_STATE], result: true },
  operation: async ([state]) => {
    const { accounts } = parseState(await jsonBytes(bytesOf(state)));
    const edits = Object.entries(accounts).map(([account, { nonce, balance, code, storage }]) => ({
      address: address.parse(account),
      balance,
      addedBalance: 0n,
      nonce: BigInt(nonce),
      code: bytesOf(code),
      slots: Object.entries(storage).map(([slot, value]) => ({
        slot: hash.parse(slot),
        value: hash.parse(value),
      })),
    }));
    return { kind: 'load', archive: archiveOf(edits) };
  },
  answer: () => true,
});

function formatAccount({ nonce, balance, code, slots }: DumpedAccount) {
  return {
    nonce: Number(nonce),
    balance: quantity(balance),
    code,
    storage: Object.fromEntries(slots.map(({ slot, value }) => [slot, value])),
  };
}

async function jsonBytes(bytes: Uint8Array): Promise<Uint8Array> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  try {
    return await decompressed(bytes, { maxOutputLength: STATE_JSON_BYTES_MAX });
  } catch (error) {
    throw notState(error instanceof Error ? error.message : String(error));
  }
}

function parseState(json: Uint8Array): z.infer<typeof stateJson> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch {
    throw notState('no JSON');
  }
  const parsed = stateJson.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw notState(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
}

function notState(reason: string) {
  return invalidParams(`invalid argument 0: not a dumped state: ${reason}`);
}
