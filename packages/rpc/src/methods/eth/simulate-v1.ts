import type { BlockToSimulate, SimulatedBlock, SimulatedCall } from '@praline/chain';
import { revertMessage } from '@praline/chain/reading';
import { z } from 'zod';
import { invalidParams, RPC_ERROR_CODES, simulationError } from '../../errors.ts';
import { formatBlock } from '../../format/block.ts';
import { formatLog } from '../../format/log.ts';
import { quantity } from '../../format/quantity.ts';
import type { JsonValue } from '../../json.ts';
import { defineMethod, required } from '../../method.ts';
import { type CallArguments, callArguments, toCallRequest } from '../../parameters/call-request.ts';
import { stateBlockParameter } from '../../parameters/common.ts';
import { optionalField, present } from '../../parameters/optional-fields.ts';
import { blockOverrides, stateOverrides } from '../../parameters/overrides.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, EXAMPLE_TOPIC, UNKNOWN_BLOCK } from '../examples.ts';

/** Calls in one block; blocks are bounded where they are simulated. */
const CALLS_MAX = 10_000;
/** geth's code of a call that failed otherwise than by a revert. */
const CALL_FAILED = -32015;

const flag = optionalField(z.boolean({ error: 'non-boolean' }));

const simulation = z
  .object(
    {
      blockStateCalls: z.array(
        z.object({
          blockOverrides: optionalField(blockOverrides),
          stateOverrides: optionalField(stateOverrides),
          calls: optionalField(z.array(callArguments).max(CALLS_MAX)),
        }),
        { error: 'non-array' },
      ),
      traceTransfers: flag,
      validation: flag,
      returnFullTransactions: flag,
    },
    { error: 'object expected' },
  )
  .meta({ id: 'Simulation', description: 'Blocks of calls, run one after the other.' });

export const ethSimulateV1 = defineMethod({
  name: 'eth_simulateV1',
  summary:
    'Executes blocks of calls on top of a block, without signatures and without changing anything.',
  params: [
    required(
      'simulation',
      simulation,
      'Object with `blockStateCalls` (per block `blockOverrides`, `stateOverrides`, `calls`), `traceTransfers`, `validation`, `returnFullTransactions`.',
    ),
    stateBlockParameter,
  ],
  result: 'List of blocks, each with `calls`: output, logs, gas and status of each.',
  peers: ['anvil', 'geth'],
  errors: [
    UNKNOWN_BLOCK,
    { code: -38020, when: 'block numbers are not in order' },
    { code: -38021, when: 'block times are not in order' },
    { code: -38026, when: 'there are more than 256 blocks' },
    {
      code: -38014,
      when: 'a call can not be paid for; other codes from -38010 to -38025 tell other reasons for which one can not be run',
    },
  ],
  example: {
    params: [
      { blockStateCalls: [{ calls: [{ from: EXAMPLE_ADDRESS, to: EXAMPLE_CONTRACT }] }] },
      'latest',
    ],
    result: [
      {
        calls: [
          {
            returnData: '0x',
            logs: [
              {
                address: EXAMPLE_CONTRACT,
                topics: [EXAMPLE_TOPIC],
                data: `0x${'00'.repeat(31)}01`,
                blockNumber: '0x3',
                transactionHash:
                  '0x66a4c47ddcb9c3d793f80f7c0d87241254a2382d13a5715c79058ba90e29f75e',
                logIndex: '0x0',
                '...': '...',
              },
            ],
            gasUsed: '0x5618',
            status: '0x1',
            '...': '...',
          },
        ],
        gasUsed: '0x5618',
        hash: '0xe2897c8024043ae7d1b28fa5dce0a790dcd1b3e8e99b00a4de5877676a2f2e55',
        nonce: '0x0000000000000000',
        number: '0x3',
        '...': '...',
      },
    ],
  },
  handler: async ([given, block], { backend }) => {
    const { blockStateCalls, returnFullTransactions } = given;
    if (blockStateCalls.length === 0) throw invalidParams('empty input');
    const blocks = blockStateCalls.map(
      ({ calls = [], ...overrides }): BlockToSimulate => ({
        ...present(overrides),
        calls: calls.map((call) => toSimulatedCall(call, backend.reader.chainId)),
      }),
    );
    const request = {
      blocks,
      traceTransfers: given.traceTransfers ?? false,
      validation: given.validation ?? false,
    };
    const simulated = await backend.executor.simulate(request, block).catch((thrown: unknown) => {
      throw simulationError(thrown);
    });
    return simulated.map((one) => format(one, returnFullTransactions ? 'objects' : 'hashes'));
  },
});

function toSimulatedCall(call: CallArguments, chainId: bigint) {
  const { maxFeePerBlobGas, blobVersionedHashes } = call;
  return { ...toCallRequest(call, chainId), ...present({ maxFeePerBlobGas, blobVersionedHashes }) };
}

function format({ block, calls }: SimulatedBlock, detail: 'hashes' | 'objects'): JsonValue {
  const members = { ...formatBlock(block, detail), calls: calls.map(formatCall) };
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function formatCall(call: SimulatedCall): JsonValue {
  return {
    returnData: call.output,
    logs: call.logs.map(formatLog),
    gasUsed: quantity(call.gasUsed),
    maxUsedGas: quantity(call.gasUsedAtMost),
    status: call.failure === undefined ? '0x1' : '0x0',
    ...formatFailure(call),
  };
}

function formatFailure({ failure, output }: SimulatedCall) {
  if (failure === undefined) return {};
  if (failure.kind === 'failure') return { error: { message: failure.message, code: CALL_FAILED } };
  const { executionReverted: code } = RPC_ERROR_CODES;
  return { error: { message: revertMessage(output), code, data: output } };
}
